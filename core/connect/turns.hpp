// At most so many at a time; the others wait for their turn.
#pragma once

#include "loader/base/deadline.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>

namespace drover::connect {

// Any thread. It must outlive its turns.
class Turns {
public:
    explicit Turns(unsigned count) : free_(count) {}

    // Ends with the pointer. Null: none was free by the deadline.
    [[nodiscard]] std::shared_ptr<void> take(Deadline deadline) {
        std::unique_lock lock(mutex_);
        const auto is_free = [this] { return free_ > 0; };
        if (deadline.is_never()) {
            changed_.wait(lock, is_free);
        } else if (!changed_.wait_until(lock, deadline.when(), is_free)) {
            return nullptr;
        }
        --free_;
        return {this, [](Turns *turns) {
                    {
                        const std::lock_guard given_back(turns->mutex_);
                        ++turns->free_;
                    }
                    turns->changed_.notify_one();
                }};
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    unsigned free_;
};

} // namespace drover::connect
