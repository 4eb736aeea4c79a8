#include "conformance/simulators/frame/lio/configfs.hpp"

#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace drover::sim::configfs {
namespace fs = std::filesystem;
namespace {

constexpr const char *kConfigfs = "/sys/kernel/config";

// Loads the modules and mounts configfs, after which `root` is there if this kernel has `what`.
Result<void> require(const fs::path &root, const char *what, const std::vector<std::string> &modules) {
    load_module("configfs");
    for (const auto &module : modules)
        load_module(module);
    struct stat information {};
    if (::stat(kConfigfs, &information) != 0) {
        return fail(Code::unsupported,
                    fmt::format("this kernel has no configfs, so no {}: use another data plane, "
                                "or the kernel lab (./dev lab)",
                                what));
    }
    std::error_code error;
    if (fs::is_empty(kConfigfs, error) && ::mount("configfs", kConfigfs, "configfs", 0, nullptr) != 0 &&
        errno != EBUSY) {
        return fail_errno(errno, fmt::format("mounting configfs on {}", kConfigfs));
    }
    if (!fs::is_directory(root, error)) {
        return fail(
            Code::unsupported,
            fmt::format("there is no {}: this kernel has no {}; use another data plane, or the kernel "
                        "lab (./dev lab)",
                        root.string(), what));
    }
    return {};
}

} // namespace

void load_module(const std::string &name) noexcept {
    std::string program = "/sbin/modprobe";
    std::string quiet = "-q";
    std::string module = name;
    char *const arguments[] = {program.data(), quiet.data(), module.data(), nullptr};
    char *const environment[] = {nullptr};
    pid_t child = -1;
    if (::posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments, environment) != 0)
        return;
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
}

fs::path target_root() {
    return fs::path(kConfigfs) / "target";
}
fs::path nvme_root() {
    return fs::path(kConfigfs) / "nvmet";
}

Result<void> require_target(const std::vector<std::string> &modules) {
    return require(target_root(), "target (module target_core_mod)", modules);
}
Result<void> require_nvme_target(const std::vector<std::string> &modules) {
    return require(nvme_root(), "NVMe target (module nvmet)", modules);
}

Result<void> write(const fs::path &file, std::string_view value) {
    const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd)
        return fail_errno(errno, fmt::format("opening {}", file.string()));
    // In one piece: each write is one value.
    if (::write(fd.get(), value.data(), value.size()) != static_cast<ssize_t>(value.size()))
        return fail_errno(errno, fmt::format("writing to {}", file.string()));
    return {};
}

bool try_write(const fs::path &file, std::string_view value) noexcept {
    const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
    return fd && ::write(fd.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

Result<void> make_folder(const fs::path &folder) {
    std::error_code error;
    if (fs::is_directory(folder, error))
        return {};
    if (auto above = make_folder(folder.parent_path()); !above)
        return above;
    if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST)
        return fail_errno(errno, fmt::format("making {}", folder.string()));
    return {};
}

Result<void> make_link(const fs::path &to, const fs::path &link) {
    if (::symlink(to.c_str(), link.c_str()) == 0)
        return {};
    const int reason = errno;
    std::error_code error;
    if (reason == EEXIST && fs::equivalent(to, link, error))
        return {};
    return fail_errno(reason, fmt::format("linking {} to {}", link.string(), to.string()));
}

Result<void> remove_folder(const fs::path &folder) {
    if (::rmdir(folder.c_str()) != 0 && errno != ENOENT)
        return fail_errno(errno, fmt::format("removing {}", folder.string()));
    return {};
}

Result<void> remove_link(const fs::path &link) {
    if (::unlink(link.c_str()) != 0 && errno != ENOENT)
        return fail_errno(errno, fmt::format("removing {}", link.string()));
    return {};
}

std::vector<std::string> names_in(const fs::path &folder) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        if (!entry->is_symlink(error) && entry->is_directory(error))
            names.push_back(entry->path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::vector<fs::path> links_in(const fs::path &folder) {
    std::vector<fs::path> links;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        if (entry->is_symlink(error))
            links.push_back(entry->path());
    }
    return links;
}

} // namespace drover::sim::configfs
