#include "core/plan/decide.hpp"

#include <array>
#include <cstddef>

namespace drover::plan {

namespace {

using A = Action;

struct Row {
    Discovered discovered;
    std::array<Action, kDesiredCount> actions; // mount, release, destroy, hold
};

// The rows are in the order of the enum, so that the table is indexed by it; a test holds that.
constexpr std::array<Row, kDiscoveredCount> kTable{{
    // clang-format off
    //                               MOUNT               RELEASE            DESTROY             HOLD
    {Discovered::unknown,          {{A::retry,           A::retry,          A::retry,           A::none}}},
    {Discovered::absent,           {{A::create,          A::create,         A::confirm_deleted, A::none}}},
    {Discovered::intent,           {{A::resume_create,   A::resume_create,  A::resume_create,   A::none}}},
    {Discovered::unclaimed,        {{A::claim,           A::claim,          A::claim,           A::report}}},
    {Discovered::duplicate,        {{A::fail_duplicate,  A::report,         A::report,          A::report}}},
    {Discovered::lost,             {{A::fail_lost,       A::fail_lost,      A::confirm_deleted, A::report}}},
    {Discovered::stale_here,       {{A::tear_down,       A::tear_down,      A::tear_down,       A::report}}},
    {Discovered::detached,         {{A::attach,          A::none,           A::destroy,         A::none}}},
    {Discovered::elsewhere,        {{A::wait_for_holder, A::none,           A::wait_for_holder, A::none}}},
    {Discovered::elsewhere_fenced, {{A::take_over,       A::none,           A::detach_fenced,   A::none}}},
    {Discovered::here_nodev,       {{A::rescan,          A::detach,         A::detach,          A::none}}},
    {Discovered::here_blank,       {{A::format,          A::detach,         A::detach,          A::none}}},
    {Discovered::here_suspect,     {{A::fail_suspect,    A::detach,         A::detach,          A::none}}},
    {Discovered::here_fs,          {{A::mount,           A::detach,         A::detach,          A::none}}},
    {Discovered::mounted,          {{A::none,            A::unmount,        A::unmount,         A::none}}},
    {Discovered::mounted_wrong,    {{A::unmount_wrong,   A::unmount,        A::unmount,         A::none}}},
    // clang-format on
}};

} // namespace

Decision decide(Discovered discovered, Desired desired, const Facts &facts) noexcept {
    // Data with users stays mounted, whatever else is wanted.
    if (facts.used_here && discovered == Discovered::mounted && desired != Desired::hold) {
        desired = Desired::mount;
    }
    const Action action =
        kTable[static_cast<std::size_t>(discovered)].actions[static_cast<std::size_t>(desired)];
    switch (action) {
    case A::create:
        return {.action = facts.may_create ? A::create : A::fail_not_found};
    case A::rescan:
        if (!facts.device_overdue)
            return {.action = A::rescan};
        return {.action = facts.reattached ? A::fail_nodev : A::reattach};
    case A::format:
        return {.action = facts.held_elsewhere_too ? A::wait_for_holder : A::format};
    case A::fail_suspect:
        // The one exception: our own mkfs had ended and we crashed before we could write that down.
        if (facts.format == Format::started && facts.content_has_our_uuid)
            return {.action = facts.held_elsewhere_too ? A::wait_for_holder : A::finish_format};
        return {.action = A::fail_suspect};
    case A::mount:
        if (facts.held_elsewhere_too)
            return {.action = A::wait_for_holder};
        return {.action = A::mount, .grow_first = facts.grow_pending};
    default:
        return {.action = action};
    }
}

} // namespace drover::plan
