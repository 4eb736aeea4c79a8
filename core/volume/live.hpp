// What is true of volumes right now on this node and need not survive a restart: devices, mounts, who else
// has them, and what last went wrong. Discovery fills it again after a start.
#pragma once

#include "core/volume/views.hpp"

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace drover {

struct Live {
    bool mounted = false;
    bool lost = false;
    std::string device; // "/dev/..."; empty: not attached here
    std::string holder; // the other node that has it; empty: none known
    std::optional<VolumeFailure> failure;
    unsigned attempts = 0; // of the background convergence since the last success
};

class LiveTable {
public:
    [[nodiscard]] Live get(const std::string &id) const {
        const std::lock_guard lock(mutex_);
        const auto found = rows_.find(id);
        return found == rows_.end() ? Live{} : found->second;
    }
    template <typename Change>
    void change(const std::string &id, const Change &change) {
        const std::lock_guard lock(mutex_);
        Live &row = rows_[id];
        change(row);
        if (!row.mounted && !row.lost && row.device.empty() && row.holder.empty() && !row.failure &&
            row.attempts == 0) {
            rows_.erase(id); // an idle volume costs nothing
        }
    }
    [[nodiscard]] std::vector<std::string> mounted() const {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> ids;
        for (const auto &[id, row] : rows_) {
            if (row.mounted)
                ids.push_back(id);
        }
        return ids;
    }
    void erase(const std::string &id) {
        const std::lock_guard lock(mutex_);
        rows_.erase(id);
    }

private:
    mutable std::mutex mutex_;
    std::unordered_map<std::string, Live> rows_;
};

} // namespace drover
