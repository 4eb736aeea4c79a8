#include "loader/library.hpp"

#include "loader/descriptor.hpp"
#include "loader/elf_exports.hpp"
#include "loader/invoke.hpp"

#include <boost/dll/shared_library.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <mutex>
#include <sys/stat.h>

namespace drover {
namespace {

constexpr std::string_view kEntry = "drv_entry_v1";
constexpr std::string_view kEntryPrefix = "drv_entry_v";
constexpr std::size_t kNamedAtMost = 5;

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

// Names of the toolchain's own: sanitizer run times (__asan_, __odr_asan), __bss_start, and what older
// linkers put into every library.
bool is_toolchain_name(std::string_view name) {
    return name.starts_with("__") || name == "_init" || name == "_fini" || name == "_edata" ||
           name == "_end" || name == "_etext";
}

bool is_entry_name(std::string_view name) {
    const std::string_view major = name.starts_with(kEntryPrefix) ? name.substr(kEntryPrefix.size()) : "";
    return !major.empty() &&
           std::all_of(major.begin(), major.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Result<void> check_exports(const std::filesystem::path &file) {
    auto exports = read_exports(file);
    if (!exports)
        return fail(std::move(exports).error());
    std::vector<std::string> majors;
    std::vector<std::string> others;
    const ExportedSymbol *entry = nullptr;
    for (const ExportedSymbol &symbol : *exports) {
        if (symbol.name == kEntry)
            entry = &symbol;
        if (is_entry_name(symbol.name)) {
            majors.push_back(symbol.name.substr(kEntryPrefix.size()));
        } else if (!is_toolchain_name(symbol.name)) {
            others.push_back(symbol.name);
        }
    }
    const auto refuse = [&](std::string_view why) {
        return fail(Code::invalid, fmt::format("{} {}", file.native(), why));
    };
    if (majors.empty()) {
        return refuse(
            "is no driver: it exports no drv_entry_vN; mark the entry with DRV_EXPORT, or build with "
            "drover_add_driver");
    }
    if (entry == nullptr) {
        std::sort(majors.begin(), majors.end());
        return refuse(
            fmt::format("speaks ABI {} only, this agent speaks {}; install the driver's version for ABI {}, "
                        "or an agent that speaks ABI {}",
                        fmt::join(majors, " and "), DRV_ABI_MAJOR, DRV_ABI_MAJOR, majors.back()));
    }
    if (!entry->is_function)
        return refuse("is no driver: its drv_entry_v1 is not a function");
    if (!others.empty()) {
        std::sort(others.begin(), others.end());
        const std::size_t more = others.size() - std::min(others.size(), kNamedAtMost);
        others.resize(others.size() - more);
        return refuse(
            fmt::format("exports more than its entry: {}{}; these can clash with the agent or with other "
                        "drivers, so build with hidden visibility and a version script "
                        "(drover_add_driver does both)",
                        fmt::join(others, ", "), more == 0 ? "" : fmt::format(" and {} more", more)));
    }
    return {};
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
    if (auto checked = check_exports(file); !checked)
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
