// Host names to addresses, within a limit: getaddrinfo cannot be interrupted and may block for half a minute,
// so it runs on a thread of its own that is left behind when nobody waits any more. Threads that ask for the
// same host share one look-up, so at most one such thread is left for a host.
#pragma once

#include "drover/sdk/rest/options.hpp"
#include "sdk/rest/failure.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace drv::rest {

class Resolver {
public:
    explicit Resolver(Lookup lookup); // empty: getaddrinfo
    // At least one. [any thread]
    [[nodiscard]] Outcome<std::vector<Endpoint>> resolve(const Address &address, const Limit &limit);

private:
    struct Flight;
    [[nodiscard]] std::shared_ptr<Flight> join_or_start(const Address &address);

    const Lookup lookup_;
    std::mutex mutex_;
    std::map<std::string, std::weak_ptr<Flight>> flights_;
};

} // namespace drv::rest
