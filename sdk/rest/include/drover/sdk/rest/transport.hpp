// The way of a request to its answer: the network, or a file of recorded exchanges.
#pragma once

#include "drover/sdk/rest/limit.hpp"
#include "drover/sdk/rest/message.hpp"

namespace drv::rest {

class Transport {
public:
    Transport() = default;
    virtual ~Transport() = default;
    Transport(const Transport &) = delete;
    Transport &operator=(const Transport &) = delete;

    // Blocks until the answer is there, of whatever status, or throws Error: unreachable, deadline,
    // cancelled, or internal when the answer is no HTTP or too large. STATE_UNKNOWN is set when a request
    // that may change something could have arrived. [any thread]
    [[nodiscard]] virtual Response exchange(const Request &request, const Limit &limit) = 0;
};

} // namespace drv::rest
