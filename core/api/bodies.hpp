// The bodies of requests, read strictly: an unknown key, a wrong type or a number out of range is
// Code::invalid with the key in its words. What the values mean to volumes is for the service to judge.
#pragma once

#include "core/volume/views.hpp"
#include "loader/base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace drover {

Result<VolumeSpec> read_volume_spec(std::string_view body);
Result<std::string> read_use(std::string_view body);
Result<std::uint64_t> read_new_size(std::string_view body);
// No body at all is good, and means an empty name.
Result<std::string> read_new_snapshot(std::string_view body);

Result<NewShape> read_new_shape(std::string_view body);
// A limit that is absent or null is none.
Result<Limits> read_limits(std::string_view body);
Result<AdoptSpec> read_adopt_spec(std::string_view body);
Result<AdoptSpec> read_snapshot_adopt_spec(std::string_view body); // without a backend

Result<GroupSpec> read_group_spec(std::string_view body);
// Volumes by name or id.
struct GroupChange {
    std::vector<std::string> add;
    std::vector<std::string> remove;
};
Result<GroupChange> read_group_change(std::string_view body);
// The backends. No body at all is good, and means all of them.
Result<std::vector<std::string>> read_fence(std::string_view body);

// The keys of a schema of openapi.yaml ("VolumeSpec", "Source", "Root", "Use", "NewSize", "NewSnapshot",
// "NewShape", "NewLimits", "AdoptSpec", "SnapshotAdoptSpec", "GroupSpec", "GroupChange", "Fence").
const std::vector<std::string> &keys_of_body(std::string_view schema);

} // namespace drover
