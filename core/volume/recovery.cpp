// Going on: after a start, after a failure, after a backend came back. Whatever a record says was begun is
// finished by the same planner, with a growing pause between tries; what succeeded costs nothing any more.
#include "core/filesystem/freeze.hpp"
#include "core/filesystem/mount_table.hpp"
#include "core/volume/submit.hpp"
#include "core/volume/volumes.hpp"

#include <algorithm>
#include <unordered_set>

namespace drover {

namespace {

constexpr std::chrono::minutes kLongestRetry{10};

// Is there anything of it to finish or to verify? Idle volumes are not touched at a start.
bool is_unfinished(const VolumeRecord &record) noexcept {
    return record.intent || record.owner.empty() || record.desired != plan::Desired::release ||
           record.connection.has_value() || record.extend_to != 0 || !record.reverting.empty() ||
           record.retyping || record.releasing || record.frozen;
}

// 0.1 s, then four times as long each time: up to 10 s for what may pass by itself, up to 5 minutes for what
// will not.
std::chrono::nanoseconds back_off(unsigned attempts, bool transient) noexcept {
    const std::chrono::nanoseconds most =
        transient ? std::chrono::nanoseconds(std::chrono::seconds(10)) : std::chrono::minutes(5);
    std::chrono::nanoseconds delay = std::chrono::milliseconds(100);
    for (unsigned i = 0; i < attempts && delay < most; ++i)
        delay *= 4;
    return std::min(delay, most);
}

} // namespace

Result<void> Volumes::recover() {
    auto last_boot = journal_.note("boot-id");
    if (!last_boot)
        return fail(std::move(last_boot).error());
    const bool rebooted = *last_boot && **last_boot != parts_.node.boot_id;
    auto table = filesystem::mount_table();
    if (!table)
        return fail(std::move(table).error());
    for (const auto &found : journal_.volumes()) {
        if (!is_unfinished(*found) && found->uses.empty())
            continue;
        VolumeRecord record = *found;
        const auto target = parts_.node.mount_target(record.id);
        const auto mounted =
            std::find_if(table->begin(), table->end(), [&](const filesystem::MountEntry &entry) {
                return entry.target == target.native();
            });
        if (record.frozen) {
            // Whatever else is wrong, nobody may wait for ever on a filesystem that a crash left frozen.
            if (mounted == table->end()) {
                record.frozen = false;
            } else if (auto thawed = thaw_leftover(record); !thawed) {
                spdlog::error("volume {}: {}; trying again", record.name, thawed.error().message);
            }
        }
        if (rebooted) {
            record.uses.clear(); // their callers died with the machine
        } else if (std::any_of(record.uses.begin(), record.uses.end(),
                               [](const auto &use) { return !use.second.delivered; })) {
            // The caller never had our answer. If a container has the filesystem all the same, the kernel
            // knows.
            bool in_use = false;
            if (mounted != table->end()) {
                const auto users = filesystem::mount_namespaces_using(mounted->major, mounted->minor);
                in_use = !users || !users->empty(); // doubt counts as use
            }
            if (!in_use)
                std::erase_if(record.uses, [](const auto &use) { return !use.second.delivered; });
        }
        if (record.use_count() == 0 && record.desired == plan::Desired::mount)
            record.desired = plan::Desired::release;
        if (auto saved = journal_.save(record, Step::recover_record); !saved)
            return saved;
        converge_later(record, std::chrono::nanoseconds(0));
    }
    for (const auto &snapshot : journal_.snapshots()) {
        if (snapshot->state == SnapshotRecord::State::ready)
            continue;
        if (const auto record = journal_.volume(snapshot->volume_id))
            converge_later(*record, std::chrono::nanoseconds(0));
    }
    groups_begun({});
    return journal_.set_note("boot-id", parts_.node.boot_id, Step::boot_record);
}

void Volumes::backend_ready(const std::string &backend) {
    groups_begun(backend);
    for (const auto &record : journal_.volumes()) {
        if (record->backend != backend)
            continue;
        const bool waits = is_unfinished(*record) || live_.get(record->id).attempts > 0;
        if (waits)
            converge_later(*record, std::chrono::nanoseconds(0));
    }
}

void Volumes::mounts_changed() {
    const auto shown = live_.mounted();
    if (shown.empty())
        return;
    const auto table = filesystem::mount_table();
    if (!table)
        return; // nothing can be concluded
    std::unordered_set<std::string> targets;
    for (const auto &entry : *table)
        targets.insert(entry.target);
    for (const auto &id : shown) {
        const auto record = journal_.volume(id);
        if (!record || targets.contains(parts_.node.mount_target(id).native()))
            continue;
        // In the volume's own queue: our own unmount is not over yet when the table shows it.
        parts_.workers.post(record->backend, id, [this, id] {
            const auto lock = lock_of(id);
            const std::lock_guard guard(*lock);
            const auto now = journal_.volume(id);
            if (!now || !live_.get(id).mounted)
                return;
            const Task task{.call = {.deadline = Deadline::after(std::chrono::minutes(2)),
                                     .request_id = "mount table changed"},
                            .stage = [](std::string_view) {}};
            const auto sight = converger_.look(*now, task);
            if (sight && !live_.get(id).mounted && now->use_count() > 0) {
                spdlog::warn("volume {} ({}): unmounted behind Drover's back, with {} uses counted",
                             now->name, id, now->use_count());
            }
        });
    }
}

void Volumes::note_failure(const VolumeRecord &record, const Error &error,
                           std::optional<std::chrono::nanoseconds> retry_in) {
    live_.change(record.id, [&](Live &live) {
        const std::uint64_t now = unix_now_ns();
        const bool same = live.failure && live.failure->message == error.message;
        live.failure = VolumeFailure{.code = error.code,
                                     .message = error.message,
                                     .since_unix_ns = same ? live.failure->since_unix_ns : now,
                                     .next_retry_unix_ns = std::nullopt};
        if (retry_in)
            live.failure->next_retry_unix_ns = now + static_cast<std::uint64_t>(retry_in->count());
    });
}

void Volumes::go_on_later(const VolumeRecord &record, const Error &why) {
    note_failure(record, why, std::nullopt);
    converge_later(record, std::chrono::milliseconds(100));
}

// One is under way for each volume, and the newest counts: tries that fail must not add up.
void Volumes::converge_later(const VolumeRecord &record, std::chrono::nanoseconds delay) {
    const std::string id = record.id;
    const std::uint64_t turn = turns_.next(id);
    if (delay.count() == 0) {
        parts_.workers.post(record.backend, id, [this, id, turn] { converge_now(id, turn); });
    } else {
        parts_.workers.post_after(delay, record.backend, id, [this, id, turn] { converge_now(id, turn); });
    }
}

void Volumes::converge_now(const std::string &id, std::uint64_t turn) {
    const auto lock = lock_of(id);
    const std::lock_guard guard(*lock);
    if (!turns_.is_newest(id, turn))
        return;
    const auto found = journal_.volume(id);
    if (!found) {
        turns_.end(id, turn);
        return;
    }
    VolumeRecord record = *found;
    // Copies take as long as they take; everything else is over soon or has failed.
    const bool may_copy = record.intent || !record.reverting.empty() || record.retyping;
    const bool is_owed = may_copy || record.extend_to != 0; // what failed is what is done here
    const Task task{.call = {.deadline = Deadline::after(may_copy ? std::chrono::seconds(kLongestOperation)
                                                                  : kLongestRetry),
                             .request_id = "recovery"},
                    .stage = [](std::string_view) {}};
    auto went_on = go_on(record, task);
    if (went_on) {
        turns_.end(id, turn);
        if (journal_.volume(id)) {
            live_.change(id, [&](Live &live) {
                if (live.attempts > 0 || is_owed)
                    live.failure.reset();
                live.attempts = 0;
            });
        }
        return;
    }
    if (!turns_.is_newest(id, turn)) {
        note_failure(record, went_on.error(), std::nullopt);
        return; // somebody wants it sooner
    }
    unsigned attempts = 0;
    live_.change(id, [&](Live &live) { attempts = live.attempts++; });
    const auto delay =
        back_off(attempts, went_on.error().retryable || went_on.error().code == Code::unreachable);
    note_failure(record, went_on.error(), delay);
    // Once per pause in the log, not once per try: the volume itself shows the rest.
    if (attempts < 3) {
        spdlog::warn("volume {}: {}; trying again in {} ms", record.name, went_on.error().message,
                     delay.count() / 1'000'000);
    }
    converge_later(record, delay);
}

Result<void> Volumes::thaw_leftover(VolumeRecord &record) const {
    auto thawed = perform(Step::act_thaw_leftover, [&] {
        return filesystem::thaw_leftover(parts_.node.mount_target(record.id),
                                         Deadline::after(std::chrono::seconds(30)));
    });
    if (!thawed)
        return fail(std::move(thawed).error());
    record.frozen = false;
    return {};
}

// A revert replaces data, so it is only gone on with while nobody can have written anything since: in the
// life of the agent that began it, and not when it shows up in use. Else it is for people to ask again.
Result<void> Volumes::go_on_reverting(VolumeRecord &record, const Task &task) {
    auto sight = converger_.look(record, task);
    if (!sight)
        return fail(std::move(sight).error());
    const plan::Discovered discovered = sight->classify(record);
    if (discovered == plan::Discovered::unknown || !sight->volume) {
        return fail(
            sight->doubt
                ? *sight->doubt
                : Error{.code = Code::unreachable, .message = "its state cannot be told", .retryable = true});
    }
    bool begun_here = false;
    {
        const std::lock_guard guard(reverts_mutex_);
        begun_here = reverts_begun_here_.contains(record.id);
    }
    if (discovered == plan::Discovered::detached && begun_here)
        return finish_revert(task, record);
    spdlog::warn(
        "volume {} ({}): a revert was begun, and it is not known whether it was done; it is not gone on "
        "with, for the volume may have been used since: repeat it if it is still wanted",
        record.name, record.id);
    record.bytes = sight->volume->bytes; // as the snapshot, if it was done
    record.reverting.clear();
    return journal_.save(record, Step::revert_withdraw);
}

// What is withdrawn is over: nobody was told that it exists.
Result<void> Volumes::go_on_adopting(const Task &task, VolumeRecord &record) {
    auto adopted = finish_adopt(task, record);
    return adopted || journal_.volume(record.id) ? adopted : Result<void>();
}

Result<void> Volumes::go_on(VolumeRecord &record, const Task &task) {
    if (record.frozen) {
        if (auto thawed = thaw_leftover(record); !thawed)
            return thawed;
        if (auto saved = journal_.save(record, Step::recover_record); !saved)
            return saved;
    }
    for (const auto &snapshot : journal_.snapshots_of(record.id)) {
        if (snapshot->state == SnapshotRecord::State::ready)
            continue;
        auto driver = parts_.backends.driver(record.backend);
        if (!driver)
            return fail(std::move(driver).error());
        if (snapshot->state != SnapshotRecord::State::creating) {
            auto removed = snapshot->state == SnapshotRecord::State::deleting
                               ? do_snapshot_remove(task, snapshot->id)
                               : do_snapshot_release(task, snapshot->id);
            if (removed)
                continue;
            if (const auto now = journal_.snapshot(snapshot->id); !now || now->state == snapshot->state)
                return removed;
            // The backend refuses: it stays, and whoever asked for the removal asks again.
            spdlog::warn("volume {}: snapshot {} stays: {}", record.name, snapshot->name,
                         removed.error().message);
            continue;
        }
        // Taken or not? The backend knows. Whether the filesystem was frozen all the while, nobody does any
        // more.
        auto there = (*driver)->snapshot_get(task.call, snapshot->id);
        if (!there && there.error().code != Code::not_found)
            return fail(std::move(there).error());
        if (!there) {
            if (auto erased = journal_.erase_snapshot(snapshot->id, Step::recover_snapshot_withdraw); !erased)
                return erased;
            continue;
        }
        SnapshotRecord taken = *snapshot;
        taken.bytes = there->bytes;
        taken.state = SnapshotRecord::State::ready;
        if (auto saved = journal_.save(taken, Step::recover_snapshot); !saved)
            return saved;
    }
    if (!record.reverting.empty()) {
        if (auto reverted = go_on_reverting(record, task); !reverted)
            return reverted;
    }
    if (record.extend_to != 0) {
        if (auto extended = finish_extend(task, record); !extended)
            return extended;
    }
    if (record.retyping) {
        if (auto retyped = finish_retype(task, record); !retyped)
            return retyped;
    }
    if (record.releasing)
        return finish_release(task, record);
    if (!record.adopting.empty() && record.desired == plan::Desired::release)
        return go_on_adopting(task, record);
    if (auto reached = converger_.reach(record, record.desired, task); !reached) {
        // Nobody was told that it exists; who wants it asks again, and is told why not.
        if (reached.error().retryable)
            return reached;
        auto withdrawn = withdraw_create(task, record, reached.error());
        if (!withdrawn)
            return fail(std::move(withdrawn).error());
        return *withdrawn ? Result<void>() : reached;
    }
    if (!record.grow_pending || record.desired != plan::Desired::mount)
        return {};
    // A crash came between the backend's growth and the filesystem's.
    auto sight = converger_.look(record, task);
    if (!sight)
        return fail(std::move(sight).error());
    return converger_.grow(record, *sight, task);
}

} // namespace drover
