// Protection groups and their snapshots.
#pragma once

#include "conformance/simulators/flasharray/model.hpp"

namespace drover::sim::flasharray {

// vollist, addvollist, remvollist and their like: changes the group's members and targets.
void change_members(Model &model, const Ask &ask, Id group);

// POST pgroup with snap
[[nodiscard]] boost::json::value snapshot_groups(Model &model, const Ask &ask);
// GET pgroup, pgroup/G with snap or transfer; nothing: of all groups
[[nodiscard]] boost::json::value list_group_snapshots(const Model &model, const Ask &ask,
                                                      const ProtectionGroup *of);
// pgroup/G.x
[[nodiscard]] boost::json::value answer_group_snapshot(Model &model, const Ask &ask);

// volume/V/pgroup[/G]
[[nodiscard]] boost::json::value answer_volume_group(Model &model, const Ask &ask);

// What is gone for good is in no group.
void forget_member(Model &model, Id volume, Id host, Id host_group);

void destroy_group_snapshot(Model &model, Id snapshot, bool falls_with_parent);
void recover_group_snapshot(Model &model, Id snapshot);
void eradicate_group_snapshot(Model &model, Id snapshot);
void destroy_group(Model &model, Id group);
void recover_group(Model &model, Id group);
void eradicate_group(Model &model, Id group);

[[nodiscard]] std::vector<const GroupSnapshot *> snapshots_of_group(const Store &store, Id group);

} // namespace drover::sim::flasharray
