#include "core/agent/driver_digest.hpp"

#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <span>
#include <unistd.h>
#include <vector>

namespace drover {

Result<void> check_digest(const std::filesystem::path &file, std::string_view wanted) {
    const auto cannot = [&](int error) {
        return fail_errno(error, fmt::format("cannot read {}", file.native()));
    };
    const UniqueFd in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!in)
        return cannot(errno);
    const std::unique_ptr<EVP_MD_CTX, decltype(&::EVP_MD_CTX_free)> hash(::EVP_MD_CTX_new(),
                                                                         &::EVP_MD_CTX_free);
    bool good = hash != nullptr && ::EVP_DigestInit_ex(hash.get(), ::EVP_sha256(), nullptr) == 1;
    std::vector<unsigned char> block(std::size_t{1} << 17);
    ssize_t got = 0;
    while (good && (got = ::read(in.get(), block.data(), block.size())) > 0)
        good = ::EVP_DigestUpdate(hash.get(), block.data(), static_cast<std::size_t>(got)) == 1;
    if (got < 0)
        return cannot(errno);
    std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
    unsigned size = 0;
    if (!good || ::EVP_DigestFinal_ex(hash.get(), sum.data(), &size) != 1)
        return fail(Code::internal, fmt::format("{}: its SHA-256 cannot be computed", file.native()));
    const std::string found = fmt::format("{:02x}", fmt::join(std::span(sum.data(), size), ""));
    if (found == wanted)
        return {};
    return fail(
        Code::invalid,
        fmt::format("{} is not the file that agent.yml names: its SHA-256 is {}, and agent.yml says {}. "
                    "Put the right file there, or, if you trust this one, its sum into agent.yml, and "
                    "restart the agent",
                    file.native(), found, wanted));
}

} // namespace drover
