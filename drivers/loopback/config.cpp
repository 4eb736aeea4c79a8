#include "config.hpp"

#include "drover/sdk/checks.hpp"

#include <algorithm>
#include <optional>

namespace loopback {
namespace {

constexpr std::uint64_t kSector = 512; // what a loop device can be a multiple of
constexpr std::uint64_t kMaxUnit = std::uint64_t{1} << 40;

drv::Error wrong(std::string_view key, std::string_view why) {
    return {drv::Code::invalid, "configuration key \"" + std::string(key) + "\" " + std::string(why)};
}

std::optional<Space> space_of(std::string_view name) {
    if (name == "gold")
        return Space::reserved;
    if (name == "silver")
        return Space::kept;
    if (name == "bronze")
        return Space::returned;
    return std::nullopt;
}

ProfileRule read_profile(const std::string &item) {
    const std::size_t sign = item.find('=');
    const std::string name = item.substr(0, sign);
    const std::string kind = sign == std::string::npos ? item : item.substr(sign + 1);
    const auto space = space_of(kind);
    if (!space)
        throw wrong("profiles", "holds \"" + item + "\"; expected gold, silver, bronze or NAME=one of them");
    if (name.empty() || name.size() > drv::kMaxIdBytes || drv::has_control_characters(name))
        throw wrong("profiles", "holds a name that is empty, too long or not printable");
    return {name, *space};
}

} // namespace

Settings read_settings(const drv::Host &host) {
    Settings settings;
    settings.root_path = host.string("root_path");
    while (settings.root_path.size() > 1 && settings.root_path.ends_with('/'))
        settings.root_path.pop_back();
    settings.compute_instance_id = host.find_string("compute_instance_id").value_or("");
    if (settings.compute_instance_id.size() > drv::kMaxIdBytes ||
        drv::has_control_characters(settings.compute_instance_id))
        throw wrong("compute_instance_id", "is longer than 255 bytes or not printable");
    const std::uint64_t unit = host.bytes("allocation_unit");
    if (unit == 0 || unit > kMaxUnit)
        throw wrong("allocation_unit", "is " + std::to_string(unit) + "; expected 1 byte to 1 TiB");
    settings.granularity = (unit + kSector - 1) / kSector * kSector;
    for (const std::string &item : host.list("profiles")) {
        ProfileRule rule = read_profile(item);
        if (std::any_of(settings.profiles.begin(), settings.profiles.end(),
                        [&](const ProfileRule &other) { return other.name == rule.name; }))
            throw wrong("profiles", "holds \"" + rule.name + "\" twice");
        settings.profiles.push_back(std::move(rule));
    }
    return settings;
}

std::string_view describe(Space space) {
    switch (space) {
    case Space::reserved:
        return "all space reserved at create: writes never fail for want of space, copies share nothing";
    case Space::kept:
        return "sparse: space is taken when written, and kept";
    case Space::returned:
        break;
    }
    return "sparse: space is taken when written, and given back when the filesystem trims";
}

} // namespace loopback
