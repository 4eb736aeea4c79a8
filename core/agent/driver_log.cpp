#include "core/agent/driver_log.hpp"

#include <spdlog/spdlog.h>

namespace drover {

namespace {
spdlog::level::level_enum level_of(LogLevel level) noexcept {
    switch (level) {
    case LogLevel::debug:
        return spdlog::level::debug;
    case LogLevel::info:
        return spdlog::level::info;
    case LogLevel::warn:
        return spdlog::level::warn;
    case LogLevel::error:
        return spdlog::level::err;
    }
    return spdlog::level::info;
}

void report(std::string_view backend, std::uint64_t left_out) {
    if (left_out > 0)
        spdlog::warn("backend {}: {} lines of its driver left out", backend, left_out);
}
} // namespace

void DriverLog::log(std::string_view backend, LogLevel level, std::string_view message) {
    auto verdict = LogBudget::Verdict::write;
    std::uint64_t left_out = 0;
    {
        const std::lock_guard lock(mutex_);
        auto budget = budgets_.find(backend);
        if (budget == budgets_.end())
            budget = budgets_.emplace(backend, LogBudget{}).first;
        const auto now = clock_();
        left_out = budget->second.end_silence(now);
        verdict = budget->second.take(level, now);
    }
    report(backend, left_out);
    if (verdict == LogBudget::Verdict::write) {
        spdlog::log(level_of(level), "backend {}: {}", backend, message);
    } else if (verdict == LogBudget::Verdict::silence) {
        spdlog::warn("backend {}: its driver floods the log; lines are left out for {} s", backend,
                     LogBudget::kSilence.count());
        if (later_)
            later_(LogBudget::kSilence, [this, name = std::string(backend)] { tell_left_out(name); });
    }
}

void DriverLog::tell_left_out(const std::string &backend) {
    std::uint64_t left_out = 0;
    {
        const std::lock_guard lock(mutex_);
        left_out = budgets_.at(backend).end_silence(clock_());
    }
    report(backend, left_out);
}

bool DriverLog::log_enabled(LogLevel level) const noexcept {
    return spdlog::should_log(level_of(level));
}

} // namespace drover
