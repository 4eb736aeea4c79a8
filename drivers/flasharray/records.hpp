// From the array's rows to the ABI's records: the one place where they meet.
#pragma once

#include "drivers/flasharray/config.hpp"
#include "drivers/flasharray/hosts.hpp"
#include "drivers/flasharray/names.hpp"
#include "drivers/flasharray/rows.hpp"
#include "drover/sdk/volume.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace flasharray {

// A volume of this cluster, as the array has it.
struct Located {
    VolumeRow row;
    VolumeName name;
};

[[nodiscard]] drv::Protocol abi_protocol(Protocol protocol) noexcept;

[[nodiscard]] drv::Volume volume_record(const Located &volume, const std::vector<ConnectionRow> &connections,
                                        const Hosts &hosts, std::string profile);
// `volume_id`: of the volume it belongs to.
[[nodiscard]] drv::Volume snapshot_record(const VolumeRow &row, const SnapshotName &name,
                                          std::string_view volume_id);
// Without an id; `refused` says why it cannot be adopted, or is empty.
[[nodiscard]] drv::Volume unmanaged_record(const VolumeRow &row,
                                           const std::vector<ConnectionRow> &connections, const Hosts &hosts,
                                           const std::string &refused);

// What the device proves itself with. Over SCSI the NAA of page 0x83: 6, the vendor's number, the serial;
// without the 3 that udev and multipath put before it, which is no part of it. Over NVMe the NGUID: 0, seven
// bytes of the serial, the vendor's number, the other five.
[[nodiscard]] std::string wwid_of(std::string_view serial, Protocol protocol);

// All portals of the array that lead to its volumes, or its Fibre Channel ports. Throws Error(unsupported)
// when there is none that the configuration lets us use.
[[nodiscard]] std::vector<drv::Path> paths_of(const std::vector<PortRow> &ports, const Config &config);
[[nodiscard]] drv::Connection connection_record(std::string_view serial, std::uint64_t lun,
                                                std::vector<drv::Path> paths, const Config &config);

} // namespace flasharray
