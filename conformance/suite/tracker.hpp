// The list of what a run has made on the backend and not taken away yet, kept in a file: written before each
// object is made, so that whatever happens to a test's process, the next one knows what to destroy.
#pragma once

#include "loader/base/error.hpp"
#include "loader/base/unique_fd.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace drover::conformance {

enum class TrackedKind { volume, snapshot, attachment };

struct Tracked {
    TrackedKind kind = TrackedKind::volume;
    std::string id;   // of the volume or snapshot
    std::string node; // of an attachment
    bool operator==(const Tracked &) const = default;
};

class Tracker {
public:
    // Appends to the file, which is made if need be.
    static Result<Tracker> open(const std::filesystem::path &file);

    // One short write each: whole lines only, also from several processes. A write that fails is told on
    // stderr and does not stop the test.
    void add(const Tracked &what);
    void remove(const Tracked &what);

    // What is still there by the file, in the order in which it was made. A last line that was cut is left
    // out. An absent file is an empty list.
    static Result<std::vector<Tracked>> remaining(const std::filesystem::path &file);

private:
    explicit Tracker(UniqueFd fd) : fd_(std::move(fd)) {}
    void write(char sign, const Tracked &what);

    UniqueFd fd_;
};

} // namespace drover::conformance
