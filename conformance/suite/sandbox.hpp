// Runs one program in a process group of its own with a time limit, and tells how it ended. What a driver
// does there (crash, hang, write to stdout, leave children behind) ends with the sandbox. It knows nothing of
// tests.
#pragma once

#include "loader/base/error.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace drover::conformance {

// The descriptors the child finds besides 0 (reads nothing), 1 and 2 (are recorded).
inline constexpr int kResultFd = 3;
inline constexpr int kTraceFd = 4;

struct SandboxRequest {
    std::filesystem::path program;
    std::vector<std::string> arguments; // without the program's own name
    std::chrono::nanoseconds limit{std::chrono::seconds(60)};
    int trace_fd = -1; // becomes kTraceFd; -1: none
    int stop_fd = -1;  // readable: end now; -1: none
};

struct SandboxEnd {
    enum class How { exited, killed_by_signal, timed_out, stopped };
    How how = How::exited;
    int code = 0;            // exit status, or the signal
    std::string result;      // what was written to kResultFd, at most kMaxResultBytes
    std::string output_tail; // the end of stderr and of stdout
    std::chrono::nanoseconds duration{0};
};

inline constexpr std::size_t kMaxResultBytes = std::size_t{1} << 20;
inline constexpr std::size_t kTailBytes = 4096;

// Whatever is left of the child's process group is killed before this returns. Fails only when no process
// could be started or its end could not be seen.
Result<SandboxEnd> run_in_sandbox(const SandboxRequest &request);

// "exit status 3", "signal 11 (Segmentation fault)".
std::string describe(const SandboxEnd &end);

} // namespace drover::conformance
