#include "core/docker/engine.hpp"

#include "loader/base/file_content.hpp"

#include <charconv>
#include <string>
#include <string_view>

namespace drover {

namespace {

// Field 22 of /proc/PID/stat. Field 2, the program's name in parentheses, may itself hold blanks and
// parentheses, so the count begins after the last one that closes.
std::optional<std::uint64_t> start_ticks(std::string_view stat) {
    constexpr int kFieldAfterName = 3;
    constexpr int kStartTime = 22;
    const auto name_end = stat.rfind(')');
    if (name_end == std::string_view::npos || name_end + 2 >= stat.size())
        return std::nullopt;
    stat.remove_prefix(name_end + 2);
    for (int field = kFieldAfterName; field < kStartTime; ++field) {
        const auto blank = stat.find(' ');
        if (blank == std::string_view::npos)
            return std::nullopt;
        stat.remove_prefix(blank + 1);
    }
    std::uint64_t ticks = 0;
    const auto end = stat.data() + stat.size();
    if (std::from_chars(stat.data(), end, ticks).ec != std::errc())
        return std::nullopt;
    return ticks;
}

} // namespace

std::optional<EngineIdentity> engine_of(int pid, const std::filesystem::path &proc) {
    if (pid <= 0)
        return std::nullopt;
    const auto folder = proc / std::to_string(pid);
    if (content_of(folder / "comm") != "dockerd\n")
        return std::nullopt;
    const auto ticks = start_ticks(content_of(folder / "stat").value_or(std::string()));
    if (!ticks)
        return std::nullopt;
    return EngineIdentity{.pid = pid, .start_ticks = *ticks};
}

} // namespace drover
