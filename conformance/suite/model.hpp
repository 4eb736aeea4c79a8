// The tiny reference of what should exist: fed with the answers that a test got, compared with the driver's
// listing at the test's end. Pure.
#pragma once

#include "conformance/suite/outcome.hpp"
#include "loader/volume_types.hpp"

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace drover::conformance {

struct Expected {
    enum class Presence { there, gone, unknown };
    Presence presence = Presence::unknown;
    std::uint64_t bytes = 0;
    std::string profile;
    std::string parent;          // of a snapshot
    std::set<std::string> nodes; // it is attached to; of a volume
    bool nodes_known = true;     // false after an attach or detach whose effect nobody knows
};

class Model {
public:
    // What was there before the test, and is not its business as long as it stays.
    void set_strangers(std::span<const BackendVolume> volumes, std::span<const BackendVolume> snapshots);

    void made(const BackendVolume &volume); // also emitted again, with what is now true of it
    void gone(const std::string &id, bool is_snapshot);
    // It may or may not exist now.
    void doubtful(const std::string &id, bool is_snapshot);
    void attached(const std::string &id, const std::string &node);
    void detached(const std::string &id, const std::string &node);
    void attachment_doubtful(const std::string &id);
    void resized(const std::string &id, std::uint64_t bytes);

    [[nodiscard]] const std::map<std::string, Expected> &volumes() const noexcept { return volumes_; }
    [[nodiscard]] const std::map<std::string, Expected> &snapshots() const noexcept { return snapshots_; }

    // Each difference as a finding. `is_shared`: others work on the backend as well, so objects that the test
    // did not make may come and go. Rows may repeat.
    [[nodiscard]] std::vector<Finding> compare_volumes(std::span<const BackendVolume> listed,
                                                       bool is_shared) const;
    [[nodiscard]] std::vector<Finding> compare_snapshots(std::span<const BackendVolume> listed,
                                                         bool is_shared) const;

private:
    std::map<std::string, Expected> volumes_;
    std::map<std::string, Expected> snapshots_;
    std::set<std::string> strange_volumes_;
    std::set<std::string> strange_snapshots_;
};

} // namespace drover::conformance
