// The case file's keys as the driver gets them, and the host that a driver under test sees.
#pragma once

#include "conformance/suite/case_file.hpp"
#include "loader/host.hpp"
#include "loader/library.hpp"

namespace drover::conformance {

// Code::invalid with every problem in one sentence: unknown, missing and wrong keys.
Result<BackendSettings> check_settings(const CaseFile &file, const DriverDescription &driver);
// The same with `bad-keys` in place of the keys of the same name.
Result<BackendSettings> check_bad_settings(const CaseFile &file, const DriverDescription &driver);

// A driver's log goes to stderr, whose end is shown when a test fails.
class StderrHost final : public Host {
public:
    void log(std::string_view backend, LogLevel level, std::string_view message) override;
    [[nodiscard]] bool log_enabled(LogLevel level) const noexcept override { return level >= LogLevel::info; }
};

} // namespace drover::conformance
