// The data plane of a tgtd of our own: LUNs over iSCSI on all portals of the array, with the array's LUN
// numbers, vendor, product and serial numbers (page 0x80), and CHAP of the host, mutual too. It needs nothing
// of the kernel, so it runs where the others do not, and ends with the simulator.
//
// What tgtd cannot do: WWIDs are its own, not the array's, so an initiator that checks them, as Drover's
// agent does, refuses these devices; `lio` is for those. And as all initiators of a target see the same LUNs
// by the same accounts, it serves one host at a time: a connection of a second one fails rather than show it
// the first one's volumes.
//
// There are no caches to settle or to drop: tgtd reads and writes the files as the simulator does, through
// the kernel's page cache, and has written what it has confirmed.
#pragma once

#include "conformance/simulators/frame/data_plane.hpp"
#include "conformance/simulators/frame/tgt/tgt_target.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace drover::sim {

class TgtDataPlane final : public DataPlane {
public:
    TgtDataPlane() = default;
    TgtDataPlane(const TgtDataPlane &) = delete;
    TgtDataPlane &operator=(const TgtDataPlane &) = delete;
    ~TgtDataPlane() override = default; // the daemon's end takes all with it

    [[nodiscard]] std::string_view name() const noexcept override { return "tgt"; }
    Result<void> start(const DataPlaneSettings &settings) override;
    Result<void> set_host(const DataHost &host) override;
    Result<void> remove_host(const std::string &host_id) override;
    Result<void> connect(const DataHost &host, const DataVolume &volume, unsigned lun) override;
    Result<void> disconnect(const DataHost &host, const DataVolume &volume, unsigned lun) override;
    Result<void> resized(const DataVolume &volume) override;
    Result<void> replacing_content(const DataVolume & /*volume*/) override { return {}; }
    Result<void> content_replaced(const DataVolume & /*volume*/) override { return {}; }
    Result<void> settle(const DataVolume & /*volume*/) override { return {}; }
    Result<void> forget_volume(const DataVolume & /*volume*/) override { return {}; }

private:
    struct Shown {
        DataVolume volume;
        unsigned lun = 0;
    };
    struct Seen { // what a host sees
        DataHost host;
        std::map<std::string, Shown> volumes; // by serial
    };
    [[nodiscard]] Result<void> check_alone(const DataHost &host) const;
    Result<void> serve(const Seen &seen);

    std::unique_ptr<TgtDaemon> daemon_; // from start on
    std::optional<TgtTarget> target_;
    std::map<std::string, Seen> hosts_; // by id
    std::string served_;                // the host that may log in: with volumes, or the last that had any
};

} // namespace drover::sim
