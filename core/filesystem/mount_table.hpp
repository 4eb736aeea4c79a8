// The kernel's list of mounts of this thread's mount namespace, and who else mounts a device. Devices are
// compared by number, never by the text of their source.
#pragma once

#include "loader/base/error.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drover::filesystem {

struct MountEntry {
    int id = 0;
    int parent = 0;
    unsigned major = 0;
    unsigned minor = 0;
    std::string root;   // what of the filesystem is mounted: "/" unless it is a bind mount
    std::string target; // mount point, escapes undone
    std::string fstype;
    std::string source;
    std::string options;     // of the mount: "rw,relatime"
    std::string propagation; // "shared:12 master:3"; empty: private
    [[nodiscard]] bool is_shared() const { return propagation.find("shared:") != std::string::npos; }
    [[nodiscard]] bool is_read_only() const { return options == "ro" || options.starts_with("ro,"); }
    bool operator==(const MountEntry &) const = default;
};

// A line that does not parse is an error: a table with holes would let somebody conclude "not mounted".
Result<std::vector<MountEntry>> parse_mountinfo(std::string_view text);
// Read until two reads agree. In mount order: of two on one target the later one is on top.
Result<std::vector<MountEntry>> mount_table();
Result<std::vector<MountEntry>> mounts_of(unsigned major, unsigned minor);
// The one on top at `target` (absolute, no symlink in it), if any.
Result<std::optional<MountEntry>> mounted_at(const std::filesystem::path &target);

struct NamespaceUse {
    int pid = 0; // one process in that namespace
    std::string command;
    std::string target; // in that namespace
};
// Other mount namespaces that have the device mounted, each once. Processes that end meanwhile are skipped.
Result<std::vector<NamespaceUse>> mount_namespaces_using(unsigned major, unsigned minor);

// Makes `path` (an existing folder) a mount of its own that shares what is mounted below it with other
// namespaces, as containers need. Nothing changes when it is one already.
Result<void> ensure_shared(const std::filesystem::path &path);

} // namespace drover::filesystem
