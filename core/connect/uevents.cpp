#include "core/connect/uevents.hpp"

#include <algorithm>
#include <chrono>
#include <libudev.h>
#include <poll.h>

namespace drover::connect {
namespace {
constexpr std::chrono::milliseconds kLookAnyway{300};
constexpr Deadline::Clock::duration kLongestPause = std::chrono::seconds(1);
} // namespace

void Uevents::Close::operator()(udev *library) const noexcept {
    udev_unref(library);
}
void Uevents::Close::operator()(udev_monitor *monitor) const noexcept {
    udev_monitor_unref(monitor);
}

// The kernel's own events rather than udev's: they come also where udevd is slow or absent.
Uevents::Uevents() : library_(udev_new()) {
    if (!library_)
        return;
    monitor_.reset(udev_monitor_new_from_netlink(library_.get(), "kernel"));
    if (monitor_ && (udev_monitor_filter_add_match_subsystem_devtype(monitor_.get(), "block", nullptr) < 0 ||
                     udev_monitor_enable_receiving(monitor_.get()) < 0)) {
        monitor_.reset();
    }
}

void Uevents::wait(Deadline deadline) {
    const auto look = Deadline::Clock::now() - looking_since_;
    const Deadline pause = deadline.earlier(Deadline::after(std::min(2 * look, kLongestPause)));
    const Deadline until = deadline.earlier(Deadline::after(kLookAnyway));
    pollfd event{.fd = monitor_ ? udev_monitor_get_fd(monitor_.get()) : -1, .events = POLLIN, .revents = 0};
    (void)::poll(&event, 1, until.poll_timeout_ms());
    while (!pause.has_passed())
        (void)::poll(nullptr, 0, pause.poll_timeout_ms());
    if (monitor_) {
        while (udev_device *device = udev_monitor_receive_device(monitor_.get()))
            udev_device_unref(device);
    }
    looking_since_ = Deadline::Clock::now();
}

} // namespace drover::connect
