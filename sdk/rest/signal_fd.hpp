// Waking threads that wait in poll: what a condition variable cannot do, because they also wait for the
// cancellation of their call.
#pragma once

#include "sdk/rest/unique_fd.hpp"

#include <atomic>
#include <cstdint>

namespace drv::rest {

// Readable once it is set, for any number of threads, for ever. Who sees is_set() sees what the setter wrote
// before; that poll says so orders no memory.
class Event {
public:
    Event();
    void set() noexcept;
    [[nodiscard]] bool is_set() const noexcept { return is_set_.load(std::memory_order_acquire); }
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

private:
    UniqueFd fd_;
    std::atomic<bool> is_set_{false};
};

// A count that poll can wait for.
class Semaphore {
public:
    explicit Semaphore(std::uint64_t count);
    [[nodiscard]] bool try_take() const noexcept;
    void give() const noexcept;
    // Readable while the count is not 0.
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

private:
    UniqueFd fd_;
};

} // namespace drv::rest
