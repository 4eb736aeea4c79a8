// Volumes as the kernel's target knows them ("iblock": it serves a block device), each with the identity of
// the array. A volume has a loop device and a backstore while a host sees it, so that ten thousand idle
// volumes cost nothing.
#pragma once

#include "conformance/simulators/frame/data_plane.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace drover::sim {

class Backstores {
public:
    // `owner` tells the arrays of one machine apart, and a later run finds by it what an earlier one left.
    Backstores(std::string_view owner, DataIdentity identity);

    // The folder in configfs that a LUN links to; made when it is not there.
    Result<std::filesystem::path> provide(const DataVolume &volume);
    // No LUN may link to it any more.
    Result<void> withdraw(const std::string &serial);
    // Unknown ones have no device, and nothing is to be done.
    Result<void> take_new_size(const std::string &serial) const;
    Result<void> drop_cache(const std::string &serial) const;
    // Also those of an earlier run.
    Result<void> withdraw_all();

private:
    [[nodiscard]] std::filesystem::path folder_of(const std::string &serial) const;
    Result<void> configure(const std::filesystem::path &folder, const DataVolume &volume,
                           const std::filesystem::path &device) const;

    std::filesystem::path group_; // ".../core/iblock_N"
    DataIdentity identity_;
    std::map<std::string, std::filesystem::path> devices_; // serial: loop device
};

} // namespace drover::sim
