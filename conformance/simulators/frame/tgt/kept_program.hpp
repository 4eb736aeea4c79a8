// A program in the background that ends with this process, whatever ends it, and leaves nothing. A process of
// ours stands between the two and keeps it: when its line to us breaks it kills the program and removes the
// folder it ran in; and when the keeper is killed too, the kernel kills the program.
#pragma once

#include "loader/base/deadline.hpp"
#include "loader/base/error.hpp"
#include "loader/base/unique_fd.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace drover::sim {

struct BackgroundProgram {
    std::filesystem::path file; // absolute
    std::vector<std::string> arguments;
    std::vector<std::string> environment; // "NAME=value", and no other
    // Where it runs. It has to be there, and what it prints goes into `log` in it; all of it is removed at
    // the end.
    std::filesystem::path folder;
    std::string log;
    // A descriptor that it holds open as long as it runs: with a lock on it, for those that wait for its end.
    int held = -1;
};

// Not from two threads at a time.
class KeptProgram {
public:
    static Result<KeptProgram> start(const BackgroundProgram &program);

    KeptProgram(KeptProgram &&other) noexcept
        : keeper_(std::exchange(other.keeper_, -1)), line_(std::move(other.line_)),
          ending_(std::move(other.ending_)) {}
    KeptProgram &operator=(KeptProgram &&) = delete;
    KeptProgram(const KeptProgram &) = delete;
    KeptProgram &operator=(const KeptProgram &) = delete;
    // Kills it, and returns when it and its folder are gone.
    ~KeptProgram();

    // How it ended: "was ended by signal 9 (Killed)"; nothing as long as it runs, for which this waits.
    const std::optional<std::string> &ending(Deadline deadline);

private:
    KeptProgram(pid_t keeper, UniqueFd line) noexcept : keeper_(keeper), line_(std::move(line)) {}

    pid_t keeper_;
    UniqueFd line_;
    std::optional<std::string> ending_;
};

} // namespace drover::sim
