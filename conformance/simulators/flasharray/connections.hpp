// Volumes connected to hosts and host groups, and their LUNs.
#pragma once

#include "conformance/simulators/flasharray/model.hpp"

#include <boost/json/array.hpp>

namespace drover::sim::flasharray {

// A connection as one host has it.
struct Path {
    const Host *host = nullptr;
    const Volume *volume = nullptr;
    const HostGroup *group = nullptr; // of a shared one
    unsigned lun = 0;
};

enum class Shared { no, yes, both };
// `private` and `shared` of a call.
[[nodiscard]] Shared shared_of(const Ask &ask);

[[nodiscard]] std::vector<Path> paths_of_host(const Store &store, const Host &host, Shared shared);
[[nodiscard]] std::vector<Path> paths_of_volume(const Store &store, const Volume &volume, Shared shared);
[[nodiscard]] std::vector<Path> all_paths(const Store &store);

// host/H/volume[/V]
[[nodiscard]] boost::json::value answer_host_volume(Model &model, const Ask &ask);
// hgroup/G/volume[/V]
[[nodiscard]] boost::json::value answer_host_group_volume(Model &model, const Ask &ask);
// volume/V/host, volume/V/hgroup
[[nodiscard]] boost::json::value answer_volume_host(const Model &model, const Ask &ask);
[[nodiscard]] boost::json::value answer_volume_host_group(const Model &model, const Ask &ask);

// A host comes into a group, or leaves it: it gets or loses the group's volumes. The host's group is set
// here.
void join_group(Model &model, Id host, Id group);
void leave_group(Model &model, Id host);

} // namespace drover::sim::flasharray
