// A Host that keeps what was logged, for tests.
#pragma once

#include "loader/host.hpp"

#include <mutex>
#include <string>
#include <vector>

namespace drover::testing {

class RecordingHost final : public Host {
public:
    struct Line {
        std::string backend;
        LogLevel level;
        std::string message;
    };

    explicit RecordingHost(LogLevel threshold = LogLevel::info) : threshold_(threshold) {}

    void log(std::string_view backend, LogLevel level, std::string_view message) override {
        const std::lock_guard lock(mutex_);
        lines_.push_back(Line{std::string(backend), level, std::string(message)});
    }
    [[nodiscard]] bool log_enabled(LogLevel level) const noexcept override { return level >= threshold_; }

    [[nodiscard]] std::vector<Line> lines() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }
    [[nodiscard]] std::vector<std::string> messages() const {
        std::vector<std::string> result;
        for (const Line &line : lines())
            result.push_back(line.message);
        return result;
    }

private:
    LogLevel threshold_;
    mutable std::mutex mutex_;
    std::vector<Line> lines_;
};

} // namespace drover::testing
