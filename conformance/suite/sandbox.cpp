#include "conformance/suite/sandbox.hpp"

#include "loader/base/deadline.hpp"
#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace drover::conformance {
namespace {

constexpr std::chrono::seconds kPatienceWithKill{10};
constexpr int kAboveOurs = 10; // descriptors are moved here first, so that none is overwritten by a dup2

struct Pipe {
    UniqueFd read;
    UniqueFd write;
};

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return fail_errno(errno, "a pipe to a test's process cannot be made");
    Pipe made{UniqueFd(ends[0]), UniqueFd(ends[1])};
    ::fcntl(made.read.get(), F_SETFL, O_NONBLOCK);
    return made;
}

// Bytes of one pipe, as much of them as is wanted.
class Stream {
public:
    Stream(UniqueFd fd, std::size_t keep, bool keep_tail)
        : fd_(std::move(fd)), keep_(keep), keep_tail_(keep_tail) {}

    [[nodiscard]] int fd() const noexcept { return fd_.get(); } // -1 at its end; poll ignores that
    // Reads what is there now. Bounded, since a child that never stops writing must not hold us up.
    void drain() {
        std::array<char, 16384> buffer; // NOLINT: filled by read
        for (int round = 0; fd_ && round < 64; ++round) {
            const ssize_t count = ::read(fd_.get(), buffer.data(), buffer.size());
            if (count < 0 && errno == EINTR)
                continue;
            if (count < 0 && errno == EAGAIN)
                return;
            if (count <= 0) {
                fd_.reset();
                return;
            }
            add({buffer.data(), static_cast<std::size_t>(count)});
        }
    }
    std::string take() {
        if (keep_tail_ && bytes_.size() > keep_)
            bytes_.erase(0, bytes_.size() - keep_);
        return std::move(bytes_);
    }

private:
    void add(std::string_view more) {
        if (!keep_tail_) {
            bytes_.append(more.substr(0, keep_ - std::min(keep_, bytes_.size())));
            return;
        }
        bytes_.append(more);
        if (bytes_.size() > 8 * keep_)
            bytes_.erase(0, bytes_.size() - keep_);
    }

    UniqueFd fd_;
    std::size_t keep_;
    bool keep_tail_;
    std::string bytes_;
};

// What the child needs between fork and exec, all of it made before.
struct Plan {
    std::vector<char *> argv;
    int null_fd;
    int output_fd;
    int error_fd;
    int result_fd;
    int trace_fd;
    pid_t parent;
};

// Only async-signal-safe calls: other threads of the runner may hold locks.
[[noreturn]] void become_child(const char *program, const Plan &plan) noexcept {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != plan.parent)
        ::_exit(127);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    const std::array sources{plan.null_fd, plan.output_fd, plan.error_fd, plan.result_fd, plan.trace_fd};
    std::array<int, 5> moved{};
    for (std::size_t i = 0; i < sources.size(); ++i)
        moved.at(i) = sources.at(i) < 0 ? -1 : ::fcntl(sources.at(i), F_DUPFD_CLOEXEC, kAboveOurs);
    for (std::size_t i = 0; i < moved.size(); ++i) {
        if (moved.at(i) >= 0)
            ::dup2(moved.at(i), static_cast<int>(i));
    }
    ::execv(program, plan.argv.data());
    ::_exit(127);
}

// True when the child has ended, which is then collected.
bool collect(pid_t pid, SandboxEnd &end) {
    int status = 0;
    pid_t got = 0;
    do {
        got = ::waitpid(pid, &status, WNOHANG);
    } while (got < 0 && errno == EINTR);
    if (got != pid)
        return false;
    if (WIFSIGNALED(status)) {
        end.how = SandboxEnd::How::killed_by_signal;
        end.code = WTERMSIG(status);
    } else {
        end.how = SandboxEnd::How::exited;
        end.code = WEXITSTATUS(status);
    }
    return true;
}

} // namespace

Result<SandboxEnd> run_in_sandbox(const SandboxRequest &request) {
    auto output = make_pipe();
    auto error = make_pipe();
    auto answer = make_pipe();
    const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    for (const auto *made : {&output, &error, &answer}) {
        if (!*made)
            return fail(made->error());
    }
    if (!null)
        return fail_errno(errno, "/dev/null cannot be opened");

    std::string program = request.program.string();
    std::vector<std::string> arguments = request.arguments;
    Plan plan{.argv = {program.data()},
              .null_fd = null.get(),
              .output_fd = output->write.get(),
              .error_fd = error->write.get(),
              .result_fd = answer->write.get(),
              .trace_fd = request.trace_fd,
              .parent = ::getpid()};
    for (std::string &argument : arguments)
        plan.argv.push_back(argument.data());
    plan.argv.push_back(nullptr);

    const auto started = Deadline::Clock::now();
    const Deadline deadline = Deadline::after(request.limit);
    const pid_t pid = ::fork();
    if (pid < 0)
        return fail_errno(errno, "a process for the test cannot be started");
    if (pid == 0)
        become_child(program.c_str(), plan);
    ::setpgid(pid, pid); // both sides do it, so that it holds whoever runs first
    output->write.reset();
    error->write.reset();
    answer->write.reset();

    Stream out(std::move(output->read), kTailBytes, true);
    Stream err(std::move(error->read), kTailBytes, true);
    Stream result(std::move(answer->read), kMaxResultBytes, false);
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));

    SandboxEnd end;
    bool ended = false;
    bool killing = false;
    SandboxEnd::How killed_for = SandboxEnd::How::timed_out;
    Deadline until = deadline;
    while (!ended) {
        std::array<pollfd, 5> waits{pollfd{process.get(), POLLIN, 0}, pollfd{out.fd(), POLLIN, 0},
                                    pollfd{err.fd(), POLLIN, 0}, pollfd{result.fd(), POLLIN, 0},
                                    pollfd{killing ? -1 : request.stop_fd, POLLIN, 0}};
        // Without a pidfd (an old kernel) the end is looked for every 20 ms.
        const int limit = until.poll_timeout_ms();
        ::poll(waits.data(), waits.size(), process ? limit : std::min(limit, 20));
        out.drain();
        err.drain();
        result.drain();
        ended = collect(pid, end);
        const bool stop = !killing && waits[4].revents != 0;
        if (ended || (!stop && !until.has_passed()))
            continue;
        if (killing) // not even SIGKILL: it hangs in the kernel, on dead storage perhaps
            break;
        killing = true;
        killed_for = stop ? SandboxEnd::How::stopped : SandboxEnd::How::timed_out;
        until = Deadline::after(kPatienceWithKill);
        ::kill(-pid, SIGKILL);
    }
    ::kill(-pid,
           SIGKILL); // what it left behind; it may hold the pipes open, so their ends are not waited for
    out.drain();
    err.drain();
    result.drain();
    if (killing)
        end.how = killed_for;
    end.result = result.take();
    end.output_tail = err.take();
    if (const std::string written = out.take(); !written.empty())
        end.output_tail += fmt::format("{}[stdout] {}", end.output_tail.empty() ? "" : "\n", written);
    end.duration = Deadline::Clock::now() - started;
    return end;
}

std::string describe(const SandboxEnd &end) {
    switch (end.how) {
    case SandboxEnd::How::exited:
        return fmt::format("exit status {}", end.code);
    case SandboxEnd::How::killed_by_signal:
        return fmt::format("signal {} ({})", end.code, ::strsignal(end.code));
    case SandboxEnd::How::timed_out:
        return "killed at its time limit";
    case SandboxEnd::How::stopped:
        return "stopped";
    }
    return "";
}

} // namespace drover::conformance
