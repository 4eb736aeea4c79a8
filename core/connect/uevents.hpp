// Waiting for the kernel to say that a device came, went or changed. An event only means: look again now.
#pragma once

#include "loader/base/deadline.hpp"

#include <memory>

struct udev;
struct udev_monitor;

namespace drover::connect {

// Listens from its construction on, so what happens between a look and the wait is not missed. One thread at
// a time.
class Uevents {
public:
    Uevents();

    // Returns at the next event about a block device, at the deadline, or after a third of a second: not
    // everything that is waited for has an event (a size, the state of a session). But where the look since
    // the last wait took long, not before twice that time (a second at most): each of fifty volumes
    // that come at once hears the events of all, and their looking must not keep the machine from making
    // them.
    void wait(Deadline deadline);

private:
    struct Close {
        void operator()(udev *library) const noexcept;
        void operator()(udev_monitor *monitor) const noexcept;
    };
    std::unique_ptr<udev, Close> library_;
    std::unique_ptr<udev_monitor, Close> monitor_; // null: it cannot be listened to; only time passes
    Deadline::Clock::time_point looking_since_ = Deadline::Clock::now();
};

} // namespace drover::connect
