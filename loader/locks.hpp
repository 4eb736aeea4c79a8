// Locks by name that are waited for until a deadline: one mutating call per volume, or one call at a time. A
// waiter that gives up learns which op it waited for. First come, first served.
#pragma once

#include "loader/base/error.hpp"
#include "loader/call_context.hpp"

#include <array>
#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drover {

class NamedLocks {
public:
    // `noun` says in errors what the keys are: "volume". With an empty key it stands alone.
    explicit NamedLocks(std::string noun) : noun_(std::move(noun)) {}
    NamedLocks(const NamedLocks &) = delete;
    NamedLocks &operator=(const NamedLocks &) = delete;

    class Guard {
    public:
        Guard() noexcept = default;
        Guard(Guard &&other) noexcept : locks_(std::exchange(other.locks_, nullptr)), key_(other.key_) {}
        Guard &operator=(Guard &&) = delete;
        void swap(Guard &other) noexcept {
            std::swap(locks_, other.locks_);
            std::swap(key_, other.key_);
        }
        ~Guard() {
            if (locks_ != nullptr)
                locks_->unlock(key_);
        }

    private:
        friend NamedLocks;
        Guard(NamedLocks &locks, std::string_view key) noexcept : locks_(&locks), key_(key) {}
        NamedLocks *locks_ = nullptr;
        std::string_view key_;
    };

    // Waits until the key is free, the call's deadline passed (Code::deadline) or it was cancelled. `key`
    // must outlive the guard, `op` must be a literal.
    Result<Guard> lock(std::string_view key, std::string_view op, const CallContext &call);

private:
    struct Waiter;
    struct Held {
        std::string key;
        std::string_view op;
        std::chrono::steady_clock::time_point since;
        std::vector<Waiter *> waiting;
    };
    struct alignas(64) Shard {
        std::mutex mutex;
        std::vector<Held> held;
    };

    Shard &shard_of(std::string_view key) noexcept;
    void unlock(std::string_view key) noexcept;
    [[nodiscard]] Error gave_up(Code code, const Held &held, std::string_view op) const;

    std::string noun_;
    std::array<Shard, 16> shards_;
};

} // namespace drover
