#include "core/volume/converge.hpp"

#include "core/volume/identity.hpp"
#include "core/volume/pass.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

namespace drover {

namespace {
// More than any path through the table needs (create to mounted takes six); reached only if a backend
// contradicts itself.
constexpr int kMostSteps = 24;
} // namespace

Result<Sight> Converger::look(const VolumeRecord &record, const Task &task) {
    auto driver = backends_.driver(record.backend);
    if (!driver)
        return fail(std::move(driver).error());
    auto capabilities = backends_.capabilities(record.backend);
    if (!capabilities)
        return fail(std::move(capabilities).error());
    Sight sight = discover(record, **driver, connectors_, node_, {.zeroed = capabilities->zeroed}, task.call);
    show(record, sight);
    return sight;
}

void Converger::show(const VolumeRecord &record, const Sight &sight) {
    const plan::Discovered discovered = sight.classify(record);
    live_.change(record.id, [&](Live &live) {
        if (discovered == plan::Discovered::unknown)
            return; // keep what was known
        live.mounted = discovered == plan::Discovered::mounted;
        live.lost = discovered == plan::Discovered::lost;
        live.device = sight.device ? sight.device->path.string() : std::string();
        live.holder = sight.holder;
    });
}

Result<void> Converger::reach(VolumeRecord &record, plan::Desired desired, const Task &task) {
    auto driver = backends_.driver(record.backend);
    if (!driver)
        return fail(std::move(driver).error());
    auto capabilities = backends_.capabilities(record.backend);
    if (!capabilities)
        return fail(std::move(capabilities).error());
    Pass pass{.record = record,
              .task = task,
              .driver = std::move(*driver),
              .capabilities = std::move(*capabilities)};
    for (int step = 0; step < kMostSteps; ++step) {
        if (std::exchange(pass.has_looked, false)) {
            show(record, pass.sight);
        } else {
            auto sight = look(record, task);
            if (!sight)
                return fail(std::move(sight).error());
            pass.sight = std::move(*sight);
        }
        if (auto learned = learn_content(pass); !learned)
            return learned;
        const plan::Discovered discovered = pass.sight.classify(record);
        if (auto cleared = clear_leftovers(pass, discovered); !cleared)
            return cleared;
        const plan::Decision decision = plan::decide(
            discovered, desired,
            plan::Facts{.may_create = record.intent,
                        .used_here = record.use_count() > 0,
                        .held_elsewhere_too = pass.sight.seen.attachment == plan::Attachment::here &&
                                              !pass.sight.holder.empty(),
                        .grow_pending = record.grow_pending,
                        .format = record.format,
                        .content_has_our_uuid = pass.sight.seen.content_has_our_uuid,
                        .device_overdue = pass.device_overdue,
                        .reattached = pass.reattached});
        SPDLOG_DEBUG("volume {} ({}): {} wanted {}: {}", record.name, record.id, plan::to_string(discovered),
                     plan::to_string(desired), plan::to_string(decision.action));
        if (decision.action == plan::Action::none)
            return {};
        if (task.call.deadline.has_passed()) {
            return fail(
                Error{.code = Code::deadline,
                      .message = fmt::format("ran out of time before: {}", plan::to_string(decision.action)),
                      .retryable = true});
        }
        if (auto acted = act(pass, decision); !acted)
            return acted;
        if (pass.gone)
            return {};
    }
    return fail_retryable(Code::internal, fmt::format("backend {} and this node do not agree on its state "
                                                      "after {} steps; see the agent's log at level debug",
                                                      record.backend, kMostSteps));
}

Result<void> Converger::act(Pass &pass, plan::Decision decision) {
    using plan::Action;
    switch (decision.action) {
    case Action::none:
        return {};
    case Action::resume_create:
        return create(pass);
    case Action::claim:
        return claim(pass);
    case Action::attach:
        return attach(pass);
    case Action::detach:
        return detach(pass);
    case Action::reattach: {
        pass.reattached = true;
        if (auto detached = detach(pass); !detached)
            return detached;
        return attach(pass);
    }
    case Action::rescan:
        return rescan(pass);
    case Action::format:
        return format(pass);
    case Action::finish_format:
        return finish_format(pass);
    case Action::mount:
        return mount(pass, decision.grow_first);
    case Action::unmount:
        return unmount(pass);
    case Action::unmount_wrong:
        return unmount_wrong(pass);
    case Action::tear_down:
        return tear_down(pass);
    case Action::destroy:
        return destroy(pass);
    case Action::confirm_deleted:
        if (auto erased = journal_.erase_volume(pass.record.id, Step::remove_record); !erased)
            return erased;
        live_.erase(pass.record.id);
        pass.gone = true;
        return {};
    case Action::create:    // a volume is begun by the create operation only, which writes the intent
    case Action::take_over: // needs fence evidence, which only a control service can bring
    case Action::detach_fenced:
    case Action::retry:
    case Action::report:
    case Action::fail_lost:
    case Action::fail_duplicate:
    case Action::fail_suspect:
    case Action::fail_wrong:
    case Action::fail_not_found:
    case Action::fail_nodev:
    case Action::wait_for_holder:
        return fail(failure_of(pass, decision.action));
    }
    return {};
}

Error Converger::failure_of(const Pass &pass, plan::Action action) const {
    using plan::Action;
    const VolumeRecord &record = pass.record;
    const Sight &sight = pass.sight;
    const std::string why = sight.doubt ? sight.doubt->message : std::string("no further detail");
    switch (action) {
    case Action::wait_for_holder:
        return {
            .code = Code::conflict,
            .message = fmt::format(
                "it is attached to another node ({}): stop what uses it there, then try again", sight.holder),
            .retryable = true};
    case Action::fail_lost:
        return {.code = Code::not_found,
                .message =
                    fmt::format("backend {} says that it does not exist any more ({}); Drover does not make "
                                "a new, empty one in its "
                                "place: restore it on the backend, or forget it with `drover volume rm`",
                                record.backend, record.owner)};
    case Action::fail_duplicate:
        return {.code = Code::conflict,
                .message =
                    fmt::format("backend {} answers with another object ({}) than the one we own ({}); "
                                "neither is used: look on the "
                                "backend which one has the data",
                                record.backend, sight.volume ? sight.volume->backend_id : "?", record.owner)};
    case Action::fail_suspect:
        if (sight.seen.content == plan::Content::blank && record.format == plan::Format::inherited &&
            record.fs_uuid.empty()) {
            return {.code = Code::conflict,
                    .message = fmt::format("{} carries no filesystem, and Drover formats only what it made "
                                           "itself: make one on it where it was made, or take a new volume",
                                           sight.device ? sight.device->path.string() : "its device")};
        }
        if (sight.seen.content == plan::Content::blank) {
            return {.code = Code::conflict,
                    .message = fmt::format("{} is blank, though it should carry {} {}; nothing was written: "
                                           "check the volume on backend {}",
                                           sight.device ? sight.device->path.string() : "its device",
                                           record.fstype, record.fs_uuid, record.backend)};
        }
        return {.code = Code::conflict,
                .message =
                    fmt::format("{} carries {}{}, not what Drover put there; it is neither formatted nor "
                                "mounted: if the data is not "
                                "needed, wipe the device yourself",
                                sight.device ? sight.device->path.string() : "its device", sight.content,
                                sight.content_uuid.empty() ? "" : " " + sight.content_uuid)};
    case Action::fail_wrong:
        return {.code = Code::conflict, .message = why, .retryable = true};
    case Action::fail_nodev:
        return {.code = Code::unreachable,
                .message = fmt::format("its device does not appear on this node: {}", why),
                .retryable = true};
    case Action::fail_not_found:
        return {.code = Code::not_found,
                .message = fmt::format("backend {} has no such volume", record.backend)};
    case Action::report:
        return {.code = Code::conflict, .message = why};
    default:
        break;
    }
    if (sight.doubt)
        return *sight.doubt;
    return {.code = Code::internal,
            .message = fmt::format("its state cannot be told ({})", plan::to_string(action)),
            .retryable = true};
}

// What is on a volume that has no record of ever being formatted here. Another agent that shares the backend
// may have formatted it: its filesystem carries the uuid that follows from the volume's id. A volume we
// adopted may carry any filesystem, and so may a copy whose source was not known well.
Result<void> Converger::learn_content(Pass &pass) {
    VolumeRecord &record = pass.record;
    Sight &sight = pass.sight;
    if (sight.seen.device != plan::DeviceSeen::ready || sight.seen.content == plan::Content::not_probed ||
        sight.seen.content == plan::Content::unreadable) {
        return {};
    }
    const bool is_filesystem = sight.content == "ext4" || sight.content == "xfs";
    if (record.format == plan::Format::never) {
        const bool began_empty = record.created_by_us && !record.source;
        const bool inherits =
            is_filesystem && (!began_empty || sight.content_uuid == filesystem_uuid(record.id));
        // Blank can be trusted only where the backend promises zeroes and head and tail are zero; else it
        // counts as inherited.
        const bool dubious =
            !began_empty && sight.seen.content == plan::Content::blank && !pass.capabilities.zeroed;
        if (!inherits && !dubious)
            return {};
        record.format = plan::Format::inherited;
        record.root_prepared = true;
    } else if (record.format != plan::Format::inherited || !record.fs_uuid.empty() || !is_filesystem) {
        return {};
    }
    if (is_filesystem) {
        record.fstype = sight.content;
        record.fs_uuid = sight.content_uuid;
        sight.seen.content = plan::Content::expected;
        sight.seen.content_has_our_uuid = true;
    }
    return journal_.save(record, Step::content_record);
}

} // namespace drover
