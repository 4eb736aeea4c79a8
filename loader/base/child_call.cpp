#include "loader/base/child_call.hpp"

#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>

namespace drover {
namespace {

constexpr std::size_t kMaxAnswer = 1024UL * 1024;

// The answer on the pipe: this, then the message (or the value), then the vendor code.
struct Header {
    std::uint32_t failed;
    std::uint32_t code;
    std::uint32_t retryable;
    std::uint32_t state_unknown;
    std::uint64_t text_bytes;
};

bool write_all(int fd, const void *data, std::size_t size) {
    const char *at = static_cast<const char *>(data);
    while (size > 0) {
        const ssize_t n = ::write(fd, at, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        size -= static_cast<std::size_t>(n);
    }
    return true;
}

[[noreturn]] void be_the_child(int pipe, const std::function<Result<std::string>()> &work) {
    // Locks, sockets and the like of the parent must not live on in a child that hangs.
    constexpr int kAnswer = 3;
    if (pipe != kAnswer)
        ::dup2(pipe, kAnswer);
    ::close_range(kAnswer + 1, ~0U, 0);
    ::signal(SIGPIPE, SIG_IGN);
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGCHLD})
        ::signal(number, SIG_DFL); // the parent's handlers would write to its descriptors
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);

    Header header{};
    std::string text;
    try {
        Result<std::string> result = work();
        if (result) {
            text = std::move(*result);
        } else {
            const Error &error = result.error();
            text = error.message;
            header = {1, static_cast<std::uint32_t>(error.code), error.retryable ? 1U : 0U,
                      error.state_unknown ? 1U : 0U, 0};
        }
    } catch (const std::exception &exception) {
        text = exception.what();
        header = {1, static_cast<std::uint32_t>(Code::internal), 0, 1, 0};
    }
    if (text.size() > kMaxAnswer) {
        text = "the answer is too long";
        header = {1, static_cast<std::uint32_t>(Code::internal), 0, 0, 0};
    }
    header.text_bytes = text.size();
    const bool sent =
        write_all(kAnswer, &header, sizeof header) && write_all(kAnswer, text.data(), text.size());
    // Not even _exit: what sanitizers run in it speaks of the parent's threads.
    for (;;)
        ::syscall(SYS_exit_group, sent ? 0 : 1);
}

// Everything until the child closes its end. False: the deadline came first.
bool read_answer(int fd, Deadline deadline, std::string &answer) {
    char buffer[4096];
    for (;;) {
        pollfd wait{.fd = fd, .events = POLLIN, .revents = 0};
        const int ready = ::poll(&wait, 1, deadline.poll_timeout_ms());
        if (ready < 0 && errno != EINTR)
            return false;
        if (ready == 0 && deadline.has_passed())
            return false;
        if (ready <= 0)
            continue;
        const ssize_t n = ::read(fd, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return true;
        answer.append(buffer, static_cast<std::size_t>(n));
    }
}

} // namespace

void reap(pid_t child) {
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
    if (process) {
        // Long enough for any child that can die; one in an uninterruptible wait cannot.
        pollfd wait{.fd = process.get(), .events = POLLIN, .revents = 0};
        while (::poll(&wait, 1, 1000) < 0 && errno == EINTR) {
        }
        if (wait.revents == 0) {
            std::thread([child] { ::waitpid(child, nullptr, 0); }).detach();
            return;
        }
    }
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
}

Result<std::string> call_in_child(std::string_view what, Deadline deadline,
                                  const std::function<Result<std::string>()> &work) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return fail_errno(errno, fmt::format("{}: making a pipe", what));
    UniqueFd read_end(ends[0]);
    UniqueFd write_end(ends[1]);
    const pid_t child = ::fork();
    if (child < 0)
        return fail_errno(errno, fmt::format("{}: starting a helper process", what));
    if (child == 0)
        be_the_child(write_end.get(), work);
    write_end.reset();

    std::string answer;
    const bool in_time = read_answer(read_end.get(), deadline, answer);
    if (!in_time)
        ::kill(child, SIGKILL);
    reap(child);
    if (!in_time) {
        return fail(Error{.code = Code::deadline,
                          .message = fmt::format("{} took too long: its storage does not answer", what),
                          .retryable = true,
                          .state_unknown = true});
    }

    Header header{};
    if (answer.size() >= sizeof header)
        std::memcpy(&header, answer.data(), sizeof header);
    if (answer.size() < sizeof header || header.text_bytes != answer.size() - sizeof header ||
        header.code > static_cast<std::uint32_t>(Code::gone)) {
        return fail(Error{.code = Code::internal,
                          .message = fmt::format("{}: its helper process ended without an answer", what),
                          .retryable = true,
                          .state_unknown = true});
    }
    answer.erase(0, sizeof header);
    if (header.failed == 0)
        return answer;
    return fail(Error{.code = static_cast<Code>(header.code),
                      .message = std::move(answer),
                      .retryable = header.retryable != 0,
                      .state_unknown = header.state_unknown != 0});
}

} // namespace drover
