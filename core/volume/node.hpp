// This node and its defaults, as the volume service needs them.
#pragma once

#include "loader/volume_types.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

namespace drover {

struct Node {
    NodeIdentity identity;
    std::string cluster_id;
    std::string boot_id; // /proc/sys/kernel/random/boot_id
    std::filesystem::path mount_root;
    // How long an unmount waits for the volume's users to go before it names them.
    std::chrono::milliseconds unmount_patience{8000};

    // Where a volume's filesystem is mounted: <mount root>/<volume id>, as Flocker.
    [[nodiscard]] std::filesystem::path mount_target(const std::string &volume_id) const {
        return mount_root / volume_id;
    }
};

struct VolumeDefaults {
    std::uint64_t bytes = std::uint64_t{10} << 30;
    std::string fstype = "ext4";
};

} // namespace drover
