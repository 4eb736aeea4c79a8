// Tells which names of a folder changed since the last look, whoever changed them: the kernel puts an event
// into the queue before the call that changed something returns, so nothing that is over can be missed.
// Without inotify (no instances left, say) nothing is known, and the caller has to look at everything.
#pragma once

#include "files.hpp"

#include <functional>
#include <string_view>

namespace loopback {

class ChangeWatch {
public:
    // `folder` is a borrowed descriptor.
    explicit ChangeWatch(int folder);

    // False: from now on nothing is known.
    [[nodiscard]] bool is_watching() const noexcept { return static_cast<bool>(queue_); }
    // Calls `changed` for each name. False: events were lost, or the watch ended; then anything may have
    // changed.
    [[nodiscard]] bool drain(const std::function<void(std::string_view name)> &changed);

private:
    Fd queue_;
};

} // namespace loopback
