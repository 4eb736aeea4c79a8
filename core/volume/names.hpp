// What a volume or a snapshot may be called, and how a caller's word for one is found in the journal.
#pragma once

#include "core/volume/journal.hpp"
#include "core/volume/views.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace drover {

// [a-zA-Z0-9][a-zA-Z0-9_.-]*, at most 255 bytes, as Docker's own volume names: no slash, nothing to escape
// anywhere.
Result<void> check_name(std::string_view name, std::string_view what);

// By name first, then by id. not_found carries the sentence.
Result<Journal::VolumePtr> find_volume(const Journal &journal, const VolumeRef &ref);
// `snapshot` is an id, or a name of one of the volume's; a name without a volume is good while only one
// snapshot has it.
Result<Journal::SnapshotPtr> find_snapshot(const Journal &journal, const std::string &snapshot,
                                           const std::optional<VolumeRef> &of);

// By name first, then by id.
Result<Journal::GroupPtr> find_group(const Journal &journal, const std::string &group);
Result<Journal::GroupSnapshotPtr> find_group_snapshot(const Journal &journal, const GroupRecord &group,
                                                      const std::string &snapshot);
// What a caller sent, cut and made printable: for error texts and logs.
std::string shown_name(std::string_view text);

} // namespace drover
