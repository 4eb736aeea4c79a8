// The seam between the frame and a vendor's part: an array that answers calls.
#pragma once

#include "conformance/simulators/frame/message.hpp"
#include "loader/base/error.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace drover::sim {

class Array {
public:
    Array() = default;
    Array(const Array &) = delete;
    Array &operator=(const Array &) = delete;
    virtual ~Array() = default;

    // Any thread. `notes` become part of the journal's line: no secrets. With `pretend` the answer is that of
    // success, and everything is as it was before.
    [[nodiscard]] virtual Response answer(const Request &request, bool pretend,
                                          boost::json::object &notes) = 0;
    // Nobody is logged in any more.
    virtual void end_sessions() = 0;
    // Everything there is, for GET /sim/state: no secrets.
    [[nodiscard]] virtual boost::json::value state() = 0;
    // Changes what POST /sim/settings may change, as the seed names it. Refuses unknown keys.
    virtual Result<void> set(const boost::json::object &settings) = 0;
    // The clock was moved: what is due happens now, and the clock's offset is remembered.
    virtual void clock_moved() = 0;
};

} // namespace drover::sim
