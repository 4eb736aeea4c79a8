// SCSI disks as sysfs shows them, and what can be asked of the kernel about one: scan for it, look at it
// again, take it away. By H:C:T:L and name; who a disk is, is another question (scsi_identity.hpp).
#pragma once

#include "core/connect/host_access.hpp"

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drover::connect {

// A target port as one host adapter (or iSCSI session) sees it.
struct Nexus {
    unsigned host = 0;
    unsigned channel = 0;
    unsigned target = 0;
    auto operator<=>(const Nexus &) const = default; // NOLINT(modernize-use-nullptr)
};

struct ScsiDisk {
    std::string name; // "sda"
    Nexus nexus;
    std::uint64_t lun = 0;
    std::vector<std::string>
        ids;           // as the kernel remembers them, which may be of an earlier device at this LUN
    std::string state; // "running"; all else is down
    std::uint64_t bytes = 0;
    bool read_only = false;
    unsigned major = 0;
    unsigned minor = 0;
    std::vector<std::string> holders;
    std::uint64_t incarnation = 0; // another one when the disk was taken away and came again

    [[nodiscard]] bool is_running() const noexcept { return state == "running"; }
    [[nodiscard]] bool remembers(std::string_view wwid) const noexcept;
};

// Of every "sdX" that can be read, by name: those that `is_wanted` says yes to. It is shown a disk with name,
// nexus, LUN and ids: the rest is read of wanted ones only, since a node may have thousands.
std::vector<ScsiDisk> scsi_disks(
    const HostAccess &host,
    const std::function<bool(const ScsiDisk &)> &is_wanted = [](const ScsiDisk &) { return true; });
std::optional<ScsiDisk> scsi_disk(const HostAccess &host, const std::string &name);

// Makes the kernel look for this one LUN. Any thread; may wait for the target.
Result<void> scan_lun(const HostAccess &host, const Nexus &nexus, std::uint64_t lun, Deadline deadline);
// Makes the kernel ask the disk for its size and pages again.
Result<void> refresh_disk(const HostAccess &host, const std::string &name, Deadline deadline);
// Takes the disk away, and waits until it is gone. What it held in its cache and was not flushed is lost.
Result<void> delete_disk(const HostAccess &host, const std::string &name, Deadline deadline);

} // namespace drover::connect
