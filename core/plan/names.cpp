#include "core/plan/state.hpp"

namespace drover::plan {

std::string_view to_string(Discovered state) noexcept {
    switch (state) {
    case Discovered::unknown:
        return "unknown";
    case Discovered::absent:
        return "absent";
    case Discovered::intent:
        return "intent";
    case Discovered::unclaimed:
        return "unclaimed";
    case Discovered::duplicate:
        return "duplicate";
    case Discovered::lost:
        return "lost";
    case Discovered::stale_here:
        return "stale-here";
    case Discovered::detached:
        return "detached";
    case Discovered::elsewhere:
        return "elsewhere";
    case Discovered::elsewhere_fenced:
        return "elsewhere-fenced";
    case Discovered::here_nodev:
        return "here-nodev";
    case Discovered::here_blank:
        return "here-blank";
    case Discovered::here_suspect:
        return "here-suspect";
    case Discovered::here_fs:
        return "here-fs";
    case Discovered::mounted:
        return "mounted";
    case Discovered::mounted_wrong:
        return "mounted-wrong";
    }
    return "unknown";
}

std::string_view to_string(Desired desired) noexcept {
    switch (desired) {
    case Desired::mount:
        return "mount";
    case Desired::release:
        return "release";
    case Desired::destroy:
        return "destroy";
    case Desired::hold:
        return "hold";
    }
    return "hold";
}

std::string_view to_string(Action action) noexcept {
    switch (action) {
    case Action::none:
        return "none";
    case Action::retry:
        return "retry";
    case Action::report:
        return "report";
    case Action::create:
        return "create";
    case Action::resume_create:
        return "resume-create";
    case Action::claim:
        return "claim";
    case Action::fail_lost:
        return "fail-lost";
    case Action::fail_duplicate:
        return "fail-duplicate";
    case Action::fail_suspect:
        return "fail-suspect";
    case Action::fail_wrong:
        return "fail-wrong";
    case Action::fail_not_found:
        return "fail-not-found";
    case Action::confirm_deleted:
        return "confirm-deleted";
    case Action::tear_down:
        return "tear-down";
    case Action::attach:
        return "attach";
    case Action::destroy:
        return "destroy";
    case Action::wait_for_holder:
        return "wait-for-holder";
    case Action::take_over:
        return "take-over";
    case Action::detach_fenced:
        return "detach-fenced";
    case Action::rescan:
        return "rescan";
    case Action::reattach:
        return "reattach";
    case Action::fail_nodev:
        return "fail-nodev";
    case Action::detach:
        return "detach";
    case Action::format:
        return "format";
    case Action::finish_format:
        return "finish-format";
    case Action::mount:
        return "mount";
    case Action::unmount:
        return "unmount";
    case Action::unmount_wrong:
        return "unmount-wrong";
    }
    return "none";
}

} // namespace drover::plan
