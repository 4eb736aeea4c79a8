// Who uses a volume here: mounting with the first use, unmounting with the last, and making the counts true
// again when the engine behind them was restarted.
#include "core/filesystem/mount_table.hpp"
#include "core/volume/data_folder.hpp"
#include "core/volume/submit.hpp"
#include "core/volume/volumes.hpp"

#include <atomic>

namespace drover {

namespace {
// A use ends with its machine: recover() clears all of them when the boot id has changed. So nobody waits for
// the disk to count another one on a volume that is here already, or one less. (A state folder whose file
// system is taken away without a reboot, and without what was written last, is as lost as any other data on
// it.)
constexpr auto kUses = Journal::Outlives::process;

// But that this node is about to have the backend attach the volume must outlive everything: else nobody
// would detach it after a power loss.
Journal::Outlives announcement_of(const VolumeRecord &record) noexcept {
    return record.connection ? kUses : Journal::Outlives::power_loss;
}
} // namespace

Result<MountView> Volumes::do_mount(const Task &task, VolumeRecord record, const std::string &use) {
    if (use.empty() || use.size() > 255)
        return fail(Code::invalid, "a use needs an id of 1 to 255 bytes");
    if (record.desired == plan::Desired::destroy)
        return fail(Code::conflict, "it is being deleted");
    if (record.releasing)
        return fail(Code::conflict, "it is being released");
    if (!record.reverting.empty())
        return fail_retryable(Code::conflict, "a revert of it has not ended: repeat the revert, or wait");
    if (const auto known = record.uses.find(use); known != record.uses.end() && known->second.inherited)
        drop_dead_heirs(record, task);
    std::erase_if(record.uses, [](const auto &row) { return row.second.ending; });
    const auto before = record.uses;
    Use &counted = record.uses[use];
    ++counted.count;
    record.desired = plan::Desired::mount;
    if (auto saved = journal_.save(record, Step::use_announce, announcement_of(record)); !saved)
        return fail(std::move(saved).error());
    auto mounted = converger_.reach(record, plan::Desired::mount, task);
    if (mounted)
        mounted = make_data_folder(parts_.node.mount_target(record.id), record.root, task.call.deadline);
    if (mounted) {
        live_.change(record.id, [](Live &live) {
            live.failure.reset();
            live.attempts = 0;
        });
        return MountView{.mountpoint = data_path(record), .volume = view(record)};
    }
    // A failed mount counts nothing: the caller will not send an unmount for it.
    record.uses = before;
    if (record.use_count() == 0)
        record.desired = plan::Desired::release;
    if (auto saved = journal_.save(record, Step::use_withdraw, kUses); !saved)
        return fail(std::move(saved).error());
    note_failure(record, mounted.error(), std::nullopt);
    if (record.desired == plan::Desired::release)
        converge_later(record, std::chrono::nanoseconds(0));
    return fail(std::move(mounted).error());
}

void Volumes::mount_delivered(const VolumeRef &ref, const std::string &use) {
    auto found = find_volume(journal_, ref);
    if (!found)
        return;
    const std::string id = (*found)->id;
    const auto note = [this, id, use] {
        const auto lock = lock_of(id);
        const std::lock_guard guard(*lock);
        const auto record = journal_.volume(id);
        if (!record || !record->uses.contains(use) || record->uses.at(use).delivered)
            return;
        VolumeRecord changed = *record;
        changed.uses[use].delivered = true;
        if (auto saved = journal_.save(changed, Step::use_delivered, kUses); !saved)
            spdlog::warn("volume {}: {}", changed.name, saved.error().message);
    };
    parts_.workers.post((*found)->backend, id, note, AtStop::run);
}

Result<void> Volumes::do_unmount(const Task &task, VolumeRecord record, const std::string &use) {
    const auto counted = record.uses.find(use);
    if (counted == record.uses.end())
        return {}; // twice, or never mounted: nothing to take back
    if (record.use_count() > 1 || (counted->second.ending && record.use_count() > 0)) {
        if (counted->second.ending || --counted->second.count == 0)
            record.uses.erase(counted);
        return journal_.save(record, Step::use_end_record, kUses);
    }
    // The last one stays in the record until it is over, so that a repeat after a crash is told the same.
    const auto before = record.uses;
    counted->second.ending = true;
    record.desired = plan::Desired::release;
    if (auto saved = journal_.save(record, Step::use_end_announce, kUses); !saved)
        return saved;
    auto released = converger_.reach(record, plan::Desired::release, task);
    if (released) {
        live_.change(record.id, [](Live &live) {
            live.failure.reset();
            live.attempts = 0;
        });
        record.uses.clear();
        return journal_.save(record, Step::use_end_record, kUses);
    }
    if (live_.get(record.id).mounted) {
        // Busy: the use stays counted, so that the next try works and nothing is detached below a user.
        record.uses = before;
        record.uses[use].ending = false;
        record.desired = plan::Desired::mount;
        if (auto saved = journal_.save(record, Step::use_end_withdraw, kUses); !saved)
            return saved;
        note_failure(record, released.error(), std::nullopt);
        return released;
    }
    // Unmounted, which is what the caller asked; the rest of the way goes on in the background.
    note_failure(record, released.error(), std::nullopt);
    converge_later(record, std::chrono::milliseconds(100));
    return {};
}

void Volumes::engine_seen(const EngineIdentity &engine) {
    const std::string now = fmt::format("{}/{}", engine.pid, engine.start_ticks);
    bool is_first = false;
    {
        const std::lock_guard guard(engine_mutex_);
        if (engine == engine_)
            return;
        engine_ = engine;
        const auto last = journal_.note("engine");
        if (last && *last && **last == now)
            return;                // the same one as before our own restart
        is_first = last && !*last; // nothing was counted for another
    }
    // On disk only when every count was compared: a crash before that must not leave the rest uncompared.
    const auto remember = [this, now] {
        if (auto saved = journal_.set_note("engine", now, Step::engine_record); !saved)
            spdlog::warn("{}", saved.error().message);
    };
    std::vector<Journal::VolumePtr> used = journal_.volumes();
    std::erase_if(used, [](const auto &record) { return record->uses.empty(); });
    if (is_first || used.empty()) {
        remember();
        return;
    }
    spdlog::info("another container engine (pid {}): comparing the use counts with what is mounted",
                 engine.pid);
    const auto left = std::make_shared<std::atomic<std::size_t>>(used.size());
    for (const auto &record : used) {
        parts_.workers.post(record->backend, record->id, [this, id = record->id, left, remember] {
            reconcile_uses(id);
            if (--*left == 0)
                remember();
        });
    }
}

namespace {
// Whether somebody's mount namespace has the filesystem. Doubt counts as use.
bool is_perhaps_used(const VolumeRecord &record, const Result<Sight> &sight) {
    if (!sight)
        return true;
    Result<std::vector<filesystem::NamespaceUse>> users;
    if (sight->device) {
        users = filesystem::mount_namespaces_using(sight->device->major, sight->device->minor);
    } else if (sight->at_target) {
        users = filesystem::mount_namespaces_using(sight->at_target->major, sight->at_target->minor);
    } else if (sight->classify(record) == plan::Discovered::unknown) {
        return true;
    }
    if (!users)
        spdlog::warn("volume {}: {}", record.name, users.error().message);
    return !users || !users->empty();
}
} // namespace

// A dead engine sends no unmount, and its successor uses the stored ids again: what counts is whether a
// container's mount namespace still has the filesystem. In use: each id counts once. Not in use: none does.
void Volumes::reconcile_uses(const std::string &id) {
    const auto lock = lock_of(id);
    const std::lock_guard guard(*lock);
    const auto found = journal_.volume(id);
    if (!found || found->uses.empty())
        return;
    VolumeRecord record = *found;
    const Task task{
        .call = {.deadline = Deadline::after(std::chrono::minutes(2)), .request_id = "engine restart"},
        .stage = [](std::string_view) {}};
    const auto sight = converger_.look(record, task);
    if (is_perhaps_used(record, sight)) {
        std::erase_if(record.uses, [](const auto &row) { return row.second.ending; });
        for (auto &[use, state] : record.uses)
            state = Use{.count = 1, .delivered = true, .inherited = true};
        if (auto saved = journal_.save(record, Step::use_recount, kUses); !saved)
            spdlog::warn("volume {}: {}", record.name, saved.error().message);
        return;
    }
    spdlog::info("volume {}: nothing uses it any more; {} counted uses are dropped", record.name,
                 record.use_count());
    record.uses.clear();
    record.desired = plan::Desired::release;
    if (auto saved = journal_.save(record, Step::use_recount, kUses); !saved) {
        spdlog::warn("volume {}: {}", record.name, saved.error().message);
        return;
    }
    if (auto released = converger_.reach(record, plan::Desired::release, task); !released) {
        note_failure(record, released.error(), std::nullopt);
        converge_later(record, std::chrono::milliseconds(100));
    }
}

// An engine that starts looks at its volumes before it ends the containers of its predecessor, so that these
// still counted when the counts were compared. When one of their ids comes again, the kernel tells whether
// they are gone by now.
void Volumes::drop_dead_heirs(VolumeRecord &record, const Task &task) {
    if (is_perhaps_used(record, converger_.look(record, task)))
        return;
    std::erase_if(record.uses, [](const auto &row) { return row.second.inherited; });
}

} // namespace drover
