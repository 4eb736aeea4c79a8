// Programs that a benchmark runs to their end, and what the kernel says about one that runs on.
#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <sys/types.h>
#include <vector>

namespace drover::bench {

// A program ended with something else than 0.
struct ProgramFailed : std::runtime_error {
    ProgramFailed(const std::string &command, int code, std::string output)
        : std::runtime_error(command + " failed: " + output), exit_code(code), said(std::move(output)) {}
    int exit_code; // -1: a signal ended it
    std::string said;
};

// Runs it with /dev/null as its input and its output in the error text; throws ProgramFailed unless it ends
// with 0. Answers the time from its start to its end.
std::chrono::nanoseconds run(const std::vector<std::string> &words);

// CPU that the process has used, with all threads it ever had; its own, not that of its children.
std::chrono::nanoseconds cpu_time(pid_t process);
// CPU of the children it has waited for, in the kernel's ticks of 10 ms.
std::chrono::nanoseconds child_cpu_time(pid_t process);
// How often its threads of now have gone to sleep of their own will.
std::uint64_t voluntary_switches(pid_t process);
std::uint64_t resident_bytes(pid_t process);

} // namespace drover::bench
