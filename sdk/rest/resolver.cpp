#include "sdk/rest/resolver.hpp"

#include "sdk/rest/signal_fd.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdexcept>
#include <thread>

namespace drv::rest {

namespace {

std::vector<Endpoint> system_lookup(const std::string &host, std::uint16_t port, int flags) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    addrinfo *list = nullptr;
    if (const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list); code != 0)
        throw std::runtime_error(code == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(code));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
    std::vector<Endpoint> endpoints;
    for (const addrinfo *entry = list; entry != nullptr; entry = entry->ai_next) {
        Endpoint endpoint;
        if (entry->ai_addrlen > sizeof endpoint.address)
            continue;
        std::memcpy(&endpoint.address, entry->ai_addr, entry->ai_addrlen);
        endpoint.length = entry->ai_addrlen;
        endpoints.push_back(endpoint);
    }
    return endpoints;
}

// The host's signals are not for a thread of ours.
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked &) = delete;
    SignalsBlocked &operator=(const SignalsBlocked &) = delete;

private:
    sigset_t before_{};
};

} // namespace

struct Resolver::Flight {
    Event done;
    // Written before `done` is set and read after it.
    std::vector<Endpoint> endpoints{};
    std::string problem{};
};

Resolver::Resolver(Lookup lookup) : lookup_(std::move(lookup)) {}

std::shared_ptr<Resolver::Flight> Resolver::join_or_start(const Address &address) {
    const std::lock_guard lock(mutex_);
    const std::string key = address.text();
    if (auto flight = flights_[key].lock()) {
        // One that is over is not for those who come later.
        if (!flight->done.is_set())
            return flight;
    }
    auto flight = std::make_shared<Flight>();
    const SignalsBlocked blocked;
    std::thread([flight, lookup = lookup_, address] {
        try {
            flight->endpoints =
                lookup ? lookup(address.host, address.port) : system_lookup(address.host, address.port, 0);
            if (flight->endpoints.empty())
                flight->problem = "it has no address";
        } catch (const std::exception &error) {
            flight->problem = error.what();
        } catch (...) {
            flight->problem = "unknown error";
        }
        flight->done.set();
    }).detach();
    flights_[key] = flight;
    return flight;
}

Outcome<std::vector<Endpoint>> Resolver::resolve(const Address &address, const Limit &limit) {
    if (address.is_ip() && !lookup_)
        return system_lookup(address.host, address.port, AI_NUMERICHOST);
    const auto flight = join_or_start(address);
    const auto state = limit.wait(flight->done.fd(), POLLIN);
    if (!flight->done.is_set())
        return failed(state);
    if (flight->endpoints.empty()) {
        return failed(Failure::Kind::broken,
                      "the name \"" + address.host + "\" cannot be resolved: " + flight->problem);
    }
    return flight->endpoints;
}

} // namespace drv::rest
