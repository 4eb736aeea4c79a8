// A client for one array: HTTPS with a pool of connections, sessions, JSON, and a log without secrets. One
// per open driver; used by any number of threads at once.
//
// A request is sent at most twice. It is sent again on a new connection when the old one broke and the
// request is idempotent, or when the connection had been used before and was closed before the request was
// sent in full. It is never sent again after a deadline. Redirects are answers, proxies are not used.
#pragma once

#include "drover/sdk/host.hpp"
#include "drover/sdk/rest/answer_error.hpp"
#include "drover/sdk/rest/limit.hpp"
#include "drover/sdk/rest/options.hpp"
#include "drover/sdk/rest/secrets.hpp"
#include "drover/sdk/rest/session.hpp"
#include "drover/sdk/rest/transport.hpp"

#include <boost/json/value.hpp>

#include <memory>

namespace drv::rest {

class Client {
public:
    // Connects to nothing yet. Throws Error(invalid) for a CA file that cannot be used. Warns when
    // certificates are not checked. `host` is used until the client is gone.
    Client(Host host, Options options, SessionRules rules = {});
    // The same over another way than the network, which options.address then only names.
    Client(Host host, Options options, SessionRules rules, std::unique_ptr<Transport> transport);
    // Forgets the session and closes idle connections, without waiting for the array; see end_session. No
    // request may be under way.
    ~Client();
    Client(const Client &) = delete;
    Client &operator=(const Client &) = delete;

    // Secrets of the configuration go here before the first request. Values of session headers are added by
    // the client itself.
    [[nodiscard]] Secrets &secrets() noexcept;

    // Blocks for the answer, of whatever status, with a session when there are rules for one. Throws Error as
    // Transport::exchange, and what login throws.
    [[nodiscard]] Response send(const Limit &limit, const Request &request);
    // The same without a session: for what comes before the login, such as asking for versions.
    [[nodiscard]] Response send_plain(const Limit &limit, const Request &request);

    // The answer if it is a success (2xx); throws AnswerError otherwise.
    Response succeed(const Limit &limit, const Request &request);
    // The same, read as JSON; null for an empty body. What is no JSON, or is too deep, throws
    // Error(internal).
    [[nodiscard]] boost::json::value json(const Limit &limit, const Request &request);
    // Reads an answer of send_plain as `json` does.
    [[nodiscard]] boost::json::value read_json(const Request &request, const Response &response) const;

    // Logs out if there is a session and a rule for it. Never throws; a failure is logged. For close.
    void end_session(const Limit &limit) noexcept;

private:
    class Parts;
    std::unique_ptr<Parts> parts_;
};

} // namespace drv::rest
