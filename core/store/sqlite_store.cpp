// Two tables: the entries, and one row with the revision. What makes it quick enough is group commit: the
// disk must be waited for once per transaction, so whoever comes while one is being written out queues up,
// and the next leader carries all of them in one transaction, each in a savepoint of its own so that a
// conflict costs only its owner.
#include "core/store/sqlite_store.hpp"

#include "core/store/sqlite_handles.hpp"
#include "core/store/sqlite_schema.hpp"
#include "core/store/state_lock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace drover::store {
namespace {

// The first key after all keys with this prefix; empty: there is none.
std::string after_prefix(std::string_view prefix) {
    std::string end(prefix);
    while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff)
        end.pop_back();
    if (!end.empty())
        end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
    return end;
}

class SqliteStore final : public Store {
public:
    SqliteStore(StateLock lock, Database database) : lock_(std::move(lock)), database_(std::move(database)) {}

    Result<void> prepare();
    Result<std::optional<Entry>> get(std::string_view key) override;
    Result<std::vector<Entry>> list(std::string_view prefix) override;
    using Store::commit;
    Result<std::int64_t> commit(std::span<const Write> writes, Outlives outlives) override;
    Result<void> settle() override;
    Result<std::int64_t> revision() override;

private:
    // One caller of commit, on its stack.
    struct Request {
        std::span<const Write> writes;
        Outlives outlives = Outlives::power_loss;
        Result<std::int64_t> result = 0;
        bool done = false;
    };

    Result<std::int64_t> queue_up(Request request);
    void write_out(const std::vector<Request *> &batch);
    Result<void> promise(const std::vector<Request *> &batch);
    Result<void> write_batch(const std::vector<Request *> &batch, std::int64_t &revision);
    Result<void> apply(std::span<const Write> writes, std::int64_t revision);
    Result<std::int64_t> revision_of(std::string_view key);
    Result<void> execute(Statement &statement, std::string_view doing);

    StateLock lock_; // declared first: released after the file was closed
    std::mutex database_mutex_;
    Database database_;
    Statement get_;
    Statement list_;
    Statement list_to_;
    Statement revision_of_;
    Statement put_;
    Statement remove_;
    Statement set_revision_;
    std::int64_t revision_ = 0;
    bool owes_disk_ = false;     // the last commit did not wait
    bool waits_for_disk_ = true; // as prepare_schema leaves it

    std::mutex queue_mutex_; // never held while the database is used
    std::condition_variable queue_changed_;
    std::vector<Request *> queue_;
    bool has_leader_ = false;
};

Result<void> SqliteStore::prepare() {
    const std::pair<Statement *, const char *> statements[] = {
        {&get_, "SELECT value, revision FROM entry WHERE key = ?1"},
        {&list_, "SELECT key, value, revision FROM entry WHERE key >= ?1 ORDER BY key"},
        {&list_to_, "SELECT key, value, revision FROM entry WHERE key >= ?1 AND key < ?2 ORDER BY key"},
        {&revision_of_, "SELECT revision FROM entry WHERE key = ?1"},
        {&put_, "INSERT INTO entry (key, value, revision) VALUES (?1, ?2, ?3) "
                "ON CONFLICT (key) DO UPDATE SET value = excluded.value, revision = excluded.revision"},
        {&remove_, "DELETE FROM entry WHERE key = ?1"},
        {&set_revision_, "UPDATE counter SET revision = ?1"},
    };
    for (const auto &[statement, sql] : statements) {
        auto prepared = Statement::prepare(database_, sql);
        if (!prepared)
            return fail(std::move(prepared).error());
        *statement = std::move(*prepared);
    }
    auto revision = database_.number("SELECT revision FROM counter");
    if (!revision)
        return fail(std::move(revision).error());
    revision_ = *revision;
    return {};
}

Result<std::optional<Entry>> SqliteStore::get(std::string_view key) {
    const std::lock_guard lock(database_mutex_);
    const ScopedReset reset(get_);
    get_.bind_bytes(1, key);
    const int code = get_.step();
    if (code == SQLITE_DONE)
        return std::nullopt;
    if (code != SQLITE_ROW)
        return database_.failure(code, "reading");
    return Entry{.key = std::string(key), .value = get_.bytes(0), .revision = get_.number(1)};
}

Result<std::vector<Entry>> SqliteStore::list(std::string_view prefix) {
    const std::string end = after_prefix(prefix);
    const std::lock_guard lock(database_mutex_);
    Statement &statement = end.empty() ? list_ : list_to_;
    const ScopedReset reset(statement);
    statement.bind_bytes(1, prefix);
    if (!end.empty())
        statement.bind_bytes(2, end);
    std::vector<Entry> entries;
    int code = SQLITE_ROW;
    while ((code = statement.step()) == SQLITE_ROW) {
        entries.push_back(
            Entry{.key = statement.bytes(0), .value = statement.bytes(1), .revision = statement.number(2)});
    }
    if (code != SQLITE_DONE)
        return database_.failure(code, "listing");
    return entries;
}

Result<std::int64_t> SqliteStore::revision() {
    const std::lock_guard lock(database_mutex_);
    return revision_;
}

