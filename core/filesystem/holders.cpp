#include "core/filesystem/holders.hpp"

#include "core/filesystem/proc.hpp"

#include <fmt/format.h>

#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <sys/stat.h>

namespace drover::filesystem {
namespace {

enum class Match { none, filesystem, device };

// Follows the link, but never asks a server: a dead NFS must not hold up the search.
Match match(const std::string &link, unsigned major, unsigned minor) {
    struct statx info {};
    if (::statx(AT_FDCWD, link.c_str(), AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE, &info) != 0)
        return Match::none;
    if (info.stx_dev_major == major && info.stx_dev_minor == minor)
        return Match::filesystem;
    if (S_ISBLK(info.stx_mode) && info.stx_rdev_major == major && info.stx_rdev_minor == minor)
        return Match::device;
    return Match::none;
}

std::optional<std::string> open_file_of(const std::string &process, unsigned major, unsigned minor) {
    const std::string path = process + "/fd";
    const std::unique_ptr<DIR, int (*)(DIR *)> folder(::opendir(path.c_str()), &::closedir);
    std::optional<std::string> how;
    while (folder != nullptr) {
        const dirent *entry = ::readdir(folder.get());
        if (entry == nullptr)
            break;
        if (entry->d_name[0] == '.')
            continue;
        switch (match(path + "/" + entry->d_name, major, minor)) {
        case Match::filesystem:
            return "open file";
        case Match::device:
            how = "open device";
            break;
        case Match::none:
            break;
        }
    }
    return how;
}

bool has_mapped(const std::string &process, unsigned major, unsigned minor) {
    // "7f..-7f.. r-xp 00000000 fd:01 1234  /path": the device is the fourth word.
    auto text = read_proc(process + "/maps");
    return text && text->find(fmt::format(" {:02x}:{:02x} ", major, minor)) != std::string::npos;
}

std::optional<std::string> reason(const std::string &process, unsigned major, unsigned minor) {
    const std::pair<const char *, const char *> links[] = {
        {"/cwd", "working directory"}, {"/root", "root folder"}, {"/exe", "program"}};
    for (const auto &[link, how] : links) {
        if (match(process + link, major, minor) == Match::filesystem)
            return how;
    }
    if (auto open = open_file_of(process, major, minor))
        return open;
    if (has_mapped(process, major, minor))
        return "mapped file";
    return std::nullopt;
}

} // namespace

std::vector<Holder> holders_of(unsigned major, unsigned minor) {
    std::vector<Holder> holders;
    for (const int pid : processes()) {
        if (auto how = reason(fmt::format("/proc/{}", pid), major, minor))
            holders.push_back({.pid = pid, .command = command_of(pid), .how = std::move(*how)});
    }
    return holders;
}

std::string describe(std::span<const Holder> holders) {
    constexpr std::size_t kNamed = 5;
    std::string text;
    for (std::size_t i = 0; i < holders.size() && i < kNamed; ++i) {
        text += fmt::format("{}process {} ({}, {})", i == 0 ? "" : ", ", holders[i].pid, holders[i].command,
                            holders[i].how);
    }
    if (holders.size() > kNamed)
        text += fmt::format(" and {} more", holders.size() - kNamed);
    return text;
}

} // namespace drover::filesystem
