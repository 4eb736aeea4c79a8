#include "sdk/rest/pool.hpp"

#include <algorithm>
#include <iterator>
#include <poll.h>

namespace drv::rest {

Pool::Pool(std::size_t most, std::chrono::nanoseconds idle_limit)
    : idle_limit_(idle_limit), places_(std::max<std::size_t>(most, 1)) {}

Pool::Place::~Place() {
    if (pool_ != nullptr)
        pool_->places_.give();
}

Outcome<Pool::Place> Pool::take_place(const Limit &limit) {
    while (true) {
        if (const auto state = limit.state(); state != Limit::State::open)
            return failed(state);
        if (places_.try_take())
            return Place(*this);
        if (const auto state = limit.wait(places_.fd(), POLLIN); state != Limit::State::open)
            return failed(state);
    }
}

std::vector<Pool::Idle> Pool::take_old() {
    const auto now = Clock::now();
    const auto young =
        std::ranges::find_if(idle_, [&](const Idle &idle) { return now - idle.since < idle_limit_; });
    std::vector<Idle> old(std::make_move_iterator(idle_.begin()), std::make_move_iterator(young));
    idle_.erase(idle_.begin(), young);
    return old;
}

std::unique_ptr<Connection> Pool::take_idle() {
    while (true) {
        std::vector<Idle> old; // closed without the lock
        std::unique_ptr<Connection> connection;
        {
            const std::lock_guard lock(mutex_);
            old = take_old();
            if (idle_.empty())
                return nullptr;
            connection = std::move(idle_.back().connection);
            idle_.pop_back();
        }
        if (connection->is_usable())
            return connection;
    }
}

void Pool::put_back(std::unique_ptr<Connection> connection) {
    std::vector<Idle> old;
    const std::lock_guard lock(mutex_);
    old = take_old();
    idle_.push_back({std::move(connection), Clock::now()});
}

void Pool::drop_idle() {
    std::vector<Idle> all;
    const std::lock_guard lock(mutex_);
    all.swap(idle_);
}

} // namespace drv::rest
