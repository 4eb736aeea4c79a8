// The steps of the volume service: every write to the journal, and every act on a backend or on this host. A
// crash between any two of them must lose nothing, so each has a name, and a test program can die at it: it
// brings its own reached(), and the linker then leaves out ours (steps.cpp), which does nothing. Nothing in a
// shipped program can arm them.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

namespace drover {

// What a journal step writes goes by the operation it belongs to: announce comes before the act it announces,
// withdraw and restore take an announcement back.
#define DROVER_STEPS(X)                                                                                      \
    X(adopt_announce, "journal.adopt.announce")                                                              \
    X(attach_record, "journal.attach.record")                                                                \
    X(boot_record, "journal.boot.record")                                                                    \
    X(claim_record, "journal.claim.record")                                                                  \
    X(content_record, "journal.content.record")                                                              \
    X(create_announce, "journal.create.announce")                                                            \
    X(create_record, "journal.create.record")                                                                \
    X(create_settle, "journal.create.settle")                                                                \
    X(create_withdraw, "journal.create.withdraw")                                                            \
    X(detach_record, "journal.detach.record")                                                                \
    X(engine_record, "journal.engine.record")                                                                \
    X(extend_announce, "journal.extend.announce")                                                            \
    X(extend_record, "journal.extend.record")                                                                \
    X(extend_withdraw, "journal.extend.withdraw")                                                            \
    X(forget_snapshot, "journal.forget.snapshot")                                                            \
    X(forget_volume, "journal.forget.volume")                                                                \
    X(format_announce, "journal.format.announce")                                                            \
    X(format_record, "journal.format.record")                                                                \
    X(freeze_announce, "journal.freeze.announce")                                                            \
    X(freeze_record, "journal.freeze.record")                                                                \
    X(group_announce, "journal.group.announce")                                                              \
    X(group_record, "journal.group.record")                                                                  \
    X(group_withdraw, "journal.group.withdraw")                                                              \
    X(grow_record, "journal.grow.record")                                                                    \
    X(limits_record, "journal.limits.record")                                                                \
    X(manage_announce, "journal.manage.announce")                                                            \
    X(manage_record, "journal.manage.record")                                                                \
    X(node_record, "journal.node.record")                                                                    \
    X(recover_record, "journal.recover.record")                                                              \
    X(recover_snapshot, "journal.recover.snapshot")                                                          \
    X(recover_snapshot_withdraw, "journal.recover.snapshot-withdraw")                                        \
    X(release_announce, "journal.release.announce")                                                          \
    X(release_record, "journal.release.record")                                                              \
    X(release_withdraw, "journal.release.withdraw")                                                          \
    X(remove_announce, "journal.remove.announce")                                                            \
    X(remove_record, "journal.remove.record")                                                                \
    X(remove_withdraw, "journal.remove.withdraw")                                                            \
    X(retype_announce, "journal.retype.announce")                                                            \
    X(retype_record, "journal.retype.record")                                                                \
    X(retype_withdraw, "journal.retype.withdraw")                                                            \
    X(revert_announce, "journal.revert.announce")                                                            \
    X(revert_record, "journal.revert.record")                                                                \
    X(revert_withdraw, "journal.revert.withdraw")                                                            \
    X(root_record, "journal.root.record")                                                                    \
    X(snapshot_announce, "journal.snapshot.announce")                                                        \
    X(snapshot_record, "journal.snapshot.record")                                                            \
    X(snapshot_withdraw, "journal.snapshot.withdraw")                                                        \
    X(snapshot_adopt_announce, "journal.snapshot-adopt.announce")                                            \
    X(snapshot_adopt_record, "journal.snapshot-adopt.record")                                                \
    X(snapshot_adopt_withdraw, "journal.snapshot-adopt.withdraw")                                            \
    X(snapshot_release_announce, "journal.snapshot-release.announce")                                        \
    X(snapshot_release_record, "journal.snapshot-release.record")                                            \
    X(snapshot_release_withdraw, "journal.snapshot-release.withdraw")                                        \
    X(snapshot_remove_announce, "journal.snapshot-remove.announce")                                          \
    X(snapshot_remove_record, "journal.snapshot-remove.record")                                              \
    X(snapshot_remove_withdraw, "journal.snapshot-remove.withdraw")                                          \
    X(tear_down_record, "journal.tear-down.record")                                                          \
    X(use_announce, "journal.use.announce")                                                                  \
    X(use_delivered, "journal.use.delivered")                                                                \
    X(use_end_announce, "journal.use-end.announce")                                                          \
    X(use_end_record, "journal.use-end.record")                                                              \
    X(use_end_withdraw, "journal.use-end.withdraw")                                                          \
    X(use_recount, "journal.use.recount")                                                                    \
    X(use_withdraw, "journal.use.withdraw")                                                                  \
    X(act_adopt, "act.adopt")                                                                                \
    X(act_attach, "act.attach")                                                                              \
    X(act_check, "act.check")                                                                                \
    X(act_clone, "act.clone")                                                                                \
    X(act_connect, "act.connect")                                                                            \
    X(act_create, "act.create")                                                                              \
    X(act_destroy, "act.destroy")                                                                            \
    X(act_detach, "act.detach")                                                                              \
    X(act_disconnect, "act.disconnect")                                                                      \
    X(act_extend, "act.extend")                                                                              \
    X(act_format, "act.format")                                                                              \
    X(act_freeze, "act.freeze")                                                                              \
    X(act_group, "act.group")                                                                                \
    X(act_group_snapshot, "act.group-snapshot")                                                              \
    X(act_grow, "act.grow")                                                                                  \
    X(act_limits, "act.limits")                                                                              \
    X(act_mount, "act.mount")                                                                                \
    X(act_prepare_root, "act.prepare-root")                                                                  \
    X(act_release, "act.release")                                                                            \
    X(act_rescan, "act.rescan")                                                                              \
    X(act_retype, "act.retype")                                                                              \
    X(act_revert, "act.revert")                                                                              \
    X(act_snapshot, "act.snapshot")                                                                          \
    X(act_snapshot_adopt, "act.snapshot-adopt")                                                              \
    X(act_snapshot_release, "act.snapshot-release")                                                          \
    X(act_snapshot_clone, "act.snapshot-clone")                                                              \
    X(act_snapshot_destroy, "act.snapshot-destroy")                                                          \
    X(act_subfolder, "act.subfolder")                                                                        \
    X(act_thaw, "act.thaw")                                                                                  \
    X(act_thaw_leftover, "act.thaw-leftover")                                                                \
    X(act_unmount, "act.unmount")

enum class Step {
#define DROVER_STEP_NAME(name, text) name,
    DROVER_STEPS(DROVER_STEP_NAME)
#undef DROVER_STEP_NAME
};

inline constexpr std::string_view kStepNames[] = {
#define DROVER_STEP_TEXT(name, text) text,
    DROVER_STEPS(DROVER_STEP_TEXT)
#undef DROVER_STEP_TEXT
};
inline constexpr std::size_t kStepCount = std::size(kStepNames);

constexpr std::string_view to_string(Step step) noexcept {
    return kStepNames[static_cast<std::size_t>(step)];
}

enum class Moment { before, after };

// A crash point. Any thread.
void reached(Step step, Moment moment) noexcept;

// Does `work` as this step.
template <typename Work>
auto perform(Step step, Work &&work) {
    reached(step, Moment::before);
    auto result = std::forward<Work>(work)();
    reached(step, Moment::after);
    return result;
}

} // namespace drover
