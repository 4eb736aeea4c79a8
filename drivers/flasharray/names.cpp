#include "drivers/flasharray/names.hpp"

#include "drover/sdk/error.hpp"
#include "drover/sdk/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace flasharray {

namespace {

constexpr std::string_view kDrover = "drover-";
constexpr std::string_view kFlocker = "flocker-";
constexpr std::string_view kNew = "-new";
constexpr std::string_view kPending = "drover-pending-";
constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kUuid = 36;
constexpr std::size_t kBase36 = 25; // of 128 bits
constexpr std::size_t kTag = 4;
constexpr std::size_t kCluster = 18;
constexpr std::size_t kTombstone = 10;
constexpr std::size_t kHash = 11;
constexpr std::size_t kLongest = 63;

__extension__ using Wide = unsigned __int128;

bool is_hex(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}
unsigned value_of(char c) noexcept {
    return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
}
bool is_base36(std::string_view text, std::size_t length) noexcept {
    return text.size() == length && text.find_first_not_of(kDigits) == std::string_view::npos;
}

std::string digits_of(Wide value, std::size_t length) {
    std::string text(length, '0');
    for (std::size_t at = length; at-- > 0; value /= 36)
        text[at] = kDigits[static_cast<std::size_t>(value % 36)];
    return text;
}

// FNV-1a: the same for ever and everywhere, which is all it has to be.
std::uint64_t hash_of(std::string_view text) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3;
    }
    return hash;
}

// The end of a serial, which no other object of the array has at the same time.
std::string tail_of(std::string_view serial) {
    return lower_case(serial.substr(serial.size() - std::min(serial.size(), kTombstone)));
}

std::string quoted_filter(std::string_view pattern) {
    return "name='" + std::string(pattern) + "'";
}

} // namespace

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lower;
}

bool is_same_name(std::string_view one, std::string_view other) noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(one, other, [&](char a, char b) { return lower(a) == lower(b); });
}

bool is_uuid(std::string_view text) noexcept {
    if (text.size() != kUuid)
        return false;
    for (std::size_t at = 0; at < kUuid; ++at) {
        const bool is_dash = at == 8 || at == 13 || at == 18 || at == 23;
        if (is_dash ? text[at] != '-' : !is_hex(text[at]))
            return false;
    }
    return true;
}

void check_uuid(std::string_view id, std::string_view what) {
    if (!is_uuid(id)) {
        throw drv::Error(drv::Code::invalid, "\"" + drv::one_line(id, 100) + "\" cannot be the id of a " +
                                                 std::string(what) +
                                                 " on a FlashArray: it is no UUID of 36 characters in lower "
                                                 "case, and the array has no room for others");
    }
}

std::string to_base36(std::string_view uuid) {
    Wide value = 0;
    for (const char c : uuid) {
        if (c != '-')
            value = value * 16 + value_of(c);
    }
    return digits_of(value, kBase36);
}

std::optional<std::string> from_base36(std::string_view text) {
    if (!is_base36(text, kBase36))
        return std::nullopt;
    Wide value = 0;
    for (const char c : text) {
        const Wide larger = value * 36 + value_of(c);
        if ((larger - value_of(c)) / 36 != value)
            return std::nullopt; // more than 128 bits
        value = larger;
    }
    std::string uuid;
    for (int digit = 31; digit >= 0; --digit) {
        if (digit == 23 || digit == 19 || digit == 15 || digit == 11)
            uuid += '-';
        uuid += kDigits[static_cast<std::size_t>(value >> (static_cast<unsigned>(digit) * 4U)) & 0xFU];
    }
    return uuid;
}

Names::Names(std::string_view cluster_id) : prefix_(kDrover) {
    if (cluster_id.empty())
        return;
    prefix_ += digits_of(hash_of(cluster_id) % (Wide{36} * 36 * 36 * 36), kTag) + "-";
    flocker_prefix_ = std::string(kFlocker) + std::string(cluster_id.substr(0, kCluster)) + "-";
}

std::string Names::volume(std::string_view id) const {
    return prefix_ + std::string(id);
}

std::string Names::copy(std::string_view id, std::string_view parent) const {
    return prefix_ + to_base36(id) + "-" + to_base36(parent);
}

std::string Names::second(std::string_view id) const {
    return prefix_ + to_base36(id) + "-" + std::string(kBase36, '0');
}

std::string Names::unfinished(std::string_view id) const {
    return volume(id) + std::string(kNew);
}

std::string Names::tombstone(std::string_view id, std::string_view serial) const {
    return volume(id) + "-" + tail_of(serial);
}

std::string Names::released(std::string_view id, std::string_view serial) {
    return "released-" + std::string(id) + "-" + tail_of(serial);
}

