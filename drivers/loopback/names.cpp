#include "names.hpp"

#include "files.hpp"

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <sys/random.h>

namespace loopback {
namespace {

// Leaves room for ".<16 hex>.json.tmp" in a file name of at most 255 bytes.
constexpr std::size_t kMaxPlain = 200;
constexpr std::size_t kTagDigits = 16;
constexpr char kHex[] = "0123456789abcdef";

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

} // namespace

bool is_plain(std::string_view id) {
    return !id.empty() && id.size() <= kMaxPlain && is_alphanumeric(id.front()) &&
           id.find("..") == std::string_view::npos && std::all_of(id.begin(), id.end(), [](char c) {
               return is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
           });
}

std::string key_of(std::string_view id) {
    if (is_plain(id))
        return std::string(id);
    // No plain id begins with '_'.
    boost::uuids::name_generator_sha1 generator(boost::uuids::ns::oid());
    return "_" + boost::uuids::to_string(generator(id.data(), id.size()));
}

std::string new_image_name(std::string_view key) {
    std::array<unsigned char, kTagDigits / 2> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        throw failure("cannot get random bytes for", key, errno);
    std::string name(key);
    name += '.';
    for (const unsigned char byte : bytes) {
        name += kHex[byte >> 4U];
        name += kHex[byte & 15U];
    }
    return name;
}

std::optional<std::string_view> key_of_image(std::string_view image) {
    if (image.size() < kTagDigits + 2 || image.find('/') != std::string_view::npos)
        return std::nullopt;
    const std::string_view tag = image.substr(image.size() - kTagDigits);
    const std::string_view key = image.substr(0, image.size() - kTagDigits - 1);
    if (image[key.size()] != '.' || tag.find_first_not_of(kHex) != std::string_view::npos)
        return std::nullopt;
    return key;
}

std::optional<std::string_view> without_suffix(std::string_view name, std::string_view suffix) {
    if (name.size() <= suffix.size() || !name.ends_with(suffix))
        return std::nullopt;
    return name.substr(0, name.size() - suffix.size());
}

std::string quoted(std::string_view id) {
    return "\"" + std::string(id) + "\"";
}

} // namespace loopback
