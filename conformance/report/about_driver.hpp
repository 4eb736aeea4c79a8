// What a driver says of itself, for the head of a report. A process of its own asks it, as with every test:
// the runner never runs driver code, and a driver that dies here has only said less.
#pragma once

#include "conformance/suite/settings.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drover::conformance {

struct AboutDriver {
    std::string name; // empty: the file could not be loaded, and nothing is known
    std::string version;
    std::string vendor;
    unsigned abi_major = 0;
    unsigned abi_minor = 0;

    // Of the open backend; empty when it did not open.
    std::vector<std::string> extensions; // "drv.snapshot/1"
    std::vector<std::string> protocols;  // "iscsi"
    std::vector<std::string> traits;     // "thin", "multi-attach"

    bool operator==(const AboutDriver &) const = default;
};

// In the child: writes what it learns to kResultFd, a line when the file is loaded and one more when the
// backend is open. The program's exit code.
int tell_about_driver(const Settings &settings);

// The last of these lines that can be read. They come from a process that ran the driver, so nothing in them
// is believed: what has not the form of such a line is passed over.
AboutDriver read_about_driver(std::string_view lines);

// In the runner: starts this program with `arguments` and reads what it tells. A few seconds at most.
AboutDriver ask_about_driver(const std::vector<std::string> &arguments, std::chrono::nanoseconds limit,
                             int stop_fd);

} // namespace drover::conformance
