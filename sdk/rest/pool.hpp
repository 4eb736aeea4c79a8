// The connections of a client: so many at once, and idle ones for the next request.
#pragma once

#include "sdk/rest/connection.hpp"
#include "sdk/rest/signal_fd.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace drv::rest {

class Pool {
public:
    // At least one connection at a time.
    Pool(std::size_t most, std::chrono::nanoseconds idle_limit);

    // The right to one connection, given back when it goes. The pool outlives it.
    class Place {
    public:
        explicit Place(Pool &pool) : pool_(&pool) {}
        ~Place();
        Place(Place &&other) noexcept : pool_(std::exchange(other.pool_, nullptr)) {}
        Place(const Place &) = delete;
        Place &operator=(const Place &) = delete;

    private:
        Pool *pool_;
    };
    // Waits while all are taken. [any thread]
    [[nodiscard]] Outcome<Place> take_place(const Limit &limit);

    // An idle connection that still works, the one used last; or NULL.
    [[nodiscard]] std::unique_ptr<Connection> take_idle();
    void put_back(std::unique_ptr<Connection> connection);
    // Closes all that are idle.
    void drop_idle();

private:
    using Clock = std::chrono::steady_clock;
    struct Idle {
        std::unique_ptr<Connection> connection;
        Clock::time_point since;
    };
    [[nodiscard]] std::vector<Idle> take_old(); // with the lock held

    const std::chrono::nanoseconds idle_limit_;
    const Semaphore places_;
    std::mutex mutex_;
    std::vector<Idle> idle_; // the oldest first
};

} // namespace drv::rest
