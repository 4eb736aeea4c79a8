#include "loader/base/child_call.hpp"

#include "loader/base/child_answer.hpp"
#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>

namespace drover {

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
    const UniqueFd read_end(ends[0]);
    UniqueFd write_end(ends[1]);
    const pid_t process = ::fork();
    if (process < 0)
        return fail_errno(errno, fmt::format("{}: starting a helper process", what));
    if (process == 0) {
        child::leave_parent_behind(write_end.get());
        child::end(child::answer(child::kFd, work));
    }
    write_end.reset();

    Result<std::string> result;
    const child::Heard heard = child::listen(read_end.get(), deadline, result);
    if (heard == child::Heard::too_late)
        ::kill(process, SIGKILL);
    reap(process);
    if (heard == child::Heard::too_late)
        return child::took_too_long(what);
    if (heard == child::Heard::nothing)
        return child::no_answer(what);
    return result;
}

} // namespace drover
