#include "loader/library.hpp"

#include "loader/descriptor.hpp"
#include "loader/driver_exports.hpp"
#include "loader/invoke.hpp"

#include <boost/dll/shared_library.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <map>
#include <mutex>
#include <sys/stat.h>

namespace drover {
namespace {

constexpr std::string_view kEntry = "drv_entry_v1";

struct FileIdentity {
    dev_t device;
    ino_t inode;
    bool operator==(const FileIdentity &) const = default;
};

// The dynamic linker keeps one list of libraries for the process and finds them by name; this is our copy of
// it, and has to be as wide. Entries are never removed, as the libraries are never unloaded.
struct Loaded {
    FileIdentity identity;
    boost::dll::shared_library handle;
    Result<std::shared_ptr<DriverLibrary>> outcome; // a refused descriptor stays in the process as well
};
struct Registry {
    std::mutex mutex;
    std::map<std::filesystem::path, Loaded> by_path;
};
Registry &registry() {
    static Registry *const instance = new Registry; // outlives every static that may still hold a driver
    return *instance;
}

struct OpenLibrary {
    boost::dll::shared_library handle;
    drv_entry_v1_fn entry;
};

Result<OpenLibrary> open_library(const std::filesystem::path &file) {
    namespace dll = boost::dll;
    try {
        // Now: a missing symbol shows here and not as a dead process later. Local: drivers do not see each
        // other. The throwing form, because only it carries the dynamic linker's own words.
        dll::shared_library handle(file, dll::load_mode::rtld_now | dll::load_mode::rtld_local);
        auto *entry = &handle.get<const drv_driver_v1 *()>(std::string(kEntry));
        return OpenLibrary{std::move(handle), entry};
    } catch (const std::exception &error) {
        return fail(Code::invalid, fmt::format("{} cannot be loaded: {}", file.native(), error.what()));
    }
}

} // namespace

std::shared_ptr<DriverLibrary> DriverLibrary::of_table(const drv_driver_v1 &descriptor,
                                                       DriverDescription description) {
    return std::shared_ptr<DriverLibrary>(new DriverLibrary(descriptor, std::move(description)));
}

Result<std::shared_ptr<DriverLibrary>> DriverLibrary::load(const std::filesystem::path &file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0)
        return fail_errno(errno, fmt::format("{} cannot be examined", file.native()));
    const FileIdentity identity{status.st_dev, status.st_ino};

    Registry &all = registry();
    const std::lock_guard lock(all.mutex);
    if (const auto found = all.by_path.find(file); found != all.by_path.end()) {
        if (found->second.identity == identity)
            return found->second.outcome;
        return fail(
            Code::conflict,
            fmt::format("{} was replaced after this process had loaded it; restart the process to use the "
                        "new file",
                        file.native()));
    }
    if (auto checked = check_driver_exports(file); !checked)
        return fail(std::move(checked).error());
    auto open = open_library(file);
    if (!open)
        return fail(std::move(open).error());
    const drv_driver_v1 *driver = invoke(open->entry);
    Result<std::shared_ptr<DriverLibrary>> outcome =
        check_descriptor(driver, file).map([&](DriverDescription &&description) {
            return std::shared_ptr<DriverLibrary>(new DriverLibrary(*driver, std::move(description)));
        });
    all.by_path.emplace(file, Loaded{identity, std::move(open->handle), outcome});
    return outcome;
}

} // namespace drover
