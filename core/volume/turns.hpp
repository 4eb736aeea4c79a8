// Which of several things that are to be done to the same volume later is the newest, so that the older ones
// can step back. Any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace drover {

class Turns {
public:
    [[nodiscard]] std::uint64_t next(const std::string &id) {
        const std::lock_guard lock(mutex_);
        return newest_[id] = ++last_;
    }
    [[nodiscard]] bool is_newest(const std::string &id, std::uint64_t turn) const {
        const std::lock_guard lock(mutex_);
        const auto found = newest_.find(id);
        return found != newest_.end() && found->second == turn;
    }
    // Nothing is to be done after this one, unless something newer has come.
    void end(const std::string &id, std::uint64_t turn) {
        const std::lock_guard lock(mutex_);
        const auto found = newest_.find(id);
        if (found != newest_.end() && found->second == turn)
            newest_.erase(found);
    }

private:
    mutable std::mutex mutex_;
    std::uint64_t last_ = 0;
    std::unordered_map<std::string, std::uint64_t> newest_;
};

} // namespace drover
