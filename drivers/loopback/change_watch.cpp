#include "change_watch.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <sys/inotify.h>
#include <unistd.h>

namespace loopback {
namespace {

// Not IN_MODIFY: every write to an attached volume would be an event.
constexpr std::uint32_t kChanges =
    IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR;
constexpr std::uint32_t kLost = IN_Q_OVERFLOW | IN_IGNORED | IN_UNMOUNT;
constexpr std::size_t kBuffer = 64U << 10U;

} // namespace

ChangeWatch::ChangeWatch(int folder) : queue_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    // By descriptor: the path may lead elsewhere by now.
    const std::string path = "/proc/self/fd/" + std::to_string(folder);
    if (queue_ && ::inotify_add_watch(queue_.get(), path.c_str(), kChanges) < 0)
        queue_.reset();
}

bool ChangeWatch::drain(const std::function<void(std::string_view)> &changed) {
    if (!queue_)
        return false;
    bool is_complete = true;
    alignas(inotify_event) std::array<char, kBuffer> buffer{};
    for (;;) {
        const ssize_t got = ::read(queue_.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            if (got == 0 || errno != EAGAIN)
                queue_.reset();
            return is_complete && static_cast<bool>(queue_);
        }
        for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(got);) {
            inotify_event event{};
            std::memcpy(&event, buffer.data() + at, sizeof event);
            if ((event.mask & kLost) != 0)
                is_complete = false;
            if ((event.mask & (IN_IGNORED | IN_UNMOUNT)) != 0) {
                queue_.reset();
                return false;
            }
            if (event.len > 0) {
                const char *name = buffer.data() + at + sizeof event;
                changed(std::string_view(name, ::strnlen(name, event.len)));
            }
            at += sizeof event + event.len;
        }
    }
}

} // namespace loopback
