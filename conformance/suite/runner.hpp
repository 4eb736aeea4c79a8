// Runs cases one after the other, each in a process of its own, and makes a result of every ending there can
// be. Also the other side: what such a process does.
#pragma once

#include "conformance/suite/outcome.hpp"
#include "conformance/suite/registry.hpp"
#include "conformance/suite/settings.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace drover::conformance {

struct RunnerOptions {
    std::vector<std::string> child_arguments; // how this program runs one test: the case's id is appended
    std::vector<std::string> sweep_arguments; // how it sweeps
    bool in_process = false;                  // no processes: a crash ends the run
    int stop_fd = -1;                         // readable: stop
};

class Runner {
public:
    // `settings` outlives the runner.
    Runner(const Settings &settings, RunnerOptions options);

    TestResult run(const Case &running);
    // A stop was asked for during the last run.
    [[nodiscard]] bool was_stopped() const noexcept { return was_stopped_; }
    // What could not be taken away from the backend, after everything was tried.
    [[nodiscard]] std::vector<std::string> leftovers() const;

private:
    std::optional<std::string> reason_to_skip(const Case &running) const;
    TestResult run_in_child(const Case &running);
    TestResult run_here(const Case &running) const;
    void sweep(TestResult &result);

    const Settings &settings_;
    RunnerOptions options_;
    std::array<std::string, 3> closed_; // by stage: the gate that did not pass
    bool was_stopped_ = false;
};

// In the child: runs the case and writes its result to kResultFd. The program's exit code.
int run_one(const Settings &settings, const Case &running);

} // namespace drover::conformance
