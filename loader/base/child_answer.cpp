#include "loader/base/child_answer.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace drover::child {
namespace {

constexpr std::size_t kMaxAnswer = 1024UL * 1024;

// Then the message (or the value) follows.
struct Header {
    std::uint32_t failed;
    std::uint32_t code;
    std::uint32_t retryable;
    std::uint32_t state_unknown;
    std::uint64_t text_bytes;
};

// Exactly so many bytes, by the deadline.
Heard hear(int fd, Deadline deadline, char *to, std::size_t size) {
    while (size > 0) {
        pollfd wait{.fd = fd, .events = POLLIN, .revents = 0};
        const int ready = ::poll(&wait, 1, deadline.poll_timeout_ms());
        if (ready < 0 && errno != EINTR)
            return Heard::too_late;
        if (ready == 0 && deadline.has_passed())
            return Heard::too_late;
        if (ready <= 0)
            continue;
        const ssize_t n = ::read(fd, to, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return Heard::nothing;
        to += n;
        size -= static_cast<std::size_t>(n);
    }
    return Heard::answer;
}

} // namespace

void leave_parent_behind(int fd) {
    // Locks, sockets and the like of the parent must not live on in a child that hangs.
    if (fd != kFd)
        ::dup2(fd, kFd);
    ::close_range(kFd + 1, ~0U, 0);
    ::signal(SIGPIPE, SIG_IGN);
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGCHLD})
        ::signal(number, SIG_DFL); // the parent's handlers would write to its descriptors
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool answer(int fd, const std::function<Result<std::string>()> &work) {
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
    // In one piece, where it fits: the reader then wakes once.
    std::string bytes(reinterpret_cast<const char *>(&header), sizeof header);
    bytes += text;
    return write_all(fd, bytes.data(), bytes.size());
}

void end(bool good) {
    for (;;)
        ::syscall(SYS_exit_group, good ? 0 : 1);
}

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

bool read_all(int fd, void *data, std::size_t size) {
    return hear(fd, Deadline::never(), static_cast<char *>(data), size) == Heard::answer;
}

Heard listen(int fd, Deadline deadline, Result<std::string> &result) {
    Header header{};
    if (const Heard heard = hear(fd, deadline, reinterpret_cast<char *>(&header), sizeof header);
        heard != Heard::answer)
        return heard;
    if (header.code > static_cast<std::uint32_t>(Code::gone) || header.text_bytes > kMaxAnswer)
        return Heard::nothing;
    std::string text(header.text_bytes, '\0');
    if (const Heard heard = hear(fd, deadline, text.data(), text.size()); heard != Heard::answer)
        return heard;
    if (header.failed == 0) {
        result = std::move(text);
    } else {
        result = fail(Error{.code = static_cast<Code>(header.code),
                            .message = std::move(text),
                            .retryable = header.retryable != 0,
                            .state_unknown = header.state_unknown != 0});
    }
    return Heard::answer;
}

tl::unexpected<Error> no_answer(std::string_view what) {
    return fail(Error{.code = Code::internal,
                      .message = fmt::format("{}: its helper process ended without an answer", what),
                      .retryable = true,
                      .state_unknown = true});
}

tl::unexpected<Error> took_too_long(std::string_view what) {
    return fail(Error{.code = Code::deadline,
                      .message = fmt::format("{} took too long: its storage does not answer", what),
                      .retryable = true,
                      .state_unknown = true});
}

} // namespace drover::child
