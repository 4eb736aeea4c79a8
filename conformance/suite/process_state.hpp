// What a process holds, this one or a driver's own: descriptors, threads, children. Taken before and after
// something that must leave nothing behind, and compared in words.
#pragma once

#include "loader/base/deadline.hpp"

#include <map>
#include <set>
#include <string>
#include <sys/types.h>
#include <vector>

namespace drover::conformance {

struct ProcessState {
    std::map<int, std::string> fds; // number to what it leads to
    std::set<int> threads;
    std::set<int> children;

    static ProcessState now() { return of(0); }
    // 0: of this process. One that ended holds nothing.
    static ProcessState of(pid_t process);
    // A process that gave up its privileges shows its descriptors to root only.
    static bool can_see(pid_t process);

    // "descriptor 7 (socket:[1234])", "thread 991", "child process 992 (sleep)": here and not in `before`.
    [[nodiscard]] std::vector<std::string> added_since(const ProcessState &before) const;
};

// Looks again until nothing is added, or the deadline: the kernel takes a moment to forget a thread that was
// joined. What is still there then.
std::vector<std::string> left_behind(const ProcessState &before, Deadline deadline, pid_t process = 0);

} // namespace drover::conformance
