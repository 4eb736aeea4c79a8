// How a driver logs in: what the client calls when a request needs a session.
#pragma once

#include "drover/sdk/rest/limit.hpp"
#include "drover/sdk/rest/message.hpp"

#include <functional>
#include <vector>

namespace drv::rest {

// What every request of a session carries: a cookie, a token. The values are secrets.
struct Session {
    std::vector<Header> headers;
};

// Sends without a session, within the limit of the call that needs one. Throws as Transport::exchange.
using Send = std::function<Response(const Request &)>;

// The functions run on threads that make requests, `login` and `logout` on one of them at a time.
struct SessionRules {
    // Throws Error when the array refuses: everybody who waits for the session gets that error. Required.
    std::function<Session(const Send &)> login{};
    // Whether an answer says that there is no session (any more): then one login, and the request once more,
    // of whatever method, since such an answer means that nothing was done. Nothing: status 401.
    std::function<bool(const Response &)> is_expired{};
    // Called with each answer, to take what it renews (a fresh cookie). Nothing: sessions stay as they are.
    std::function<void(Session &, const Response &)> renew{};
    // Ends a session on the array; what it throws is logged. Nothing: sessions are left to expire.
    std::function<void(const Send &, const Session &)> logout{};
};

} // namespace drv::rest
