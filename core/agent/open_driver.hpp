// One try to open a backend, from the driver's file to an open driver that told its capabilities: the path is
// trusted, the file is the one that agent.yml pins, its descriptor is good, the keys of agent.yml are its
// own, the backend opens and answers. Keeps nothing between tries.
#pragma once

#include "core/config/agent_config.hpp"
#include "loader/call_context.hpp"
#include "loader/host.hpp"
#include "loader/open.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>

namespace drover {

// Which file lies at a path, so that another one in its place is noticed, also one of the same size and time.
struct FileStamp {
    dev_t device = 0;
    ino_t inode = 0;
    std::int64_t bytes = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0; // a change of owner or mode counts too

    bool operator==(const FileStamp &) const = default;
    // Of what the path leads to; nothing when it cannot be read.
    static std::optional<FileStamp> of(const std::filesystem::path &file);
};

struct OpenedDriver {
    std::unique_ptr<Driver> driver;
    Capabilities capabilities;
    std::optional<FileStamp> file; // as it was before it was loaded
};

// What all backends of an agent are opened with. Both references must outlive the drivers.
struct OpeningAgent {
    Catalog &catalog;
    Host &host;
    std::string version;
    std::string node_id;
    // Where drivers may keep small values (drv.store/1), a folder for each backend; empty: nowhere.
    std::filesystem::path store_root = {};
};

// Where the driver of a backend runs: as agent.yml says, else in a process of its own. loopback is our own,
// and needs the agent's devices rather than an array.
Isolation isolation_of(const BackendConfig &config) noexcept;

// The keys of the backend's section, checked against what its driver declares; references to secrets are read
// now. Warnings are logged.
Result<BackendSettings> backend_settings(const BackendConfig &config, const DriverDescription &driver);

// Blocks until the deadline of the call at the longest. `volume_locks` as in OpenRequest.
Result<OpenedDriver> open_driver(const OpeningAgent &agent, const BackendConfig &config,
                                 std::shared_ptr<NamedLocks> volume_locks, const CallContext &call);

} // namespace drover
