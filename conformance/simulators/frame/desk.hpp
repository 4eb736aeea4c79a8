// Where every request arrives: the tests' own calls (/sim/...) are answered here; the others meet the faults
// that are armed, are handed to the array, and are written into the journal.
#pragma once

#include "conformance/simulators/frame/array.hpp"
#include "conformance/simulators/frame/clock.hpp"
#include "conformance/simulators/frame/faults.hpp"
#include "conformance/simulators/frame/journal.hpp"

#include <condition_variable>
#include <mutex>

namespace drover::sim {

class Desk {
public:
    // All outlive the desk.
    Desk(Array &array, Faults &faults, Journal &journal, Clock &clock)
        : array_(array), faults_(faults), journal_(journal), clock_(clock) {}

    // Any thread; blocks while a fault delays.
    [[nodiscard]] Reply handle(const Request &request);
    // Ends all delays: the program is about to end.
    void stop();

private:
    void delay(std::chrono::milliseconds time);
    [[nodiscard]] Reply ask_array(const Request &request, const std::vector<Faults::Hit> &hits,
                                  boost::json::object &notes);

    Array &array_;
    Faults &faults_;
    Journal &journal_;
    Clock &clock_;
    std::mutex mutex_;
    std::condition_variable stopped_;
    bool is_stopping_ = false;
};

} // namespace drover::sim
