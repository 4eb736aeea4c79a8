// Random walks: a model of one volume in a world that errs, crashes and is changed by others, driven by the
// planner alone. Whatever happens, the planner comes to an end when the world stands still, and no step on
// the way writes on doubt. RapidCheck shrinks a walk that breaks a rule to the shortest one.
#include "core/plan/classify.hpp"
#include "core/plan/decide.hpp"

#include <gtest/gtest.h> // before RapidCheck, which uses it

#include <array>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <string>
#include <vector>

namespace drover::plan {
namespace {

// What is really so, and what the records say about it.
struct World {
    bool exists = false;  // on the backend
    bool another = false; // the backend has an object of this id that is not the one we own
    Attachment attached = Attachment::nowhere;
    bool holder_is_fenced = false;
    DeviceSeen device = DeviceSeen::missing;
    Content content = Content::blank;
    bool our_uuid = false; // the filesystem on it has the uuid that we chose
    MountSeen mounted = MountSeen::none;
    bool backend_answers = true;
    bool table_readable = true;
    bool probe_works = true;
    Records records{.current = true, .known = true};
    bool may_create = false;
    bool used = false;
    bool grow_pending = false;
    bool forgotten = false; // the record was erased: the walk is over

    [[nodiscard]] Observation observe() const {
        if (!backend_answers)
            return {.backend = Presence::unknown, .mount = table_readable ? mounted : MountSeen::unknown};
        const bool look = exists && attached == Attachment::here;
        const bool probe = look && device == DeviceSeen::ready;
        return {.backend = exists ? Presence::present : Presence::absent,
                .backend_matches_owner = !another,
                .attachment = exists ? attached : Attachment::unknown,
                .holder_is_fenced = holder_is_fenced,
                .device = look ? device : DeviceSeen::not_looked,
                .content = !probe        ? Content::not_probed
                           : probe_works ? content
                                         : Content::unreadable,
                .content_has_our_uuid = our_uuid,
                .mount = table_readable ? mounted : MountSeen::unknown};
    }
    [[nodiscard]] Facts facts(bool overdue, bool reattached) const {
        return {.may_create = may_create,
                .used_here = used,
                .grow_pending = grow_pending,
                .format = records.format,
                .content_has_our_uuid = our_uuid,
                .device_overdue = overdue,
                .reattached = reattached};
    }
};

// What others, time and faults do between two passes.
enum class Event {
    none,
    backend_goes,
    backend_returns,
    device_vanishes,
    device_appears,
    another_device_takes_its_place,
    probe_fails,
    probe_works_again,
    table_unreadable,
    table_readable,
    attached_elsewhere,
    holder_fenced,
    released_elsewhere,
    destroyed_on_the_array,
    somebody_writes_a_signature,
    unmounted_by_somebody,
    mounted_twice,
    grant_lost,
    grant_back,
    caller_comes,
    caller_goes,
    crash, // the next act is begun and not finished
    count,
};

void happen(World &world, Event event) {
    switch (event) {
    case Event::backend_goes:
        world.backend_answers = false;
        break;
    case Event::backend_returns:
        world.backend_answers = true;
        break;
    case Event::device_vanishes:
        world.device = DeviceSeen::missing;
        break;
    case Event::device_appears:
        world.device = DeviceSeen::ready;
        break;
    case Event::another_device_takes_its_place:
        world.device = DeviceSeen::wrong;
        break;
    case Event::probe_fails:
        world.probe_works = false;
        break;
    case Event::probe_works_again:
        world.probe_works = true;
        break;
    case Event::table_unreadable:
        world.table_readable = false;
        break;
    case Event::table_readable:
        world.table_readable = true;
        break;
    case Event::attached_elsewhere:
        if (world.exists && world.attached == Attachment::nowhere)
            world.attached = Attachment::elsewhere;
        break;
    case Event::holder_fenced:
        world.holder_is_fenced = world.attached == Attachment::elsewhere;
        break;
    case Event::released_elsewhere:
        if (world.attached == Attachment::elsewhere)
            world.attached = Attachment::nowhere;
        world.holder_is_fenced = false;
        break;
    case Event::destroyed_on_the_array:
        world.exists = false;
        world.attached = Attachment::nowhere;
        break;
    case Event::somebody_writes_a_signature:
        if (world.mounted == MountSeen::none) {
            world.content = Content::foreign;
            world.our_uuid = false;
        }
        break;
    case Event::unmounted_by_somebody:
        world.mounted = MountSeen::none;
        break;
    case Event::mounted_twice:
        if (world.mounted == MountSeen::right)
            world.mounted = MountSeen::wrong;
        break;
    case Event::grant_lost:
        world.records.grant = false;
        break;
    case Event::grant_back:
        world.records.grant = true;
        break;
    case Event::caller_comes:
        world.used = world.mounted == MountSeen::right;
        break;
    case Event::caller_goes:
        world.used = false;
        break;
    case Event::none:
    case Event::crash:
    case Event::count:
        break;
    }
}

// Is this act allowed in this world? The rules are those of the invariants, told without the table.
void check(const World &world, Desired desired, Action action) {
    const bool proven = world.exists && !world.another && world.backend_answers && world.records.owned &&
                        world.attached == Attachment::here && world.device == DeviceSeen::ready;
    switch (action) {
    case Action::format:
        RC_ASSERT(proven && world.records.grant);
        RC_ASSERT(world.probe_works && world.content == Content::blank);
        RC_ASSERT(world.records.format == Format::never || world.records.format == Format::started);
        RC_ASSERT(world.mounted == MountSeen::none && world.table_readable);
        RC_ASSERT(desired == Desired::mount);
        break;
    case Action::mount:
    case Action::finish_format:
        RC_ASSERT(proven && world.records.grant);
        RC_ASSERT(world.probe_works && world.our_uuid);
        RC_ASSERT(world.mounted == MountSeen::none && world.table_readable);
        RC_ASSERT(desired == Desired::mount);
        break;
    case Action::attach:
        RC_ASSERT(world.backend_answers && world.exists && world.records.owned && !world.another);
        RC_ASSERT(world.attached == Attachment::nowhere);
        break;
    case Action::take_over:
    case Action::detach_fenced:
        RC_ASSERT(world.attached == Attachment::elsewhere && world.holder_is_fenced);
        break;
    case Action::detach:
    case Action::reattach:
        RC_ASSERT(world.backend_answers && world.mounted == MountSeen::none && world.table_readable);
        RC_ASSERT(world.attached == Attachment::here);
        break;
    case Action::destroy:
        RC_ASSERT(desired == Desired::destroy);
        RC_ASSERT(world.backend_answers && world.exists && !world.another && world.records.owned);
        RC_ASSERT(world.attached == Attachment::nowhere && world.mounted == MountSeen::none);
        break;
    case Action::create:
        RC_ASSERT(world.may_create && world.backend_answers && !world.exists && !world.records.owned);
        break;
    case Action::resume_create:
        RC_ASSERT(world.records.intent); // with its own token: it makes no second one
        break;
    case Action::claim:
        RC_ASSERT(world.backend_answers && world.exists && !world.records.owned);
        break;
    case Action::confirm_deleted:
        RC_ASSERT(desired == Desired::destroy && world.backend_answers && !world.exists);
        break;
    case Action::unmount:
    case Action::unmount_wrong:
        // Data with users is never taken from them while it is where it belongs. (What is in the wrong place
        // and in use, the kernel keeps: see act.)
        RC_ASSERT(!(world.used && classify(world.observe(), world.records) == Discovered::mounted));
        break;
    default:
        break; // changes nothing outside this node, or nothing at all
    }
}

// What the act does, if it is let finish.
void act(World &world, Action action, bool crashes) {
    switch (action) {
    case Action::create:
        world.records.intent = true;
        if (!crashes)
            act(world, Action::resume_create, false);
        break;
    case Action::resume_create:
        world.exists = true;
        world.another = false;
        if (!crashes) {
            world.records.intent = false;
            world.records.owned = true;
        }
        break;
    case Action::claim:
        world.records.owned = true;
        break;
    case Action::attach:
        world.attached = Attachment::here;
        world.device = crashes ? DeviceSeen::missing : DeviceSeen::ready;
        break;
    case Action::take_over:
    case Action::detach_fenced:
        world.attached = crashes || action == Action::detach_fenced ? Attachment::nowhere : Attachment::here;
        world.holder_is_fenced = false;
        world.device = DeviceSeen::ready;
        break;
    case Action::detach:
        world.device = DeviceSeen::missing;
        if (!crashes)
            world.attached = Attachment::nowhere;
        break;
    case Action::reattach:
        world.attached = crashes ? Attachment::nowhere : Attachment::here;
        break;
    case Action::format:
        world.records.format = Format::started;
        if (crashes)
            break;
        world.content = Content::expected;
        world.our_uuid = true;
        world.records.format = Format::done;
        break;
    case Action::finish_format:
        world.records.format = Format::done;
        break;
    case Action::mount:
        world.mounted = MountSeen::right;
        break;
    case Action::tear_down:
        world.mounted = MountSeen::none;
        world.device = DeviceSeen::missing;
        break;
    case Action::unmount:
    case Action::unmount_wrong:
        world.mounted = MountSeen::none; // not reached while it is busy
        break;
    case Action::destroy:
        world.exists = false;
        break;
    case Action::confirm_deleted:
        world.forgotten = true;
        break;
    default:
        break;
    }
}

bool ends_the_pass(Action action) {
    switch (action) {
    case Action::none:
    case Action::retry:
    case Action::report:
    case Action::fail_lost:
    case Action::fail_duplicate:
    case Action::fail_suspect:
    case Action::fail_wrong:
    case Action::fail_not_found:
    case Action::fail_nodev:
    case Action::wait_for_holder:
        return true;
    default:
        return false;
    }
}

// One convergence, as the agent does it: look, decide, act, until the planner says that there is no more to
// do. How many acts it took.
int converge(World &world, Desired desired, bool crash) {
    constexpr int kMost = 24; // the agent's own limit
    bool overdue = false;
    bool reattached = false;
    for (int step = 0; step < kMost; ++step) {
        const Decision decision =
            decide(classify(world.observe(), world.records), desired, world.facts(overdue, reattached));
        if (ends_the_pass(decision.action))
            return step;
        check(world, desired, decision.action);
        if (world.used && (decision.action == Action::unmount || decision.action == Action::unmount_wrong))
            return step; // busy: the agent ends with that error
        overdue = overdue || decision.action == Action::rescan;
        reattached = reattached || decision.action == Action::reattach;
        act(world, decision.action, crash);
        if (crash || world.forgotten)
            return step + 1;
    }
    return kMost;
}

template <typename Enum>
Enum any(int count) {
    return static_cast<Enum>(*rc::gen::inRange(0, count));
}

World any_world() {
    World world;
    world.records.intent = *rc::gen::arbitrary<bool>();
    world.records.owned = *rc::gen::arbitrary<bool>();
    world.records.format = any<Format>(4);
    world.may_create = *rc::gen::arbitrary<bool>();
    world.exists = *rc::gen::arbitrary<bool>();
    world.another = *rc::gen::weightedElement<bool>({{9, false}, {1, true}});
    world.attached = world.exists ? static_cast<Attachment>(*rc::gen::inRange(1, 4)) : Attachment::nowhere;
    world.device = static_cast<DeviceSeen>(*rc::gen::inRange(1, 4));
    world.content = static_cast<Content>(*rc::gen::inRange(2, 5));
    world.our_uuid = world.content == Content::expected;
    const bool mountable =
        world.attached == Attachment::here && world.device == DeviceSeen::ready && world.our_uuid;
    world.mounted = mountable && *rc::gen::arbitrary<bool>() ? MountSeen::right : MountSeen::none;
    world.used = world.mounted == MountSeen::right && *rc::gen::arbitrary<bool>();
    world.grow_pending = *rc::gen::arbitrary<bool>();
    return world;
}

RC_GTEST_PROP(Walk, EveryPassEndsAndNoStepBreaksARule, ()) {
    World world = any_world();
    const auto length = *rc::gen::inRange(1, 40);
    for (int pass = 0; pass < length && !world.forgotten; ++pass) {
        const auto event = any<Event>(static_cast<int>(Event::count));
        happen(world, event);
        const auto desired = any<Desired>(4);
        RC_ASSERT(converge(world, desired, event == Event::crash) < 24);
    }
}

// In a world without faults everything wanted is reached in one pass.
RC_GTEST_PROP(Walk, AHealthyWorldGetsWhereItIsWanted, ()) {
    World world;
    world.may_create = true;
    RC_ASSERT(converge(world, Desired::mount, false) < 24);
    RC_ASSERT(world.mounted == MountSeen::right && world.records.format == Format::done);
    const auto wishes = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 2));
    for (const int wish : wishes) {
        const auto desired = wish == 0 ? Desired::mount : Desired::release;
        RC_ASSERT(converge(world, desired, false) < 24);
        RC_ASSERT(world.mounted == (wish == 0 ? MountSeen::right : MountSeen::none));
        RC_ASSERT(world.attached == (wish == 0 ? Attachment::here : Attachment::nowhere));
        RC_ASSERT(world.exists && world.our_uuid);
    }
    RC_ASSERT(converge(world, Desired::destroy, false) < 24);
    RC_ASSERT(world.forgotten && !world.exists);
}

// Crashes alone, any number, at any act, never keep it from getting there and never format twice.
RC_GTEST_PROP(Walk, CrashesCostTimeOnly, ()) {
    World world;
    world.may_create = true;
    int formats = 0;
    const auto crashes = *rc::gen::inRange(0, 30);
    for (int i = 0; i < crashes; ++i) {
        const bool had_data = world.our_uuid;
        converge(world, Desired::mount, true);
        formats += !had_data && world.our_uuid ? 1 : 0;
        RC_ASSERT(!had_data || world.our_uuid);
    }
    converge(world, Desired::mount, false);
    RC_ASSERT(world.mounted == MountSeen::right && formats <= 1);
}

} // namespace
} // namespace drover::plan
