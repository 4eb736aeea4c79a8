// The device-mapper multipath map of a volume, found by its WWID and by nothing else, and what multipathd is
// asked to do about it. Maps of others are never touched.
#pragma once

#include "core/connect/host_access.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace drover::connect {

// agent.multipath of agent.yml.
enum class MultipathPolicy {
    required,  // without multipathd nothing is connected
    preferred, // without multipathd a volume has one path, and the log says so
    off,       // one path each, whether multipathd runs or not
};
std::string_view to_string(MultipathPolicy policy) noexcept;

struct MultipathMap {
    std::string name;   // "mpatha" or the WWID; for commands only
    std::string kernel; // "dm-3"
    unsigned major = 0;
    unsigned minor = 0;
    std::uint64_t bytes = 0;
    bool read_only = false;
    std::vector<std::string> paths; // "sda"; a map may have none for a moment
};

// Looks only.
std::optional<MultipathMap> find_map(const HostAccess &host, const std::string &wwid);
// What stands on the map, with what stands on that: "dm-4 (part1-mpath-...)".
std::vector<std::string> holders_of(const HostAccess &host, const std::string &kernel_name);

class Multipath {
public:
    Multipath(const HostAccess &host, MultipathPolicy policy) : host_(host), policy_(policy) {}

    // Whether volumes get a map on this node now. Code::unsupported: it is required, and multipathd is not
    // there.
    [[nodiscard]] Result<bool> is_used() const;

    // The disks that multipathd knows, each with the name of its map, or nothing where it makes none of it.
    [[nodiscard]] Result<std::map<std::string, std::string>> paths(Deadline deadline) const;
    // Tells multipathd to take this disk for the volume's map, whatever find_multipaths says; not when it has
    // done so by itself meanwhile. Safe to repeat. Success means only that it was told.
    Result<void> take(const std::string &disk, const std::string &wwid, Deadline deadline) const;
    // The kernel has a path of the map that works.
    [[nodiscard]] bool is_usable(const MultipathMap &map) const;
    // The map takes the size of its paths.
    Result<void> resize(const MultipathMap &map, Deadline deadline) const;
    // I/O that no path can carry fails instead of waiting for one. Nothing that was written and not carried
    // out is kept then.
    Result<void> stop_queueing(const MultipathMap &map, Deadline deadline) const;
    // Writes out and removes the map, and sees that it is gone. Code::conflict: something holds it.
    Result<void> remove(const std::string &wwid, const MultipathMap &map, Deadline deadline) const;
    // Returns when multipathd does not list the disk, which is gone, any more; it is told to forget it.
    void forget(const std::vector<std::string> &disks, Deadline deadline) const;

private:
    // In turn: starting programs is what a busy node is slow at.
    Result<ProgramResult> run(const Program &program, Deadline deadline) const;
    Result<std::string> daemon(const std::string &command, Deadline deadline) const;
    [[nodiscard]] bool is_gone(const std::string &wwid, const MultipathMap &map, Deadline limit) const;

    const HostAccess &host_;
    MultipathPolicy policy_;
};

} // namespace drover::connect
