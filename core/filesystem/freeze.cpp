// The watchdog is a forked process and not a thread: it must thaw also when this process is stopped, stuck or
// killed. It freezes itself, so that there is no moment in which a filesystem is frozen and nobody watches.
#include "core/filesystem/freeze.hpp"

#include "core/filesystem/mount_point.hpp"
#include "core/filesystem/mount_table.hpp"
#include "loader/base/child_call.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <linux/fs.h>
#include <optional>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <utility>

namespace drover::filesystem {
namespace {

using namespace std::chrono_literals;

// What the watchdog reports: once when it has frozen (or failed to), once when it has thawed.
struct Report {
    int error = 0; // errno, or 0
    bool expired = false;
};
constexpr int kNotTheMount = -1; // in Report::error

constexpr auto kThawLimit = 30s;

// Opens the root of what is mounted at `target`. Never another filesystem: freezing the node's own would stop
// the node.
int open_root(const char *target, unsigned wanted_major, unsigned wanted_minor, int &error) {
    const int fd = ::open(target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat info {};
    if (fd < 0 || ::fstat(fd, &info) != 0) {
        error = errno;
        return -1;
    }
    if (major(info.st_dev) != wanted_major || minor(info.st_dev) != wanted_minor) {
        error = kNotTheMount;
        ::close(fd);
        return -1;
    }
    return fd;
}

int thaw_retrying(int fd) {
    while (::ioctl(fd, FITHAW, 0) != 0) {
        if (errno != EINTR && errno != EAGAIN)
            return errno;
    }
    return 0;
}

// The whole life of the watchdog. Only system calls: the parent's other threads may have held any lock at the
// fork.
[[noreturn]] void watch(int parent_channel, const char *target, unsigned wanted_major, unsigned wanted_minor,
                        Deadline deadline) {
    constexpr int kChannel = 3;
    if (parent_channel != kChannel)
        ::dup2(parent_channel, kChannel);
    ::close_range(kChannel + 1, ~0U, 0);
    // A service manager that stops the agent must not stop the one who thaws; it ends by itself at the
    // deadline.
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2})
        ::signal(number, SIG_IGN);

    Report report;
    const int fd = open_root(target, wanted_major, wanted_minor, report.error);
    if (fd >= 0 && ::ioctl(fd, FIFREEZE, 0) != 0)
        report.error = errno;
    (void)!::write(kChannel, &report, sizeof report);
    if (report.error != 0)
        ::_exit(0);

    pollfd wait{.fd = kChannel, .events = POLLIN, .revents = 0};
    int ready = 0;
    do {
        ready = ::poll(&wait, 1, deadline.poll_timeout_ms());
    } while ((ready < 0 && errno == EINTR) || (ready == 0 && !deadline.has_passed()));
    char order = 0;
    (void)!::recv(kChannel, &order, 1, MSG_DONTWAIT); // left unread it would cost the parent our report
    report.error = thaw_retrying(fd);
    report.expired = ready == 0;
    (void)!::write(kChannel, &report, sizeof report);
    ::_exit(0);
}

// Nothing: the watchdog ended or did not answer in time.
std::optional<Report> read_report(int channel, Deadline deadline) {
    pollfd wait{.fd = channel, .events = POLLIN, .revents = 0};
    for (;;) {
        const int ready = ::poll(&wait, 1, deadline.poll_timeout_ms());
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready == 0 && !deadline.has_passed())
            continue;
        Report report;
        if (ready <= 0)
            return std::nullopt;
        ssize_t n = ::recv(channel, &report, sizeof report, MSG_DONTWAIT);
        if (n < 0 && errno == ECONNRESET) // it ended before it read our order; its report is still there
            n = ::recv(channel, &report, sizeof report, MSG_DONTWAIT);
        if (n != static_cast<ssize_t>(sizeof report))
            return std::nullopt;
        return report;
    }
}

struct Target {
    std::filesystem::path path;
    MountEntry entry;
};

Result<Target> find_target(const std::filesystem::path &target) {
    auto point = resolve_mount_point(target);
    if (!point)
        return fail(std::move(point).error());
    auto entry = mounted_at(*point);
    if (!entry)
        return fail(std::move(entry).error());
    if (!*entry)
        return fail(Code::not_found, fmt::format("nothing is mounted at {}", point->string()));
    return Target{std::move(*point), std::move(**entry)};
}

