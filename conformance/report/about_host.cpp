#include "conformance/report/about_host.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <memory>
#include <sys/utsname.h>

namespace drover::conformance {
namespace {

utsname names() {
    utsname found{};
    ::uname(&found); // fails for a bad pointer only
    return found;
}

// PRETTY_NAME of os-release, without its quotes.
std::string distribution() {
    for (const char *file : {"/etc/os-release", "/usr/lib/os-release"}) {
        std::ifstream lines(file);
        for (std::string line; std::getline(lines, line);) {
            constexpr std::string_view kKey = "PRETTY_NAME=";
            if (!line.starts_with(kKey))
                continue;
            std::string value = line.substr(kKey.size());
            std::erase(value, '"');
            return value;
        }
    }
    return {};
}

} // namespace

std::string host_name() {
    return names().nodename;
}

std::string system_description() {
    const utsname found = names();
    const std::string of = distribution();
    return fmt::format("{}{}{} {}, {}", of, of.empty() ? "" : ", ", found.sysname, found.release,
                       found.machine);
}

std::string sha256_of_file(const std::filesystem::path &file) {
    std::ifstream in(file, std::ios::binary);
    const std::unique_ptr<EVP_MD_CTX, decltype(&::EVP_MD_CTX_free)> hash(::EVP_MD_CTX_new(),
                                                                         &::EVP_MD_CTX_free);
    if (!in || hash == nullptr || ::EVP_DigestInit_ex(hash.get(), ::EVP_sha256(), nullptr) != 1)
        return {};
    std::array<char, 65536> block{};
    while (in.read(block.data(), block.size()), in.gcount() > 0)
        ::EVP_DigestUpdate(hash.get(), block.data(), static_cast<std::size_t>(in.gcount()));
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (in.bad() || ::EVP_DigestFinal_ex(hash.get(), digest.data(), &size) != 1)
        return {};
    std::string text;
    for (unsigned i = 0; i < size; ++i)
        text += fmt::format("{:02x}", digest.at(i));
    return text;
}

} // namespace drover::conformance
