// Making, changing and ending volumes and their snapshots.
#pragma once

#include "conformance/simulators/flasharray/model.hpp"

#include <boost/json/array.hpp>

namespace drover::sim::flasharray {

// The row of REST: name, size, serial, created, source.
[[nodiscard]] boost::json::object volume_row(const Volume &volume);

// GET volume, GET volume/V
[[nodiscard]] boost::json::value list_volumes(Model &model, const Ask &ask);
[[nodiscard]] boost::json::value show_volume(Model &model, const Ask &ask);
// POST volume/V and POST volume (snapshots)
[[nodiscard]] boost::json::value make_volume(Model &model, const Ask &ask);
[[nodiscard]] boost::json::value make_snapshots(Model &model, const Ask &ask);
// PUT volume/V, DELETE volume/V
[[nodiscard]] boost::json::value change_volume(Model &model, const Ask &ask);
[[nodiscard]] boost::json::value remove_volume(Model &model, const Ask &ask);

// A snapshot of a live volume, under that whole name; for groups with their snapshot's id.
Volume make_snapshot(Model &model, const Volume &of, std::string name, Id group_snapshot);

// Destroys, recovers and eradicates a volume or snapshot with what goes with it. No questions asked: the
// callers have.
void destroy_volume(Model &model, Id volume, bool falls_with_parent);
void recover_volume(Model &model, Id volume);
void eradicate_volume(Model &model, Id volume);
// What has waited for long enough goes.
void eradicate_due(Model &model);

} // namespace drover::sim::flasharray
