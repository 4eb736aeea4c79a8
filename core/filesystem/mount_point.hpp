// The folders that volumes are mounted on. While nothing is mounted there a mount point has mode 000 and,
// where its filesystem knows that, the immutable flag: a program that runs before its volume came cannot
// write below it.
#pragma once

#include "loader/base/error.hpp"

#include <filesystem>

namespace drover::filesystem {

// Absolute, without symlinks in its parents, as the mount table spells it. The last part is not followed:
// looking at a mounted filesystem may hang.
Result<std::filesystem::path> resolve_mount_point(const std::filesystem::path &target);
// Makes it, or takes the one that is there if it is an empty folder with nothing mounted on it.
Result<void> make_mount_point(const std::filesystem::path &target);
// Removes it when it is empty; otherwise leaves it, for the next mount to complain about.
void remove_mount_point(const std::filesystem::path &target);

} // namespace drover::filesystem
