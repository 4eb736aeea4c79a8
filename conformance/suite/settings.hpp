// Everything a test's process knows besides its case: made by main from the command line and the case file.
#pragma once

#include "conformance/suite/case_file.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>

namespace drover::conformance {

struct Settings {
    std::filesystem::path driver; // absolute, without symlinks
    CaseFile file;
    std::filesystem::path scratch;                            // a folder of this run; removed at its end
    std::chrono::nanoseconds limit{std::chrono::seconds(60)}; // of one test
    std::uint64_t seed = 0;
    bool is_isolated = false; // the driver runs in a process of its own, as it does under most agents

    [[nodiscard]] std::filesystem::path tracker_file() const { return scratch / "made-by-tests"; }
};

} // namespace drover::conformance
