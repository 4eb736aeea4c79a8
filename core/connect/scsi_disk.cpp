#include "core/connect/scsi_disk.hpp"

#include "core/connect/sysfs.hpp"
#include "core/connect/uevents.hpp"
#include "core/connect/wwid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <sys/stat.h>

namespace drover::connect {
namespace {

using namespace std::chrono_literals;

// A scan asks the target, a delete writes out its cache: more than this, and the path is blocked.
constexpr auto kScanLimit = 15s;
constexpr auto kDeleteLimit = 30s;

// "2:0:0:1".
std::optional<std::pair<Nexus, std::uint64_t>> parse_address(std::string_view text) {
    std::array<std::uint64_t, 4> parts{};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto colon = i == 3 ? text.size() : text.find(':');
        if (colon == std::string_view::npos)
            return std::nullopt;
        const auto value = number(text.substr(0, colon));
        if (!value || (i < 3 && *value > 0xffffffffU))
            return std::nullopt;
        parts[i] = *value;
        text.remove_prefix(std::min(text.size(), colon + 1));
    }
    return std::pair(Nexus{static_cast<unsigned>(parts[0]), static_cast<unsigned>(parts[1]),
                           static_cast<unsigned>(parts[2])},
                     parts[3]);
}

std::vector<std::string> remembered_ids(const std::filesystem::path &device) {
    auto ids = ids_of_page83(read_bytes(device / "vpd_pg83"));
    if (auto id = id_of_sysfs_wwid(read_attribute(device / "wwid"));
        !id.empty() && std::find(ids.begin(), ids.end(), id) == ids.end())
        ids.push_back(std::move(id));
    return ids;
}

// Name, nexus, LUN and ids.
std::optional<ScsiDisk> place_of(const HostAccess &host, const std::string &name) {
    const auto device = host.at("sys/block") / name / "device";
    std::error_code error;
    const auto target = std::filesystem::read_symlink(device, error);
    const auto address = error ? std::nullopt : parse_address(target.filename().string());
    if (!address)
        return std::nullopt;
    ScsiDisk disk;
    disk.name = name;
    disk.nexus = address->first;
    disk.lun = address->second;
    disk.ids = remembered_ids(device);
    return disk;
}

// The rest; false when it has gone.
bool complete(const HostAccess &host, ScsiDisk &disk) {
    const auto folder = host.at("sys/block") / disk.name;
    const auto dev = device_number(read_attribute(folder / "dev"));
    struct stat info {};
    if (!dev || ::stat((folder / "device").c_str(), &info) != 0)
        return false;
    disk.state = read_attribute(folder / "device" / "state");
    disk.bytes = number(read_attribute(folder / "size")).value_or(0) * 512;
    disk.read_only = read_attribute(folder / "ro") == "1";
    disk.major = dev->major;
    disk.minor = dev->minor;
    disk.holders = names_in(folder / "holders");
    disk.incarnation = info.st_ino; // sysfs gives no number twice
    return true;
}

} // namespace

bool ScsiDisk::remembers(std::string_view wwid) const noexcept {
    return std::find(ids.begin(), ids.end(), wwid) != ids.end();
}

std::optional<ScsiDisk> scsi_disk(const HostAccess &host, const std::string &name) {
    auto disk = place_of(host, name);
    return disk && complete(host, *disk) ? std::move(disk) : std::nullopt;
}

std::vector<ScsiDisk> scsi_disks(const HostAccess &host,
                                 const std::function<bool(const ScsiDisk &)> &is_wanted) {
    std::vector<ScsiDisk> disks;
    for (const auto &name : names_in(host.at("sys/block"))) {
        if (!name.starts_with("sd"))
            continue;
        if (auto disk = place_of(host, name); disk && is_wanted(*disk) && complete(host, *disk))
            disks.push_back(std::move(*disk));
    }
    return disks;
}

Result<void> scan_lun(const HostAccess &host, const Nexus &nexus, std::uint64_t lun, Deadline deadline) {
    return write_attribute(fmt::format("scanning host{} for LUN {}", nexus.host, lun),
                           host.at("sys/class/scsi_host") / fmt::format("host{}", nexus.host) / "scan",
                           fmt::format("{} {} {}", nexus.channel, nexus.target, lun),
                           deadline.earlier(Deadline::after(kScanLimit)));
}

Result<void> refresh_disk(const HostAccess &host, const std::string &name, Deadline deadline) {
    return write_attribute(fmt::format("rescanning {}", name),
                           host.at("sys/block") / name / "device" / "rescan", "1",
                           deadline.earlier(Deadline::after(kScanLimit)));
}

Result<void> delete_disk(const HostAccess &host, const std::string &name, Deadline deadline) {
    const Deadline limit = deadline.earlier(Deadline::after(kDeleteLimit));
    const auto folder = host.at("sys/block") / name;
    Uevents events;
    auto deleted =
        write_attribute(fmt::format("removing {}", name), folder / "device" / "delete", "1", limit);
    if (!deleted && deleted.error().code != Code::not_found)
        return deleted;
    std::error_code error;
    while (std::filesystem::exists(folder, error)) {
        if (limit.has_passed()) {
            return fail(
                Error{.code = Code::deadline,
                      .message = fmt::format("{} is still there after it was removed: something has it "
                                             "open, or its path is blocked",
                                             name),
                      .retryable = true,
                      .state_unknown = true});
        }
        events.wait(limit);
    }
    return {};
}

} // namespace drover::connect
