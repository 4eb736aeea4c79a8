#include "sdk/rest/network.hpp"

#include <utility>

namespace drv::rest {

Network::Network(Host host, const Options &options, std::shared_ptr<const Secrets> secrets)
    : host_(host), options_(options), secrets_(std::move(secrets)), tls_(options.tls),
      resolver_(options.lookup), pool_(options.max_connections, options.idle_limit) {
    if (!options.tls.verify) {
        host_.warn("the certificate of the array at " + options.address.text() +
                   " is not checked, because the configuration says so (" + options.tls.verify_key +
                   "): whoever can stand between this node and the array can take its credentials");
    }
}

Outcome<Answer> Network::attempt(const Request &request, std::string_view text, const Limit &limit,
                                 bool may_reuse, Sent &sent) {
    sent = {};
    const auto place = pool_.take_place(limit);
    if (!place)
        return tl::unexpected(place.error());
    if (!may_reuse)
        pool_.drop_idle(); // they are as old as the one that broke
    auto connection = may_reuse ? pool_.take_idle() : nullptr;
    sent.reused = connection != nullptr;
    if (!connection) {
        const auto endpoints = resolver_.resolve(options_.address, limit);
        if (!endpoints)
            return tl::unexpected(endpoints.error());
        auto opened = Connection::open(*endpoints, options_.address, tls_, limit, options_.connect_limit);
        if (!opened)
            return tl::unexpected(opened.error());
        connection = std::move(*opened);
    }
    sent.connected = true;
    if (const auto written = connection->write(text, limit); !written)
        return tl::unexpected(written.error());
    sent.in_full = true;
    ConnectionSource source(*connection, limit);
    auto answer = read_answer(source, request.method, {options_.max_header_bytes, options_.max_body_bytes});
    if (answer && answer->keeps_open)
        pool_.put_back(std::move(connection));
    return answer;
}

Response Network::exchange(const Request &request, const Limit &limit) {
    const std::string text = request_text(request, options_.address, options_.headers, options_.user_agent);
    const Limit narrowed = limit.at_most(options_.exchange_limit);
    Sent sent;
    auto answer = attempt(request, text, narrowed, true, sent);
    // The retry rule: only after a connection that broke, and only where nothing can happen twice.
    if (!answer && answer.error().kind == Failure::Kind::broken && sent.connected &&
        (request.is_idempotent() || (sent.reused && !sent.in_full))) {
        host_.debug("rest: sending " + std::string(name_of(request.method)) + " " +
                    secrets_->cleaned(request.path) + " again on a new connection: " + answer.error().detail);
        const Sent first = sent;
        answer = attempt(request, text, narrowed, false, sent);
        sent.connected = sent.connected || first.connected;
        sent.in_full = sent.in_full || first.in_full;
    }
    if (!answer)
        throw error_of(request, answer.error(), sent, limit);
    return std::move(answer->response);
}

Error Network::error_of(const Request &request, const Failure &failure, const Sent &sent,
                        const Limit &asked) const {
    const std::string what = std::string(name_of(request.method)) + " https://" + options_.address.text() +
                             request.path + " failed: ";
    // What broke while it was being sent may have arrived all the same.
    const bool may_have_happened = sent.connected && request.may_change();
    const std::string note =
        may_have_happened ? "; the array may have done what it was asked all the same" : "";
    const auto finished = [&](Error error) {
        return may_have_happened ? std::move(error).state_unknown() : std::move(error);
    };
    switch (failure.kind) {
    case Failure::Kind::late:
        if (asked.state() == Limit::State::late) {
            return finished(
                Error(Code::deadline, what +
                                          (sent.in_full ? "no answer before the deadline"
                                                        : "the deadline passed before it was sent") +
                                          note)
                    .retryable());
        }
        return finished(
            Error(Code::unreachable, what + "the array did not answer in time" + note).retryable());
    case Failure::Kind::cancelled:
        return finished(Error(Code::cancelled, what + "the operation was cancelled" + note).retryable());
    case Failure::Kind::refused:
        return finished(Error(Code::unreachable, what + failure.detail));
    case Failure::Kind::malformed:
        return finished(Error(Code::internal, what + failure.detail + note));
    case Failure::Kind::broken:
        break;
    }
    return finished(Error(Code::unreachable, what + failure.detail + note).retryable());
}

} // namespace drv::rest
