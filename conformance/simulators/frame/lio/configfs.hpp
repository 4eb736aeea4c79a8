// The kernel's targets are set up by making folders, links and small files below /sys/kernel/config.
// These are those steps, each idempotent and each with an error that names the file. Not for other files.
#pragma once

#include "loader/base/error.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace drover::sim::configfs {

// Loads the modules (those that are built in are fine), and mounts configfs where it is not. Fails where this
// kernel has no target.
Result<void> require_target(const std::vector<std::string> &modules);
// The same for the kernel's NVMe target.
Result<void> require_nvme_target(const std::vector<std::string> &modules);
// Whether it worked is seen by what is there afterwards: one that is built in has no file to load.
void load_module(const std::string &name) noexcept;
// Root of everything: /sys/kernel/config/target.
[[nodiscard]] std::filesystem::path target_root();
// And of the NVMe target: /sys/kernel/config/nvmet.
[[nodiscard]] std::filesystem::path nvme_root();

// One value, as it stands: no newline is added, since the kernel would store it.
Result<void> write(const std::filesystem::path &file, std::string_view value);
// The same, where older kernels have no such file, or refuse: false then.
bool try_write(const std::filesystem::path &file, std::string_view value) noexcept;

Result<void> make_folder(const std::filesystem::path &folder); // and those above it
// A link that is there must lead to the same.
Result<void> make_link(const std::filesystem::path &to, const std::filesystem::path &link);
// What is not there is fine.
Result<void> remove_folder(const std::filesystem::path &folder);
Result<void> remove_link(const std::filesystem::path &link);

// Sorted; none when there is no such folder.
[[nodiscard]] std::vector<std::string> names_in(const std::filesystem::path &folder);
// Of the links in a folder, which the kernel names nowhere else.
[[nodiscard]] std::vector<std::filesystem::path> links_in(const std::filesystem::path &folder);

} // namespace drover::sim::configfs
