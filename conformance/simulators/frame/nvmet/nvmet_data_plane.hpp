// The data plane of the kernel's own NVMe target over TCP: one subsystem on all portals of the array, whose
// namespaces are the connected volumes, numbered by the array's LUNs and identified by NGUIDs of its serials.
//
// Needs root, and a kernel with nvmet and nvmet_tcp, as the lab's has. One host at a time: in the kernel's
// target every host of a subsystem sees all its namespaces, and an array has one subsystem for all. A
// connection of a second host fails rather than show it the first one's volumes.
//
// A restart is not for a host with several volumes in use: one that comes back while the state is told again
// may find some of its namespaces missing, and drops them until they are there.
#pragma once

#include "conformance/simulators/frame/data_plane.hpp"
#include "conformance/simulators/frame/nvmet/nvme_target.hpp"

#include <map>
#include <optional>
#include <string>

namespace drover::sim {

// 0, seven bytes of the serial, the company of the NAA prefix, the other five: as FlashArrays make theirs.
[[nodiscard]] Result<std::string> nguid_of(const DataIdentity &identity, const std::string &serial);

class NvmetDataPlane final : public DataPlane {
public:
    NvmetDataPlane() = default;
    NvmetDataPlane(const NvmetDataPlane &) = delete;
    NvmetDataPlane &operator=(const NvmetDataPlane &) = delete;
    ~NvmetDataPlane() override;

    [[nodiscard]] std::string_view name() const noexcept override { return "nvmet"; }
    Result<void> start(const DataPlaneSettings &settings) override;
    Result<void> set_host(const DataHost &host) override;
    Result<void> remove_host(const std::string &host_id) override;
    Result<void> connect(const DataHost &host, const DataVolume &volume, unsigned lun) override;
    Result<void> disconnect(const DataHost &host, const DataVolume &volume, unsigned lun) override;
    Result<void> resized(const DataVolume &volume) override;
    Result<void> replacing_content(const DataVolume &volume) override;
    Result<void> content_replaced(const DataVolume &volume) override;
    Result<void> settle(const DataVolume &volume) override;
    Result<void> forget_volume(const DataVolume &volume) override;

private:
    struct Shown {
        DataVolume volume;
        unsigned number = 0;
    };
    struct Seen { // what a host sees
        DataHost host;
        std::map<std::string, Shown> volumes; // by serial
    };
    Result<void> show(const Seen &seen, const Shown &shown);
    Result<void> hide(const Shown &shown);
    [[nodiscard]] Result<void> check_alone(const DataHost &host) const;
    Result<void> stop() noexcept;

    DataIdentity identity_;
    std::optional<NvmeTarget> target_;                     // from start on
    std::map<std::string, Seen> hosts_;                    // by id
    std::map<std::string, std::filesystem::path> devices_; // by serial: loop devices
};

} // namespace drover::sim
