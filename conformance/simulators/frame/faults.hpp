// The rules that are armed: counts which calls they have seen, and says what becomes of one. Any thread.
#pragma once

#include "conformance/simulators/frame/fault.hpp"

#include <boost/json/array.hpp>

#include <mutex>
#include <optional>
#include <vector>

namespace drover::sim {

class Faults {
public:
    struct Hit {
        std::uint64_t id = 0;
        Fault fault;
    };

    // Its id.
    std::uint64_t arm(Fault fault);
    // False when there is none of that id.
    bool disarm(std::uint64_t id);
    void disarm_all();

    // The rules that this call meets. Every rule counts the calls that match it; of those that strike, delays
    // are all of them and of the others the oldest.
    [[nodiscard]] std::vector<Hit> meet(const Request &request);

    // Each with its id, how many calls matched and how many were hit. Spent rules stay until they are
    // disarmed.
    [[nodiscard]] boost::json::array list() const;

private:
    struct Armed {
        std::uint64_t id = 0;
        Fault fault;
        std::uint64_t seen = 0, hit = 0;
    };

    mutable std::mutex mutex_;
    std::uint64_t last_id_ = 0;
    std::vector<Armed> armed_;
};

} // namespace drover::sim
