#include "loader/locks.hpp"

#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <poll.h>
#include <sys/eventfd.h>

namespace drover {

// Lives on the waiting thread's stack. Whoever unlocks hands the lock over and raises `ready`, under the
// shard's mutex: the waiter cannot be gone, because it leaves the queue under the same mutex. A descriptor
// instead of a condition variable, because the wait must also end when the call's CancelSource fires.
struct NamedLocks::Waiter {
    std::string_view op;
    UniqueFd ready;
    bool granted = false;
};

namespace {

template <typename Rows>
auto find_key(Rows &rows, std::string_view key) {
    return std::find_if(rows.begin(), rows.end(), [&](const auto &row) { return row.key == key; });
}

} // namespace

NamedLocks::Shard &NamedLocks::shard_of(std::string_view key) noexcept {
    return shards_[std::hash<std::string_view>{}(key) % shards_.size()];
}

Result<NamedLocks::Guard> NamedLocks::lock(std::string_view key, std::string_view op,
                                           const CallContext &call) {
    Shard &shard = shard_of(key);
    Waiter self{.op = op, .ready = {}};
    {
        const std::lock_guard lock(shard.mutex);
        const auto held = find_key(shard.held, key);
        if (held == shard.held.end()) {
            shard.held.push_back(Held{
                .key = std::string(key), .op = op, .since = std::chrono::steady_clock::now(), .waiting = {}});
            return Guard(*this, key);
        }
        self.ready = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        if (!self.ready)
            return fail_errno(errno, fmt::format("{} cannot wait for its turn", op));
        held->waiting.push_back(&self);
    }
    while (true) {
        std::array<pollfd, 2> fds = {
            {{self.ready.get(), POLLIN, 0}, {call.cancel != nullptr ? call.cancel->fd() : -1, POLLIN, 0}}};
        ::poll(fds.data(), fds.size(), call.deadline.poll_timeout_ms());

        const std::lock_guard lock(shard.mutex);
        if (self.granted)
            return Guard(*this, key);
        const bool cancelled = call.cancel != nullptr && call.cancel->is_cancelled();
        if (!cancelled && !call.deadline.has_passed())
            continue;
        const auto held = find_key(shard.held, key);
        std::erase(held->waiting, &self);
        return fail(gave_up(cancelled ? Code::cancelled : Code::deadline, *held, op));
    }
}

void NamedLocks::unlock(std::string_view key) noexcept {
    Shard &shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    const auto held = find_key(shard.held, key);
    if (held->waiting.empty()) {
        if (held != shard.held.end() - 1)
            *held = std::move(shard.held.back());
        shard.held.pop_back();
        return;
    }
    Waiter *next = held->waiting.front();
    held->waiting.erase(held->waiting.begin());
    held->op = next->op;
    held->since = std::chrono::steady_clock::now();
    next->granted = true;
    const std::uint64_t one = 1;
    while (::write(next->ready.get(), &one, sizeof one) < 0 && errno == EINTR) {
    }
}

Error NamedLocks::gave_up(Code code, const Held &held, std::string_view op) const {
    const std::chrono::duration<double> running = std::chrono::steady_clock::now() - held.since;
    const std::string where = held.key.empty() ? noun_ : fmt::format("{} {}", noun_, held.key);
    return Error{.code = code,
                 .message =
                     fmt::format("{} on {} did not begin: {} on the same {} has been running for {:.1f} s, "
                                 "and {}; nothing was changed, try again when that has ended",
                                 op, where, held.op, held.key.empty() ? "backend" : noun_, running.count(),
                                 code == Code::cancelled ? "the call was cancelled" : "the deadline passed"),
                 .retryable = true};
}

} // namespace drover
