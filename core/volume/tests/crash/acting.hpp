// What scenarios do to a world, in words. Preparing throws when it fails; asking tells the answer as text.
#pragma once

#include "core/volume/tests/crash/scenario.hpp"

#include <string>
#include <vector>

namespace drover::crash {

inline constexpr std::uint64_t kMiB = 1U << 20U;
inline constexpr std::uint64_t kSmall = 16 * kMiB;
inline constexpr std::uint64_t kXfs = 320 * kMiB; // less than this mkfs.xfs refuses

void made(Stage &stage, const std::string &name, std::uint64_t bytes = kSmall,
          const std::string &fstype = "ext4");
// Mounted once, its file "marker" written, unmounted again.
void filled(Stage &stage, const std::string &name, const std::string &marker, std::uint64_t bytes = kSmall,
            const std::string &fstype = "ext4");
void written(Stage &stage, const std::string &name, const std::string &marker);
// Mounted by a caller that has its answer.
void held(Stage &stage, const std::string &name, const std::string &use);
void snapshotted(Stage &stage, const std::string &name, const std::string &snapshot);
// Another node on the same backend.
void on_other_node(Stage &stage, const std::function<void(Stage &)> &act);

std::string ask_create(Stage &stage, VolumeSpec spec);
std::string ask_mount(Stage &stage, const std::string &name, const std::string &use);
std::string ask_unmount(Stage &stage, const std::string &name, const std::string &use);
std::string ask_remove(Stage &stage, const std::string &name, RemovePolicy policy = RemovePolicy::destroy);
std::string ask_extend(Stage &stage, const std::string &name, std::uint64_t bytes);
std::string ask_snapshot(Stage &stage, const std::string &name, const std::string &snapshot);
std::string ask_snapshot_remove(Stage &stage, const std::string &name, const std::string &snapshot);
void grouped(Stage &stage, const std::string &group, std::vector<std::string> volumes);
std::string ask_group(Stage &stage, const std::string &group, std::vector<std::string> volumes);
std::string ask_group_snapshot(Stage &stage, const std::string &group, const std::string &snapshot);
std::string ask_group_snapshot_remove(Stage &stage, const std::string &group, const std::string &snapshot);
std::string ask_revert(Stage &stage, const std::string &name, const std::string &snapshot);

} // namespace drover::crash