std::optional<std::string_view> Names::own_part(std::string_view lower_name) const {
    if (!lower_name.starts_with(prefix_))
        return std::nullopt;
    return lower_name.substr(prefix_.size());
}

std::optional<VolumeName> Names::read_volume(std::string_view name) const {
    const std::string lower = lower_case(name);
    if (const auto own = own_part(lower)) {
        const std::string_view start = own->substr(0, std::min(kUuid, own->size()));
        if (is_uuid(start)) {
            const std::string_view rest = own->substr(kUuid);
            if (rest.empty())
                return VolumeName{.id = std::string(start), .parent = {}};
            if (rest == kNew)
                return VolumeName{.kind = NameKind::unfinished, .id = std::string(start), .parent = {}};
            if (rest.front() == '-' && is_base36(rest.substr(1), kTombstone))
                return VolumeName{.kind = NameKind::tombstone, .id = std::string(start), .parent = {}};
            return std::nullopt;
        }
        if (own->size() != 2 * kBase36 + 1 || (*own)[kBase36] != '-')
            return std::nullopt;
        auto id = from_base36(own->substr(0, kBase36));
        auto parent = from_base36(own->substr(kBase36 + 1));
        if (!id || !parent)
            return std::nullopt;
        const bool is_copy = own->substr(kBase36 + 1) != std::string(kBase36, '0');
        return VolumeName{
            .id = std::move(*id), .parent = is_copy ? std::move(*parent) : std::string(), .is_copy = is_copy};
    }
    if (lower.size() == kLongest && lower.starts_with(flocker_prefix_.empty() ? kFlocker : flocker_prefix_)) {
        const std::string_view id = std::string_view(lower).substr(kLongest - kUuid);
        if (lower[kLongest - kUuid - 1] == '-' && is_uuid(id))
            return VolumeName{.id = std::string(id), .parent = {}, .is_flocker = true};
    }
    return std::nullopt;
}

bool Names::is_of_other_cluster(std::string_view name) const {
    if (read_volume(name))
        return false;
    const std::string lower = lower_case(name);
    if (lower.starts_with(kFlocker))
        return lower.size() == kLongest && is_uuid(std::string_view(lower).substr(kLongest - kUuid));
    if (!lower.starts_with(kDrover))
        return false;
    Names others("");
    const std::string_view rest = std::string_view(lower).substr(kDrover.size());
    const bool has_tag = rest.size() > kTag && is_base36(rest.substr(0, kTag), kTag) && rest[kTag] == '-';
    return others.read_volume(lower).has_value() ||
           (has_tag &&
            others.read_volume(std::string(kDrover) + std::string(rest.substr(kTag + 1))).has_value());
}

std::string Names::filter_of(std::string_view id) const {
    const std::string flocker =
        (flocker_prefix_.empty() ? std::string(kFlocker) + "*-" : flocker_prefix_) + std::string(id);
    return quoted_filter(volume(id) + "*") + " or " + quoted_filter(prefix_ + to_base36(id) + "-*") + " or " +
           quoted_filter(flocker);
}

std::string Names::filter_of_all() const {
    return quoted_filter(prefix_ + "*") + " or " +
           quoted_filter((flocker_prefix_.empty() ? std::string(kFlocker) : flocker_prefix_) + "*");
}

std::string Names::snapshot_suffix(std::string_view id) {
    return std::string(kDrover) + std::string(id);
}

std::string Names::snapshot(std::string_view volume, std::string_view id) {
    return std::string(volume) + "." + snapshot_suffix(id);
}

std::string Names::snapshot_tombstone(std::string_view volume, std::string_view id, std::string_view serial) {
    return snapshot(volume, id) + "-" + tail_of(serial);
}

std::string Names::released_snapshot(std::string_view volume, std::string_view id, std::string_view serial) {
    return std::string(volume) + "." + released(id, serial);
}

std::string Names::group_hash(std::string_view group) {
    return digits_of(hash_of(group) % (Wide{36} * 36 * 36 * 36 * 36 * 36 * 36 * 36 * 36 * 36 * 36), kHash);
}

std::string Names::group_member(std::string_view volume, std::string_view id, std::string_view group_snapshot,
                                std::string_view group) {
    return std::string(volume) + "." + to_base36(id) + "-" + to_base36(group_snapshot) + "-" +
           group_hash(group);
}

std::string Names::group_member_tombstone(std::string_view volume, std::string_view id,
                                          std::string_view group_snapshot, std::string_view serial) {
    return std::string(volume) + "." + to_base36(id) + "-" + to_base36(group_snapshot) + "-" +
           tail_of(serial);
}

std::string Names::pending_suffix(std::string_view group_snapshot, std::string_view group) {
    return std::string(kPending) + to_base36(group_snapshot) + "-" + group_hash(group);
}

