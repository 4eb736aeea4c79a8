#include "core/agent/mount_watch.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>

namespace drover {

Result<std::unique_ptr<MountWatch>> MountWatch::start(std::function<void()> changed) {
    UniqueFd table(::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));
    if (!table)
        return fail_errno(errno, "cannot open /proc/self/mountinfo");
    UniqueFd stop(::eventfd(0, EFD_CLOEXEC));
    if (!stop)
        return fail_errno(errno, "eventfd");
    return std::unique_ptr<MountWatch>(new MountWatch(std::move(table), std::move(stop), std::move(changed)));
}

MountWatch::MountWatch(UniqueFd table, UniqueFd stop, std::function<void()> changed)
    : table_(std::move(table)), stop_(std::move(stop)), changed_(std::move(changed)),
      thread_([this] { run(); }) {}

MountWatch::~MountWatch() {
    const std::uint64_t one = 1;
    (void)!::write(stop_.get(), &one, sizeof one);
    thread_.join();
}

// proc(5): a change of the table makes the file exceptional (POLLPRI) once, until the next poll.
void MountWatch::run() const {
    for (;;) {
        std::array<pollfd, 2> waits{pollfd{.fd = table_.get(), .events = POLLPRI, .revents = 0},
                                    pollfd{.fd = stop_.get(), .events = POLLIN, .revents = 0}};
        if (::poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR)
            return;
        if (waits[1].revents != 0)
            return;
        if ((waits[0].revents & POLLPRI) != 0)
            changed_();
    }
}

} // namespace drover
