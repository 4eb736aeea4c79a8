// The words of the decision table: what was seen of a volume, what is wanted, and what is to be done about
// it. Values only.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace drover::plan {

// What discovery made of a volume. In the order of the table: the first that matches is meant.
enum class Discovered {
    unknown,          // driver error, time-out, unreadable probe: nothing may be concluded
    absent,           // no owner, no intent, nothing on the backend
    intent,           // a create or clone was begun, its result is not owned yet
    unclaimed,        // the backend has it, we own nothing of that name yet
    duplicate,        // the backend object is not the one we own
    lost,             // we own it, and the backend is certain that it is gone
    stale_here,       // mounted here, but the backend or the grant says it is not ours (any more)
    detached,         // exists, attached nowhere
    elsewhere,        // attached to another node
    elsewhere_fenced, // as before, with proof that the node can write no more
    here_nodev,       // attached here; its device is missing, another one, or too small
    here_blank,       // device proven, whole probe clean, and never formatted or formatted by us
    here_suspect,     // device proven, content not what the records say
    here_fs,          // the expected filesystem, not mounted
    mounted,          // the proven device, mounted once, where it belongs
    mounted_wrong,    // mounted elsewhere or twice, or another device on our mount point
};
inline constexpr std::size_t kDiscoveredCount = 16;

enum class Desired {
    mount,   // this node uses it
    release, // exists, used here by nobody
    destroy, // its tombstone is written
    hold,    // records are stale or absent: change nothing
};
inline constexpr std::size_t kDesiredCount = 4;

enum class Action {
    none,            // as desired
    retry,           // look again later; nothing may be concluded now
    report,          // tell the operator, change nothing
    create,          // write the intent, then create or clone
    resume_create,   // repeat the create with the same token, then own the result
    claim,           // own what the backend has, by compare-and-set
    fail_lost,       // error to the user: never create again in its place
    fail_duplicate,  // error to the user: never use the other one
    fail_suspect,    // error to the user: nothing is written
    fail_wrong,      // error to the user: our mount point or device is in other use
    fail_not_found,  // nothing is there and nothing was asked to be made
    confirm_deleted, // it is gone: the tombstone has done its work
    tear_down,       // local only: unmount, remove paths; no flush, no driver call
    attach,          // ask the backend, then connect the device
    destroy,         // remove it from the backend
    wait_for_holder, // another node has it; wait for its release
    take_over,       // bump the epoch, detach the fenced node, then attach
    detach_fenced,   // bump the epoch, detach the fenced node
    rescan,          // look for the device again
    reattach,        // detach and attach, once
    fail_nodev,      // the device does not appear
    detach,          // disconnect the device, then tell the backend
    format,          // format = started, probe again, mkfs with our uuid, format = done
    finish_format,   // our mkfs had ended when we crashed: check read-only, format = done
    mount,           // check, grow if that is due, mount
    unmount,         // unmount; busy: name the holder
    unmount_wrong,   // unmount what is in the wrong place, unless it is busy
};

enum class Format {
    never,     // no filesystem was ever made on it
    started,   // mkfs was begun under our token
    done,      // formatted by us
    inherited, // came with data: a clone, or adopted
};

std::string_view to_string(Discovered state) noexcept;
std::string_view to_string(Desired desired) noexcept;
std::string_view to_string(Action action) noexcept;

} // namespace drover::plan
