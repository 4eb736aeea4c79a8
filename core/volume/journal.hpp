// The records of this node, in memory for reading and in the store for keeping. A row is durable when save
// returns: that is what "intent before act" rests on. What need not survive a power loss says so. Only the
// job that runs on a volume changes its rows; reads come from any thread.
#pragma once

#include "core/store/store.hpp"
#include "core/volume/records.hpp"
#include "core/volume/steps.hpp"

#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace drover {

class Journal {
public:
    using Outlives = store::Outlives;
    using VolumePtr = std::shared_ptr<const VolumeRecord>;
    using SnapshotPtr = std::shared_ptr<const SnapshotRecord>;

    // Reads everything. A row that cannot be read is an error: nothing is skipped, since a skipped row is a
    // lost volume. `store` must outlive the journal.
    static Result<std::unique_ptr<Journal>> load(store::Store &store);

    [[nodiscard]] VolumePtr volume(const std::string &id) const; // null: none
    [[nodiscard]] VolumePtr volume_named(const std::string &name) const;
    [[nodiscard]] std::vector<VolumePtr> volumes() const;
    [[nodiscard]] SnapshotPtr snapshot(const std::string &id) const;
    [[nodiscard]] std::vector<SnapshotPtr> snapshots() const;
    [[nodiscard]] std::vector<SnapshotPtr> snapshots_of(const std::string &volume_id) const;

    using GroupPtr = std::shared_ptr<const GroupRecord>;
    using GroupSnapshotPtr = std::shared_ptr<const GroupSnapshotRecord>;
    [[nodiscard]] GroupPtr group(const std::string &id) const; // null: none
    [[nodiscard]] std::vector<GroupPtr> groups() const;        // by name
    [[nodiscard]] GroupPtr group_of(const std::string &volume_id) const;
    [[nodiscard]] GroupSnapshotPtr group_snapshot(const std::string &id) const;
    // Of one group, or of all when it is empty; the oldest first.
    [[nodiscard]] std::vector<GroupSnapshotPtr> group_snapshots(const std::string &group_id = {}) const;

    // Each write is a step with a name, at which a test can crash.
    // Durable on return, as far as `outlives` says. Code::conflict when another writer changed the row
    // (another agent on this state).
    Result<void> save(const VolumeRecord &record, Step step, Outlives outlives = Outlives::power_loss);
    Result<void> save(const SnapshotRecord &record, Step step);
    Result<void> save(const GroupRecord &record, Step step);
    Result<void> save(const GroupSnapshotRecord &record, Step step);
    Result<void> erase_group(const std::string &id, Step step);
    Result<void> erase_group_snapshot(const std::string &id, Step step);
    // Has everything saved so far survive a power loss too.
    Result<void> settle(Step step);
    Result<void> erase_volume(const std::string &id, Step step);
    Result<void> erase_snapshot(const std::string &id, Step step);

    // Single texts about this node ("boot-id").
    Result<std::optional<std::string>> note(std::string_view key) const;
    Result<void> set_note(std::string_view key, std::string value, Step step);
    // Writes it if there is none yet. What it is then: the first value stays for ever.
    Result<std::string> keep_note(std::string_view key, const std::string &value, Step step);

private:
    explicit Journal(store::Store &store) : store_(store) {}

    template <typename Record>
    struct Row {
        std::shared_ptr<const Record> record;
        std::int64_t revision = 0;
        Outlives outlives = Outlives::power_loss;
    };
    template <typename Record>
    using Table = std::unordered_map<std::string, Row<Record>>;

    template <typename Record>
    static Result<void> load_table(store::Store &store, std::string_view prefix,
                                   Result<Record> (*decode)(std::string_view), Table<Record> &table);
    template <typename Record>
    Result<void> save_row(Table<Record> &table, const std::string &key, const Record &record, Step step,
                          Outlives outlives);
    template <typename Record>
    Result<void> erase_row(Table<Record> &table, const std::string &key, const std::string &id, Step step);
    Result<std::int64_t> commit(const store::Write &write, Step step,
                                Outlives outlives = Outlives::power_loss);

    store::Store &store_;
    mutable std::shared_mutex mutex_;
    Table<VolumeRecord> volumes_;
    Table<SnapshotRecord> snapshots_;
    Table<GroupRecord> groups_;
    Table<GroupSnapshotRecord> group_snapshots_;
    std::unordered_map<std::string, std::string> ids_by_name_;
};

} // namespace drover
