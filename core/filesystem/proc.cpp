#include "core/filesystem/proc.hpp"

#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>

namespace drover::filesystem {

Result<std::string> read_proc(const std::string &file) {
    const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd)
        return fail_errno(errno, fmt::format("opening {}", file));
    return read_proc(fd.get(), file);
}

Result<std::string> read_proc(int fd, const std::string &file) {
    std::string text;
    std::string buffer(64UL * 1024, '\0');
    for (;;) {
        const ssize_t n = ::read(fd, buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_errno(errno == ESRCH ? ENOENT : errno, fmt::format("reading {}", file));
        if (n == 0)
            return text;
        text.append(buffer, 0, static_cast<std::size_t>(n));
    }
}

std::string read_proc_link(const std::string &link) {
    char target[256];
    const ssize_t n = ::readlink(link.c_str(), target, sizeof target);
    return n <= 0 ? std::string() : std::string(target, static_cast<std::size_t>(n));
}

std::vector<int> processes() {
    std::vector<int> pids;
    const std::unique_ptr<DIR, int (*)(DIR *)> folder(::opendir("/proc"), &::closedir);
    while (folder != nullptr) {
        const dirent *entry = ::readdir(folder.get());
        if (entry == nullptr)
            break;
        const char *end = entry->d_name + std::strlen(entry->d_name);
        int pid = 0;
        if (const auto [stop, error] = std::from_chars(entry->d_name, end, pid);
            error == std::errc() && stop == end)
            pids.push_back(pid);
    }
    return pids;
}

std::string command_of(int pid) {
    auto name = read_proc(fmt::format("/proc/{}/comm", pid));
    if (!name)
        return {};
    while (!name->empty() && name->back() == '\n')
        name->pop_back();
    return *name;
}

} // namespace drover::filesystem
