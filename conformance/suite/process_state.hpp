// What this process holds: descriptors, threads, children. Taken before and after something that must leave
// nothing behind, and compared in words.
#pragma once

#include "loader/base/deadline.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace drover::conformance {

struct ProcessState {
    std::map<int, std::string> fds; // number to what it leads to
    std::set<int> threads;
    std::set<int> children;

    static ProcessState now();

    // "descriptor 7 (socket:[1234])", "thread 991", "child process 992 (sleep)": here and not in `before`.
    [[nodiscard]] std::vector<std::string> added_since(const ProcessState &before) const;
};

// Looks again until nothing is added, or the deadline: the kernel takes a moment to forget a thread that was
// joined. What is still there then.
std::vector<std::string> left_behind(const ProcessState &before, Deadline deadline);

} // namespace drover::conformance
