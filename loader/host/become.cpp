#include "loader/host/become.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <grp.h>
#include <optional>
#include <sys/prctl.h>
#include <unistd.h>
#include <vector>

namespace drover::host {
namespace {

// The number before `end`, which is taken off with it; without an `end` the text ends there.
std::optional<unsigned> take_number(std::string_view &text, char end) {
    const std::string_view part = text.substr(0, text.find(end));
    unsigned number = 0;
    const auto [stop, problem] = std::from_chars(part.data(), part.data() + part.size(), number);
    if (part.empty() || problem != std::errc() || stop != part.data() + part.size())
        return std::nullopt;
    text.remove_prefix(part.size() == text.size() ? part.size() : part.size() + 1);
    return number;
}

} // namespace

Result<void> become(std::string_view account) {
    std::string_view rest = account;
    const auto uid = take_number(rest, ':');
    const auto gid = uid ? take_number(rest, ':') : std::nullopt;
    std::vector<gid_t> groups;
    while (gid && !rest.empty()) {
        const auto group = take_number(rest, ',');
        if (!group)
            break;
        groups.push_back(*group);
    }
    if (!gid || !rest.empty())
        return fail(Code::invalid, fmt::format("\"{}\" is not UID:GID:GROUP,...", account));
    if (::setgroups(groups.size(), groups.data()) != 0 || ::setresgid(*gid, *gid, *gid) != 0 ||
        ::setresuid(*uid, *uid, *uid) != 0) {
        return fail_errno(
            errno, fmt::format("it cannot become the user {} (the agent must be root for that)", *uid));
    }
    // Both were lost with the change of user. When the agent ended before, its end of the socket is closed.
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::prctl(PR_SET_DUMPABLE, 0) != 0)
        return fail_errno(errno, "prctl");
    return {};
}

} // namespace drover::host
