#include "core/filesystem/mount_table.hpp"

#include "core/filesystem/proc.hpp"
#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>

namespace drover::filesystem {
namespace {

// "\040" and the like: space, tab, newline, backslash and # are written so.
std::string unescape(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 3 < text.size() && text[i + 1] <= '3' && is_octal(text[i + 1]) &&
            is_octal(text[i + 2]) && is_octal(text[i + 3])) {
            plain +=
                static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
            i += 3;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

// The next word, taken off the front of `line`.
std::string_view next_word(std::string_view &line) {
    const auto end = std::min(line.find(' '), line.size());
    const auto word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
}

template <typename T>
bool parse_number(std::string_view word, T &value) {
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    return error == std::errc() && end == word.data() + word.size();
}

bool parse_line(std::string_view line, MountEntry &entry) {
    if (!parse_number(next_word(line), entry.id) || !parse_number(next_word(line), entry.parent))
        return false;
    const auto device = next_word(line);
    const auto colon = device.find(':');
    if (colon == std::string_view::npos || !parse_number(device.substr(0, colon), entry.major) ||
        !parse_number(device.substr(colon + 1), entry.minor))
        return false;
    entry.root = unescape(next_word(line));
    entry.target = unescape(next_word(line));
    entry.options = next_word(line);
    // Optional fields, until a lone dash.
    std::string_view word;
    while (!(word = next_word(line)).empty() && word != "-")
        entry.propagation += fmt::format("{}{}", entry.propagation.empty() ? "" : " ", word);
    if (word != "-")
        return false;
    entry.fstype = unescape(next_word(line));
    entry.source = unescape(next_word(line));
    return !entry.target.empty() && !entry.fstype.empty();
}

} // namespace

Result<std::vector<MountEntry>> parse_mountinfo(std::string_view text) {
    std::vector<MountEntry> entries;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        MountEntry entry;
        if (!parse_line(line, entry)) {
            return fail(Code::internal,
                        fmt::format("the mount table has a line that does not read: \"{}\"", line));
        }
        entries.push_back(std::move(entry));
    }
    return entries;
}

Result<std::vector<MountEntry>> mount_table() {
    // The kernel hands the table out page by page; what changes in between can show twice or not at all. It
    // also tells by poll whether anything has changed since the file was opened (proc(5)).
    constexpr int kAttempts = 20;
    constexpr const char *kFile = "/proc/thread-self/mountinfo";
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        const UniqueFd fd(::open(kFile, O_RDONLY | O_CLOEXEC));
        if (!fd)
            return fail_errno(errno, fmt::format("opening {}", kFile));
        auto text = read_proc(fd.get(), kFile);
        if (!text)
            return fail(std::move(text).error());
        pollfd changed{.fd = fd.get(), .events = POLLPRI, .revents = 0};
        const int ready = ::poll(&changed, 1, 0);
        if (ready == 0)
            return parse_mountinfo(*text);
        if (ready < 0 && errno != EINTR)
            return fail_errno(errno, fmt::format("asking whether {} has changed", kFile));
    }
    return fail_retryable(Code::internal, "the mount table changes faster than it can be read; try again");
}

Result<std::vector<MountEntry>> mounts_of(unsigned major, unsigned minor) {
    auto table = mount_table();
    if (table) {
        std::erase_if(*table,
                      [&](const MountEntry &entry) { return entry.major != major || entry.minor != minor; });
    }
    return table;
}

Result<std::optional<MountEntry>> mounted_at(const std::filesystem::path &target) {
    auto table = mount_table();
    if (!table)
        return fail(std::move(table).error());
    std::optional<MountEntry> top;
    for (auto &entry : *table) {
        if (entry.target == target.native())
            top = std::move(entry);
    }
    return top;
}

Result<void> ensure_shared(const std::filesystem::path &path) {
    std::error_code error;
    const auto target = std::filesystem::canonical(path, error);
    if (error)
        return fail_errno(error.value(), fmt::format("looking for the mount root {}", path.string()));
    auto entry = mounted_at(target);
    if (!entry)
        return fail(std::move(entry).error());
    if (*entry && (*entry)->is_shared())
        return {};
    if (!*entry && ::mount(target.c_str(), target.c_str(), nullptr, MS_BIND, nullptr) != 0)
        return fail_errno(errno, fmt::format("making the mount root {} a mount of its own", target.string()));
    if (::mount(nullptr, target.c_str(), nullptr, MS_SHARED, nullptr) != 0)
        return fail_errno(errno, fmt::format("sharing the mounts below {} with containers", target.string()));
    return {};
}

} // namespace drover::filesystem
