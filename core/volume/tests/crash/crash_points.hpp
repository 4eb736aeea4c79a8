// Dying at a step. This program's own reached(): it notes every crash point that armed code passes, in memory
// that parent and child share, and kills the process at the one that was chosen, as SIGKILL or a power cut
// would. Unarmed it does nothing.
#pragma once

#include "core/volume/steps.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace drover::crash {

struct Point {
    Step step;
    Moment moment;
    bool operator==(const Point &) const = default;
};
std::string to_string(const Point &point); // "journal.create.announce, before"

// One shared trace, for one child at a time.
class Trace {
public:
    Trace();
    ~Trace();
    Trace(const Trace &) = delete;
    Trace &operator=(const Trace &) = delete;

    // In the parent, before the fork: nothing was passed yet, and the child dies at the n-th point it passes
    // (from 0), or at the first passing of a given point, or at none.
    void reset();
    void reset(std::size_t die_at);
    void reset(const Point &die_at);
    // In the child: from here on (and not any more).
    void arm();
    void disarm();
    // In the parent, afterwards.
    [[nodiscard]] std::vector<Point> passed() const;

private:
    struct Shared;
    Shared *shared_;
    friend void pass(Step step, Moment moment) noexcept;
};

// Called right before a process dies at a point; for what a power cut takes along.
void on_death(void (*lose)());

} // namespace drover::crash