tl::unexpected<Error> freeze_failure(int error, const std::filesystem::path &target) {
    if (error == EBUSY) {
        return fail_retryable(Code::conflict,
                              fmt::format("{} is frozen already, by somebody else: \"fsfreeze -u {}\" "
                                          "thaws it",
                                          target.string(), target.string()));
    }
    if (error == kNotTheMount) {
        return fail_retryable(Code::conflict,
                              fmt::format("{} changed while it was to be frozen", target.string()));
    }
    return fail_errno(error, fmt::format("freezing {}", target.string()));
}

} // namespace

Freeze::Freeze(std::filesystem::path target, pid_t watchdog, UniqueFd channel) noexcept
    : target_(std::move(target)), watchdog_(watchdog), channel_(std::move(channel)) {}

Freeze::Freeze(Freeze &&other) noexcept
    : target_(std::move(other.target_)), watchdog_(std::exchange(other.watchdog_, -1)),
      channel_(std::move(other.channel_)) {}

Freeze &Freeze::operator=(Freeze &&other) noexcept {
    if (this != &other) {
        (void)release();
        target_ = std::move(other.target_);
        watchdog_ = std::exchange(other.watchdog_, -1);
        channel_ = std::move(other.channel_);
    }
    return *this;
}

Freeze::~Freeze() {
    (void)release();
}

Result<Freeze> Freeze::hold(const std::filesystem::path &target, Deadline deadline) {
    if (deadline.is_never()) {
        return fail(Code::invalid,
                    fmt::format("a freeze of {} without an end was asked for", target.string()));
    }
    auto found = find_target(target);
    if (!found)
        return fail(std::move(found).error());
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return fail_errno(errno, fmt::format("freezing {}: making a channel", target.string()));
    UniqueFd ours(ends[0]);
    UniqueFd theirs(ends[1]);
    const std::string path = found->path.string();
    const pid_t watchdog = ::fork();
    if (watchdog < 0)
        return fail_errno(errno, fmt::format("freezing {}: starting its watchdog", target.string()));
    if (watchdog == 0)
        watch(theirs.get(), path.c_str(), found->entry.major, found->entry.minor, deadline);
    theirs.reset();

    const auto report = read_report(ours.get(), deadline);
    if (report && report->error == 0)
        return Freeze(found->path, watchdog, std::move(ours));
    // Not killed: if it is still on its way into the freeze it must come out of it and thaw.
    ours.reset();
    reap(watchdog);
    if (report)
        return freeze_failure(report->error, found->path);
    return fail(Error{
        .code = Code::deadline,
        .message =
            fmt::format("freezing {} took too long: it is thawed again as soon as its storage answers", path),
        .retryable = true});
}

Result<void> Freeze::release() {
    if (watchdog_ < 0)
        return {};
    (void)::send(channel_.get(), "r", 1, MSG_NOSIGNAL);
    const auto report = read_report(channel_.get(), Deadline::after(kThawLimit));
    channel_.reset();
    reap(std::exchange(watchdog_, -1));
    const std::string target = target_.string();
    if (!report) {
        (void)thaw_leftover(target_, Deadline::after(kThawLimit));
        return fail(Code::conflict,
                    fmt::format("the watchdog of the frozen {} was ended by somebody: what was made "
                                "meanwhile may not be consistent",
                                target));
    }
    if (report->error == EINVAL) {
        return fail(Code::conflict,
                    fmt::format("{} was thawed by somebody else: what was made meanwhile is not "
                                "consistent",
                                target));
    }
    if (report->error != 0)
        return fail_errno(report->error, fmt::format("thawing {}", target));
    if (report->expired) {
        return fail_retryable(Code::deadline,
                              fmt::format("{} had to be thawed at the deadline: what was made meanwhile "
                                          "is not consistent",
                                          target));
    }
    return {};
}

Result<bool> thaw_leftover(const std::filesystem::path &target, Deadline deadline) {
    auto found = find_target(target);
    if (!found) {
        if (found.error().code == Code::not_found)
            return false;
        return fail(std::move(found).error());
    }
    auto answer = call_in_child("thawing " + found->path.string(), deadline, [&]() -> Result<std::string> {
        int error = 0;
        const int fd = open_root(found->path.c_str(), found->entry.major, found->entry.minor, error);
        if (fd < 0)
            return freeze_failure(error, found->path);
        error = thaw_retrying(fd);
        if (error != 0 && error != EINVAL)
            return fail_errno(error, fmt::format("thawing {}", found->path.string()));
        return std::string(error == 0 ? "thawed" : "was not frozen");
    });
    return answer.map([](const std::string &text) { return text == "thawed"; });
}

} // namespace drover::filesystem
