// Where the drivers' own log lines go: into the agent's log, under the name of their backend. A driver that
// floods it loses lines, and the log says how many.
#pragma once

#include "core/agent/log_budget.hpp"
#include "loader/host.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace drover {

class DriverLog final : public Host {
public:
    using Clock = std::function<LogBudget::Time()>;
    // Has the call made once after that time, on any thread.
    using Later = std::function<void(std::chrono::nanoseconds, std::function<void()>)>;

    explicit DriverLog(Clock clock = [] { return std::chrono::steady_clock::now(); })
        : clock_(std::move(clock)) {}
    // Without it the end of a flood is told with the next line only. Before the first line; what it was given
    // must not be called any more when this is gone.
    void set_later(Later later) { later_ = std::move(later); }

    void log(std::string_view backend, LogLevel level, std::string_view message) override;
    [[nodiscard]] bool log_enabled(LogLevel level) const noexcept override;

private:
    void tell_left_out(const std::string &backend);

    Clock clock_;
    Later later_;
    std::mutex mutex_;
    std::map<std::string, LogBudget, std::less<>> budgets_; // by backend
};

} // namespace drover
