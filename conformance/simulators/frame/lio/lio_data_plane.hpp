// The data plane of the kernel's own target (LIO), set up by plain writes to configfs: iSCSI through all
// portals of the array, CHAP of each host, LUNs by the array's numbers, identity and size as the array tells.
//
// Needs root, and a kernel with target_core_mod, target_core_iblock and iscsi_target_mod, as the lab's has.
// The page 0x80 serial number is the array's with the digits of the NAA prefix that the kernel has no other
// place for in front of it.
#pragma once

#include "conformance/simulators/frame/data_plane.hpp"
#include "conformance/simulators/frame/lio/backstore.hpp"
#include "conformance/simulators/frame/lio/scsi_target.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace drover::sim {

class LioDataPlane final : public DataPlane {
public:
    LioDataPlane() = default;
    LioDataPlane(const LioDataPlane &) = delete;
    LioDataPlane &operator=(const LioDataPlane &) = delete;
    ~LioDataPlane() override;

    [[nodiscard]] std::string_view name() const noexcept override { return "lio"; }
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
    struct Seen { // what a host sees
        DataHost host;
        std::map<std::string, unsigned> luns; // by the volume's serial
    };
    Result<void> make_targets(const std::vector<DataPort> &ports);
    Result<void> show_all(ScsiTarget &target, const std::string &initiator, const Seen &seen);
    Result<void> stop() noexcept;
    [[nodiscard]] bool is_seen(const std::string &serial) const;

    std::optional<Backstores> backstores_; // from start on
    std::vector<ScsiTarget> targets_;
    std::map<std::string, Seen> hosts_;                   // by id
    std::map<std::string, std::filesystem::path> stores_; // by serial: of the volumes that are seen
};

} // namespace drover::sim
