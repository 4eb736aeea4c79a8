// The small key-value interface behind the journal and the records: SQLite for one node, later etcd for many.
// It knows nothing of what is kept in it. Both implementations pass one suite (store_suite.hpp), so its
// promises are those that both can hold.
//
// Threads: every method from any thread. All may block on the disk or the network; call them from workers.
#pragma once

#include "loader/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace drover::store {

struct Entry {
    std::string key;
    std::string value;
    std::int64_t revision = 0; // of the last write of this key
    bool operator==(const Entry &) const = default;
};

struct Write {
    std::string key;
    std::optional<std::string> value; // nothing: delete; deleting what is not there is no error
    std::optional<std::int64_t>
        expected; // the key's revision now; 0: it must not exist; nothing: whatever is there
};

// What one commit may carry. etcd's defaults set the limits; both implementations refuse more with
// Code::invalid.
inline constexpr std::size_t kMaxKeyBytes = 1024;
inline constexpr std::size_t kMaxWrites = 128;
inline constexpr std::size_t kMaxCommitBytes = 1024UL * 1024; // keys and values together

// What a commit outlives once it has returned. `process`: the kernel has it, so a crash of the program cannot
// take it, but a power loss may, until a later commit with `power_loss` has returned. Never out of order.
enum class Outlives { process, power_loss };

class Store {
public:
    virtual ~Store() = default;

    virtual Result<std::optional<Entry>> get(std::string_view key) = 0;
    // Every entry whose key starts with `prefix` (empty: all), sorted by key as bytes, of one moment.
    virtual Result<std::vector<Entry>> list(std::string_view prefix) = 0;
    // All writes or none, and durable (as far as `outlives` says) when it returns: write the intent, then
    // act. An implementation may give more than it was asked for. A key that is not at its expected revision:
    // Code::conflict naming the key, nothing written. Each key at most once (else Code::invalid). Returns the
    // revision that all of them now have; nothing to write returns the current one.
    virtual Result<std::int64_t> commit(std::span<const Write> writes, Outlives outlives) = 0;
    Result<std::int64_t> commit(std::span<const Write> writes) {
        return commit(writes, Outlives::power_loss);
    }
    // Everything committed before this call outlives a power loss when it returns. Beside other commits.
    virtual Result<void> settle() = 0;
    // Of the last commit, 0 before the first. Only grows, also over restarts and deletes.
    virtual Result<std::int64_t> revision() = 0;
};

// The limits above, said in one sentence naming the key; for implementations.
Result<void> check_writes(std::span<const Write> writes);

} // namespace drover::store
