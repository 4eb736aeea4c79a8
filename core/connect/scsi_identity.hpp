// Asks a SCSI disk itself who it is (INQUIRY, page 0x83). What the kernel remembers is not enough: after a
// LUN was given to another volume it still shows the old one.
#pragma once

#include "core/connect/scsi_disk.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace drover::connect {

enum class Identity {
    ours,   // the disk answered, and is the wanted one
    other,  // the disk answered, and is another one
    silent, // it did not answer: nothing may be concluded
};

struct ProvenDisk {
    ScsiDisk disk;
    Identity identity = Identity::silent;
    std::string found; // what it answered instead, or why it did not
};

// Disks that answered rightly a moment ago. Good for waiting on; before a disk is used it is asked anew.
class ProvenBefore {
public:
    [[nodiscard]] bool holds(const ScsiDisk &disk) const {
        return incarnations_.contains({disk.name, disk.incarnation});
    }
    void add(const ScsiDisk &disk) { incarnations_.emplace(disk.name, disk.incarnation); }

private:
    std::set<std::pair<std::string, std::uint64_t>> incarnations_;
};

// Asks all of them at the same time; a disk that is not running is not asked, and one that is `known` is
// taken for ours. Returns by the deadline, and after some seconds at the latest: who has not answered then is
// silent.
std::vector<ProvenDisk> prove(std::vector<ScsiDisk> disks, const std::string &wwid, Deadline deadline,
                              const ProvenBefore &known = {});

} // namespace drover::connect
