// One convergence's memory, shared by the files that implement its acts. Private to this folder.
#pragma once

#include "core/volume/converge.hpp"

namespace drover {

struct Converger::Pass {
    VolumeRecord &record;
    const Task &task;
    std::shared_ptr<Driver> driver;
    Capabilities capabilities;
    Sight sight;
    bool has_looked = false; // the last act has left a sight that is true now
    bool has_formatted = false;
    bool device_overdue = false;
    bool reattached = false;
    bool gone = false; // the record was erased: nothing is left to converge

    [[nodiscard]] AttachRequest here(const Node &node) const {
        return {.volume_id = record.id, .node = node.identity};
    }
};

} // namespace drover