Result<std::int64_t> SqliteStore::commit(std::span<const Write> writes, Outlives outlives) {
    if (auto good = check_writes(writes); !good)
        return fail(std::move(good).error());
    if (writes.empty())
        return revision();
    return queue_up({.writes = writes, .outlives = outlives});
}

Result<void> SqliteStore::settle() {
    {
        const std::lock_guard lock(database_mutex_);
        if (!owes_disk_)
            return {};
    }
    // A transaction that changes nothing, and waits.
    auto settled = queue_up({.writes = {}, .outlives = Outlives::power_loss});
    if (!settled)
        return fail(std::move(settled).error());
    return {};
}

Result<std::int64_t> SqliteStore::queue_up(Request request) {
    std::unique_lock lock(queue_mutex_);
    queue_.push_back(&request);
    queue_changed_.wait(lock, [&] { return request.done || !has_leader_; });
    if (request.done)
        return std::move(request.result);

    has_leader_ = true;
    const std::vector<Request *> batch = std::exchange(queue_, {});
    lock.unlock();
    write_out(batch);
    lock.lock();
    for (Request *other : batch)
        other->done = true;
    has_leader_ = false;
    lock.unlock();
    queue_changed_.notify_all();
    return std::move(request.result);
}

void SqliteStore::write_out(const std::vector<Request *> &batch) {
    const std::lock_guard lock(database_mutex_);
    std::int64_t revision = revision_;
    if (auto written = write_batch(batch, revision); !written) {
        // Verdicts of this batch, conflicts too, may rest on writes that are gone now.
        for (Request *request : batch)
            request->result = fail(written.error());
        if (database_.in_transaction())
            (void)database_.run("ROLLBACK");
        return;
    }
    revision_ = revision;
    owes_disk_ = !waits_for_disk_;
}

Result<void> SqliteStore::write_batch(const std::vector<Request *> &batch, std::int64_t &revision) {
    if (auto promised = promise(batch); !promised)
        return promised;
    if (auto begun = database_.run("BEGIN IMMEDIATE"); !begun)
        return begun;
    for (Request *request : batch) {
        if (auto point = database_.run("SAVEPOINT request"); !point)
            return point;
        auto applied = apply(request->writes, revision + 1);
        if (applied) {
            request->result = request->writes.empty() ? revision : ++revision;
        } else if (applied.error().code == Code::conflict && database_.in_transaction()) {
            request->result = fail(std::move(applied).error());
            if (auto undone = database_.run("ROLLBACK TO request"); !undone)
                return undone;
        } else {
            return applied;
        }
        if (auto released = database_.run("RELEASE request"); !released)
            return released;
    }
    set_revision_.bind(1, revision);
    if (auto counted = execute(set_revision_, "writing the revision"); !counted)
        return counted;
    return database_.run("COMMIT");
}

// A batch lasts as long as the most careful of its requests wants. SQLite waits for the disk in every commit
// or in none; one that waits waits for all that were written before it (WAL mode,
// https://sqlite.org/pragma.html under "synchronous").
Result<void> SqliteStore::promise(const std::vector<Request *> &batch) {
    const bool waits = std::any_of(batch.begin(), batch.end(), [](const Request *request) {
        return request->outlives == Outlives::power_loss;
    });
    if (waits == waits_for_disk_)
        return {};
    auto changed = database_.run(waits ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    if (changed)
        waits_for_disk_ = waits;
    return changed;
}

Result<void> SqliteStore::apply(std::span<const Write> writes, std::int64_t revision) {
    for (const Write &write : writes) {
        if (write.expected) {
            auto present = revision_of(write.key);
            if (!present)
                return fail(std::move(present).error());
            if (*present != *write.expected) {
                return fail_retryable(
                    Code::conflict,
                    fmt::format("store key \"{}\" is at revision {}, not {}: somebody else changed it",
                                write.key, *present, *write.expected));
            }
        }
        Statement &statement = write.value ? put_ : remove_;
        statement.bind_bytes(1, write.key);
        if (write.value) {
            statement.bind_bytes(2, *write.value);
            statement.bind(3, revision);
        }
        if (auto done = execute(statement, "writing"); !done)
            return done;
    }
    return {};
}

Result<std::int64_t> SqliteStore::revision_of(std::string_view key) {
    const ScopedReset reset(revision_of_);
    revision_of_.bind_bytes(1, key);
    const int code = revision_of_.step();
    if (code == SQLITE_DONE)
        return 0;
    if (code != SQLITE_ROW)
        return database_.failure(code, "reading");
    return revision_of_.number(0);
}

Result<void> SqliteStore::execute(Statement &statement, std::string_view doing) {
    const ScopedReset reset(statement);
    if (const int code = statement.step(); code != SQLITE_DONE)
        return database_.failure(code, doing);
    return {};
}

} // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(const std::filesystem::path &file) {
    auto lock = StateLock::take(file);
    if (!lock)
        return fail(std::move(lock).error());
    if (auto made = make_state_file(file); !made)
        return fail(std::move(made).error());
    auto database = Database::open(file);
    if (!database)
        return fail(std::move(database).error());
    if (auto ready = prepare_schema(*database, file); !ready)
        return fail(std::move(ready).error());
    auto store = std::make_unique<SqliteStore>(std::move(*lock), std::move(*database));
    if (auto ready = store->prepare(); !ready)
        return fail(std::move(ready).error());
    return store;
}

} // namespace drover::store
