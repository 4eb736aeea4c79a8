// The many spellings of a SCSI volume's identity, in one: the NAA or EUI of page 0x83 as lower-case hex
// without prefix, which is how drivers say it (drover/abi/volume.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace drover::connect {

// 16 or 32 lower-case hex digits (NAA 5 and EUI-64, NAA 6 and EUI-128), or 24 (EUI with 12 bytes).
bool is_scsi_wwid(std::string_view text) noexcept;

// Every NAA and EUI that page 0x83, as the device sent it, gives the logical unit itself. A page that does
// not hold together gives what stands before the fault.
std::vector<std::string> ids_of_page83(std::string_view page);

// Of sysfs's `wwid` ("naa.6001405..."): empty for other kinds than NAA and EUI.
std::string id_of_sysfs_wwid(std::string_view wwid);

// Of `dm/uuid` of a multipath map ("mpath-36001405..."; the digit is udev's for the kind). Empty for every
// other kind of map, such as a partition of one ("part1-mpath-...").
std::string id_of_map_uuid(std::string_view uuid);

} // namespace drover::connect
