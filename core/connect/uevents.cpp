#include "core/connect/uevents.hpp"

#include <chrono>
#include <libudev.h>
#include <poll.h>

namespace drover::connect {
namespace {
constexpr std::chrono::milliseconds kLookAnyway{300};
}

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
    const Deadline until = deadline.earlier(Deadline::after(kLookAnyway));
    pollfd event{.fd = monitor_ ? udev_monitor_get_fd(monitor_.get()) : -1, .events = POLLIN, .revents = 0};
    if (::poll(&event, 1, until.poll_timeout_ms()) <= 0)
        return;
    while (udev_device *device = udev_monitor_receive_device(monitor_.get()))
        udev_device_unref(device);
}

} // namespace drover::connect
