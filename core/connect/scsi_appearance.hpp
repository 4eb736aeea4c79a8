// Waiting for a LUN to appear on every way to it, be the right one, and become a multipath map. One object is
// one wait.
#pragma once

#include "core/connect/scsi_sight.hpp"
#include "core/connect/uevents.hpp"

#include <chrono>
#include <map>

namespace drover::connect {

class ScsiAppearance {
public:
    ScsiAppearance(const HostAccess &host, const Multipath &multipath, const Connection &connection,
                   std::vector<Nexus> nexuses, bool uses_maps);

    Result<Device> wait(Deadline deadline);

private:
    enum class Cure { none, refreshed, deleted };

    ScsiSight look(Deadline deadline);
    void scan(const ScsiSight &sight, Deadline deadline);
    void cure_wrong_disks(const ScsiSight &sight, Deadline deadline);
    void hand_to_multipathd(const ScsiSight &sight, Deadline deadline);
    [[nodiscard]] bool is_beyond_cure(const ScsiSight &sight) const;
    [[nodiscard]] bool is_complete(const ScsiSight &sight) const;
    [[nodiscard]] Result<Device> verify(const ScsiSight &sight) const;

    const HostAccess &host_;
    const Multipath &multipath_;
    const Connection &connection_;
    std::vector<Nexus> nexuses_;
    bool uses_maps_;
    Uevents events_;
    Deadline::Clock::time_point began_ = Deadline::Clock::now();
    std::size_t scans_ = 0;
    ProvenBefore known_;
    std::map<Nexus, Cure> cures_;
    Deadline ask_at_ = Deadline::never();   // multipathd, what became of the disks that it has not taken
    Deadline hears_by_ = Deadline::never(); // it should know of them
    std::optional<Error> trouble_;          // the last that may explain why nothing appears
};

} // namespace drover::connect
