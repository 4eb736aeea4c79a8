#include "core/connect/wwid.hpp"

#include <algorithm>
#include <cstddef>

namespace drover::connect {
namespace {

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
    return result;
}

std::string hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 0xfU];
    }
    return text;
}

} // namespace

bool is_scsi_wwid(std::string_view text) noexcept {
    const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return (text.size() == 16 || text.size() == 24 || text.size() == 32) &&
           std::all_of(text.begin(), text.end(), is_hex);
}

std::vector<std::string> ids_of_page83(std::string_view page) {
    const auto byte = [&](std::size_t at) {
        return static_cast<unsigned>(static_cast<unsigned char>(page[at]));
    };
    std::vector<std::string> ids;
    if (page.size() < 4 || byte(1) != 0x83)
        return ids;
    const std::size_t end = std::min(page.size(), std::size_t{4} + (byte(2) << 8U | byte(3)));
    for (std::size_t at = 4; at + 4 <= end;) {
        const unsigned code_set = byte(at) & 0xfU;
        const unsigned association = byte(at + 1) >> 4U & 3U;
        const unsigned kind = byte(at + 1) & 0xfU;
        const std::size_t length = byte(at + 3);
        if (at + 4 + length > end)
            break;
        constexpr unsigned kBinary = 1;
        constexpr unsigned kLogicalUnit = 0;
        constexpr unsigned kEui = 2;
        constexpr unsigned kNaa = 3;
        if (code_set == kBinary && association == kLogicalUnit && (kind == kEui || kind == kNaa)) {
            if (auto id = hex(page.substr(at + 4, length)); is_scsi_wwid(id))
                ids.push_back(std::move(id));
        }
        at += 4 + length;
    }
    return ids;
}

std::string id_of_sysfs_wwid(std::string_view wwid) {
    for (const std::string_view kind : {"naa.", "eui."}) {
        if (wwid.starts_with(kind)) {
            auto id = lower(wwid.substr(kind.size()));
            return is_scsi_wwid(id) ? id : std::string();
        }
    }
    return {};
}

std::string id_of_map_uuid(std::string_view uuid) {
    constexpr std::string_view kMultipath = "mpath-";
    if (!uuid.starts_with(kMultipath))
        return {};
    uuid.remove_prefix(kMultipath.size());
    if (uuid.empty() || (uuid.front() != '3' && uuid.front() != '2'))
        return {};
    auto id = lower(uuid.substr(1));
    return is_scsi_wwid(id) ? id : std::string();
}

} // namespace drover::connect
