// The transport that goes to the array: resolves, connects, sends, and knows when a request may be sent
// again.
#pragma once

#include "drover/sdk/host.hpp"
#include "drover/sdk/rest/options.hpp"
#include "drover/sdk/rest/secrets.hpp"
#include "drover/sdk/rest/transport.hpp"
#include "sdk/rest/pool.hpp"
#include "sdk/rest/resolver.hpp"
#include "sdk/rest/tls_context.hpp"

namespace drv::rest {

class Network : public Transport {
public:
    // As Client's constructor.
    Network(Host host, const Options &options, std::shared_ptr<const Secrets> secrets);
    [[nodiscard]] Response exchange(const Request &request, const Limit &limit) override;

private:
    struct Sent {
        bool in_full = false, reused = false, connected = false;
    };
    [[nodiscard]] Outcome<Answer> attempt(const Request &request, std::string_view text, const Limit &limit,
                                          bool may_reuse, Sent &sent);
    [[nodiscard]] Error error_of(const Request &request, const Failure &failure, const Sent &sent,
                                 const Limit &asked) const;

    const Host host_;
    const Options options_;
    const std::shared_ptr<const Secrets> secrets_;
    const TlsContext tls_;
    Resolver resolver_;
    Pool pool_;
};

} // namespace drv::rest
