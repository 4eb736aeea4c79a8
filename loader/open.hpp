// From a backend name to an open driver: the loader's front door.
#pragma once

#include "loader/base/error.hpp"
#include "loader/call_context.hpp"
#include "loader/driver.hpp"
#include "loader/host.hpp"
#include "loader/locks.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace drover {

// A driver file that was loaded and whose descriptor was checked. Shared by all backends that use it, and
// never unloaded (a C++ library cannot be unloaded reliably: GNU_UNIQUE symbols and thread_local destructors
// pin it).
class DriverLibrary;

// One row of a driver folder: a file that could be a driver, and why it cannot be used, if so.
struct CatalogEntry {
    std::string name;
    std::filesystem::path path;
    Result<DriverDescription> description;
};

class Catalog {
public:
    // `folder` must be absolute. Nothing is read until asked.
    explicit Catalog(std::filesystem::path folder);
    ~Catalog();
    Catalog(const Catalog &) = delete;
    Catalog &operator=(const Catalog &) = delete;

    // <folder>/<name>.so, or the error sentence: bad name, no such file (with the names that are there), bad
    // owner or mode of any component of the path, no driver, wrong ABI major, several exports, bad
    // descriptor. `name` may also be a symlink in the folder (an alias); the descriptor's name must then
    // equal the stem of the file it leads to.
    Result<std::shared_ptr<DriverLibrary>> load(std::string_view name) const;
    // The file that load() would load, by the same rules, without loading it: for a driver that is to run in
    // a process of its own.
    [[nodiscard]] Result<std::filesystem::path> find(std::string_view name) const;
    // The same checks for a file anywhere (conformance, inspect).
    Result<std::shared_ptr<DriverLibrary>> load_file(const std::filesystem::path &file);
    // The drivers' names for which the folder has a file, sorted; none when it cannot be read. Loads nothing,
    // and looks into no file.
    [[nodiscard]] std::vector<std::string> names() const;
    // Every *.so in the folder, sorted by name. Files that fail are rows with their error.
    [[nodiscard]] std::vector<CatalogEntry> scan();

private:
    struct State;
    std::unique_ptr<State> state_;
};

const DriverDescription &description(const DriverLibrary &library) noexcept;

struct OpenRequest {
    std::string backend; // its name in agent.yml
    std::string agent_version;
    std::string node_id;
    BackendSettings settings;
    // One mutating call at a time on a volume is a promise about the backend, not about one open driver: two
    // drivers that are open on the same backend (one takes over from the other) are given the same locks.
    // Null: locks of its own.
    std::shared_ptr<NamedLocks> volume_locks = nullptr;
    // Where drv.store/1 keeps what the driver wants to keep for this backend, and nothing else is; made when
    // it is needed. Empty: the driver finds no such service.
    std::filesystem::path store_folder = {};
};

// Locks to hand to the drivers of one backend.
std::shared_ptr<NamedLocks> make_volume_locks();

// Opens a backend in this process. `host` must outlive the driver. Closing is the destructor's work: no call
// may run then.
Result<std::unique_ptr<Driver>> open_in_process(std::shared_ptr<DriverLibrary> library, OpenRequest request,
                                                Host &host, const CallContext &call);

} // namespace drover
