// Who keeps a filesystem or a device busy: processes, found in /proc. Only reads.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace drover::filesystem {

struct Holder {
    int pid = 0;
    std::string command;
    std::string
        how; // "working directory", "root folder", "open file", "mapped file", "program", "open device"
    bool operator==(const Holder &) const = default;
};

// Each process once, by its first reason. Processes that end or may not be read are skipped, so an empty list
// proves nothing.
std::vector<Holder> holders_of(unsigned major, unsigned minor);
// "process 812 (bash, working directory), process 900 (tail, open file) and 3 more"; empty for none.
std::string describe(std::span<const Holder> holders);

} // namespace drover::filesystem