SnapshotName Names::read_snapshot(std::string_view name) {
    SnapshotName read;
    const std::size_t dot = name.find('.');
    if (dot == std::string_view::npos)
        return read;
    read.volume = name.substr(0, dot);
    const std::string lower = lower_case(name.substr(dot + 1));
    std::string_view suffix = lower;
    if (const std::size_t second = suffix.find('.'); second != std::string_view::npos) {
        read.is_of_pgroup = true;
        read.volume = name.substr(dot + 1 + second + 1);
        return read;
    }
    if (suffix.starts_with(kPending)) {
        suffix.remove_prefix(kPending.size());
        const auto group = from_base36(suffix.substr(0, std::min(kBase36, suffix.size())));
        if (group && suffix.size() == kBase36 + 1 + kHash && suffix[kBase36] == '-') {
            read.is_pending = true;
            read.group_snapshot = *group;
            read.group_hash = suffix.substr(kBase36 + 1);
        }
        return read;
    }
    if (suffix.starts_with(kDrover)) {
        suffix.remove_prefix(kDrover.size());
        const std::string_view id = suffix.substr(0, std::min(kUuid, suffix.size()));
        const std::string_view rest = suffix.substr(id.size());
        read.is_tombstone = !rest.empty();
        if (is_uuid(id) && (rest.empty() || (rest.front() == '-' && is_base36(rest.substr(1), kTombstone))))
            read.id = id;
        return read;
    }
    constexpr std::size_t kThird = 2 * kBase36 + 2; // the part after both ids
    if (suffix.size() > kThird && suffix[kBase36] == '-' && suffix[kThird - 1] == '-') {
        const auto id = from_base36(suffix.substr(0, kBase36));
        const auto group = from_base36(suffix.substr(kBase36 + 1, kBase36));
        const std::string_view end = suffix.substr(kThird);
        read.is_tombstone = is_base36(end, kTombstone);
        if (id && group && (read.is_tombstone || is_base36(end, kHash))) {
            read.id = *id;
            read.group_snapshot = *group;
            read.group_hash = read.is_tombstone ? "" : end;
        }
    }
    return read;
}

std::string Names::snapshot_filter(std::string_view id) {
    return quoted_filter("*." + snapshot_suffix(id) + "*") + " or " +
           quoted_filter("*." + to_base36(id) + "-*");
}

std::string Names::group_snapshot_filter(std::string_view group_snapshot) {
    return quoted_filter("*-" + to_base36(group_snapshot) + "-*");
}

std::string Names::group(std::string_view id) const {
    return prefix_ + std::string(id);
}

std::optional<std::string> Names::read_group(std::string_view name) const {
    const std::string lower = lower_case(name);
    const auto own = own_part(lower);
    if (!own || !is_uuid(*own))
        return std::nullopt;
    return std::string(*own);
}

std::string Names::host(std::string_view node_id) const {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string name = prefix_;
    for (std::size_t at = 0; at < node_id.size(); ++at) {
        const char c = node_id[at];
        const bool is_plain =
            kDigits.find(c) != std::string_view::npos || (c == '-' && at + 1 < node_id.size());
        if (is_plain) {
            name += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            name += {'X', kHex[byte >> 4U], kHex[byte & 0xFU]};
        }
    }
    if (name.size() <= kLongest)
        return name;
    // Nobody can read it back; whoever asks for the node by its id finds it all the same.
    const Wide both = (Wide{hash_of(node_id)} << 64U) | hash_of("second " + std::string(node_id));
    return prefix_ + "H" + digits_of(both, kBase36);
}

std::string Names::flocker_host(std::string_view node_id) {
    return std::string(kFlocker) + std::string(node_id);
}

std::optional<std::string> Names::read_host(std::string_view name) const {
    const std::string lower = lower_case(name);
    const auto own = own_part(lower);
    if (!own)
        return std::nullopt;
    const std::string_view given = name.substr(prefix_.size());
    const bool is_hash = given.starts_with('H') && is_base36(own->substr(1), kBase36);
    std::string node;
    for (std::size_t at = 0; at < own->size() && !is_hash; ++at) {
        const std::string_view hex = own->substr(at, 3);
        if (given[at] == 'X' && hex.size() == 3 && is_hex(hex[1]) && is_hex(hex[2])) {
            node += static_cast<char>(value_of(hex[1]) * 16 + value_of(hex[2]));
            at += 2;
        } else if (kDigits.find((*own)[at]) != std::string_view::npos || (*own)[at] == '-') {
            node += (*own)[at]; // a capital is that of people
        } else {
            return std::nullopt;
        }
    }
    if (node.empty() || !drv::is_utf8(node) || drv::has_control_characters(node))
        return std::nullopt;
    return node;
}

} // namespace flasharray
