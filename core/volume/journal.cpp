#include "core/volume/journal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <mutex>

namespace drover {

namespace {
constexpr std::string_view kVolumes = "volumes/";
constexpr std::string_view kSnapshots = "snapshots/";
constexpr std::string_view kGroups = "groups/";
constexpr std::string_view kGroupSnapshots = "group-snapshots/";
constexpr std::string_view kNotes = "node/";

std::string key_of(std::string_view prefix, std::string_view id) {
    return fmt::format("{}{}", prefix, id);
}
} // namespace

template <typename Record>
Result<void> Journal::load_table(store::Store &store, std::string_view prefix,
                                 Result<Record> (*decode)(std::string_view), Table<Record> &table) {
    auto entries = store.list(prefix);
    if (!entries)
        return fail(std::move(entries).error());
    for (const auto &entry : *entries) {
        auto record = decode(entry.value);
        if (!record)
            return fail(std::move(record).error().with_context(entry.key));
        const std::string id = record->id;
        table[id] = {std::make_shared<const Record>(std::move(*record)), entry.revision};
    }
    return {};
}

Result<std::unique_ptr<Journal>> Journal::load(store::Store &store) {
    std::unique_ptr<Journal> journal(new Journal(store));
    auto volumes = store.list(kVolumes);
    if (!volumes)
        return fail(std::move(volumes).error());
    for (const auto &entry : *volumes) {
        auto record = decode_volume(entry.value);
        if (!record)
            return fail(std::move(record).error().with_context(entry.key));
        journal->ids_by_name_[record->name] = record->id;
        const std::string id = record->id;
        journal->volumes_[id] = {std::make_shared<const VolumeRecord>(std::move(*record)), entry.revision};
    }
    if (auto loaded = load_table(store, kSnapshots, decode_snapshot, journal->snapshots_); !loaded)
        return fail(std::move(loaded).error());
    if (auto loaded = load_table(store, kGroups, decode_group, journal->groups_); !loaded)
        return fail(std::move(loaded).error());
    if (auto loaded = load_table(store, kGroupSnapshots, decode_group_snapshot, journal->group_snapshots_);
        !loaded)
        return fail(std::move(loaded).error());
    return journal;
}

Journal::VolumePtr Journal::volume(const std::string &id) const {
    const std::shared_lock lock(mutex_);
    const auto found = volumes_.find(id);
    return found == volumes_.end() ? nullptr : found->second.record;
}

Journal::VolumePtr Journal::volume_named(const std::string &name) const {
    const std::shared_lock lock(mutex_);
    const auto id = ids_by_name_.find(name);
    if (id == ids_by_name_.end())
        return nullptr;
    const auto found = volumes_.find(id->second);
    return found == volumes_.end() ? nullptr : found->second.record;
}

std::vector<Journal::VolumePtr> Journal::volumes() const {
    std::vector<VolumePtr> rows;
    {
        const std::shared_lock lock(mutex_);
        rows.reserve(volumes_.size());
        for (const auto &[id, row] : volumes_)
            rows.push_back(row.record);
    }
    std::sort(rows.begin(), rows.end(), [](const auto &a, const auto &b) { return a->name < b->name; });
    return rows;
}

Journal::SnapshotPtr Journal::snapshot(const std::string &id) const {
    const std::shared_lock lock(mutex_);
    const auto found = snapshots_.find(id);
    return found == snapshots_.end() ? nullptr : found->second.record;
}

std::vector<Journal::SnapshotPtr> Journal::snapshots() const {
    std::vector<SnapshotPtr> rows;
    {
        const std::shared_lock lock(mutex_);
        rows.reserve(snapshots_.size());
        for (const auto &[id, row] : snapshots_)
            rows.push_back(row.record);
    }
    std::sort(rows.begin(), rows.end(), [](const auto &a, const auto &b) {
        return std::tie(a->created_unix_ns, a->id) < std::tie(b->created_unix_ns, b->id);
    });
    return rows;
}

std::vector<Journal::SnapshotPtr> Journal::snapshots_of(const std::string &volume_id) const {
    auto rows = snapshots();
    std::erase_if(rows, [&](const auto &row) { return row->volume_id != volume_id; });
    return rows;
}

Journal::GroupPtr Journal::group(const std::string &id) const {
    const std::shared_lock lock(mutex_);
    const auto found = groups_.find(id);
    return found == groups_.end() ? nullptr : found->second.record;
}

std::vector<Journal::GroupPtr> Journal::groups() const {
    std::vector<GroupPtr> rows;
    {
        const std::shared_lock lock(mutex_);
        rows.reserve(groups_.size());
        for (const auto &[id, row] : groups_)
            rows.push_back(row.record);
    }
    std::sort(rows.begin(), rows.end(), [](const auto &a, const auto &b) { return a->name < b->name; });
    return rows;
}

Journal::GroupPtr Journal::group_of(const std::string &volume_id) const {
    const std::shared_lock lock(mutex_);
    for (const auto &[id, row] : groups_) {
        const auto has = [&](const std::vector<std::string> &ids) {
            return std::find(ids.begin(), ids.end(), volume_id) != ids.end();
        };
        if (has(row.record->members) || has(row.record->add))
            return row.record;
    }
    return nullptr;
}

Journal::GroupSnapshotPtr Journal::group_snapshot(const std::string &id) const {
    const std::shared_lock lock(mutex_);
    const auto found = group_snapshots_.find(id);
    return found == group_snapshots_.end() ? nullptr : found->second.record;
}

std::vector<Journal::GroupSnapshotPtr> Journal::group_snapshots(const std::string &group_id) const {
    std::vector<GroupSnapshotPtr> rows;
    {
        const std::shared_lock lock(mutex_);
        for (const auto &[id, row] : group_snapshots_) {
            if (group_id.empty() || row.record->group_id == group_id)
                rows.push_back(row.record);
        }
    }
    std::sort(rows.begin(), rows.end(), [](const auto &a, const auto &b) {
        return std::tie(a->created_unix_ns, a->id) < std::tie(b->created_unix_ns, b->id);
    });
    return rows;
}

// The one place that writes.
Result<std::int64_t> Journal::commit(const store::Write &write, Step step, Outlives outlives) {
    return perform(step, [&] { return store_.commit({&write, 1}, outlives); });
}

template <typename Record>
Result<void> Journal::save_row(Table<Record> &table, const std::string &key, const Record &record, Step step,
                               Outlives outlives) {
    std::int64_t expected = 0;
    {
        const std::shared_lock lock(mutex_);
        if (const auto found = table.find(record.id); found != table.end()) {
            const bool is_kept =
                outlives == Outlives::process || found->second.outlives == Outlives::power_loss;
            if (*found->second.record == record && is_kept)
                return {}; // nothing to write
            expected = found->second.revision;
        }
    }
    auto revision = commit({.key = key, .value = encode(record), .expected = expected}, step, outlives);
    if (!revision)
        return fail(std::move(revision).error());
    const std::unique_lock lock(mutex_);
    table[record.id] = {std::make_shared<const Record>(record), *revision, outlives};
    return {};
}

template <typename Record>
Result<void> Journal::erase_row(Table<Record> &table, const std::string &key, const std::string &id,
                                Step step) {
    std::int64_t expected = 0;
    {
        const std::shared_lock lock(mutex_);
        const auto found = table.find(id);
        if (found == table.end())
            return {};
        expected = found->second.revision;
    }
    auto revision = commit({.key = key, .value = std::nullopt, .expected = expected}, step);
    if (!revision)
        return fail(std::move(revision).error());
    const std::unique_lock lock(mutex_);
    table.erase(id);
    return {};
}

Result<void> Journal::save(const VolumeRecord &record, Step step, Outlives outlives) {
    auto saved = save_row(volumes_, key_of(kVolumes, record.id), record, step, outlives);
    if (saved) {
        const std::unique_lock lock(mutex_);
        ids_by_name_[record.name] = record.id;
    }
    return saved;
}

Result<void> Journal::settle(Step step) {
    return perform(step, [&] { return store_.settle(); });
}

Result<void> Journal::save(const SnapshotRecord &record, Step step) {
    return save_row(snapshots_, key_of(kSnapshots, record.id), record, step, Outlives::power_loss);
}

Result<void> Journal::save(const GroupRecord &record, Step step) {
    return save_row(groups_, key_of(kGroups, record.id), record, step, Outlives::power_loss);
}

Result<void> Journal::save(const GroupSnapshotRecord &record, Step step) {
    return save_row(group_snapshots_, key_of(kGroupSnapshots, record.id), record, step, Outlives::power_loss);
}

Result<void> Journal::erase_group(const std::string &id, Step step) {
    return erase_row(groups_, key_of(kGroups, id), id, step);
}

Result<void> Journal::erase_group_snapshot(const std::string &id, Step step) {
    return erase_row(group_snapshots_, key_of(kGroupSnapshots, id), id, step);
}

Result<void> Journal::erase_volume(const std::string &id, Step step) {
    const auto record = volume(id);
    if (!record)
        return {};
    auto erased = erase_row(volumes_, key_of(kVolumes, id), id, step);
    if (erased) {
        const std::unique_lock lock(mutex_);
        if (const auto named = ids_by_name_.find(record->name);
            named != ids_by_name_.end() && named->second == id) {
            ids_by_name_.erase(named);
        }
    }
    return erased;
}

Result<void> Journal::erase_snapshot(const std::string &id, Step step) {
    return erase_row(snapshots_, key_of(kSnapshots, id), id, step);
}

Result<std::optional<std::string>> Journal::note(std::string_view key) const {
    auto entry = store_.get(key_of(kNotes, key));
    if (!entry)
        return fail(std::move(entry).error());
    if (!*entry)
        return std::optional<std::string>();
    return std::optional<std::string>((*entry)->value);
}

Result<void> Journal::set_note(std::string_view key, std::string value, Step step) {
    auto revision =
        commit({.key = key_of(kNotes, key), .value = std::move(value), .expected = std::nullopt}, step);
    if (!revision)
        return fail(std::move(revision).error());
    return {};
}

Result<std::string> Journal::keep_note(std::string_view key, const std::string &value, Step step) {
    auto stored = note(key);
    if (!stored)
        return fail(std::move(stored).error());
    if (*stored)
        return std::move(**stored);
    if (auto written = set_note(key, value, step); !written)
        return fail(std::move(written).error());
    return value;
}

} // namespace drover
