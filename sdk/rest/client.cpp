#include "drover/sdk/rest/client.hpp"

#include "drover/sdk/rest/exchange_file.hpp"
#include "drover/sdk/text.hpp"
#include "sdk/rest/network.hpp"
#include "sdk/rest/sessions.hpp"

#include <boost/json/parse.hpp>

#include <chrono>
#include <utility>

namespace drv::rest {

namespace {

constexpr std::size_t kMostLogged = 1000; // of a body

std::unique_ptr<Transport> network_of(Host host, const Options &options,
                                      const std::shared_ptr<Secrets> &secrets) {
    return std::make_unique<Network>(host, options, secrets);
}

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

} // namespace

class Client::Parts {
public:
    Parts(Host the_host, Options the_options, SessionRules rules, std::unique_ptr<Transport> the_transport)
        : host(the_host), options(std::move(the_options)), sessions(std::move(rules), secrets),
          transport(the_transport ? std::move(the_transport) : network_of(host, options, secrets)) {
        if (!options.record_to.empty())
            transport = record(std::move(transport), options.record_to, secrets);
    }

    [[nodiscard]] Response exchange(const Limit &limit, const Request &request) const;
    [[nodiscard]] Response exchange_in_session(const Limit &limit, const Request &request);
    // Cleaned before it is cut to what people are shown: half a secret would not be known as one.
    [[nodiscard]] AnswerError refusal(const Request &request, const Response &response) const {
        Response clean{.status = response.status, .body = secrets->cleaned(response.body)};
        for (const Header &header : response.headers)
            clean.headers.push_back({header.name, secrets->cleaned(header.value)});
        return {request, clean, options.words ? options.words(clean) : words_of(clean)};
    }
    // Runs it; what it throws leaves without a secret in its text.
    template <class Call>
    auto guarded(Call call) const {
        try {
            return call();
        } catch (AnswerError &error) {
            error.path = secrets->cleaned(error.path);
            error.words = secrets->cleaned(error.words);
            clean(error);
            throw;
        } catch (Error &error) {
            clean(error);
            throw;
        }
    }

    const Host host;
    const Options options;
    const std::shared_ptr<Secrets> secrets = std::make_shared<Secrets>();
    Sessions sessions;
    std::unique_ptr<Transport> transport;

private:
    void clean(Error &error) const {
        error.message = secrets->cleaned(error.message);
        error.vendor_code = secrets->cleaned(error.vendor_code);
    }
    [[nodiscard]] std::string shown(std::string_view body) const {
        const std::string clean = secrets->cleaned(body);
        return one_line(clean, kMostLogged) + (clean.size() > kMostLogged ? "..." : "");
    }
    void log(const Request &request, const Response &response,
             std::chrono::steady_clock::duration took) const;
};

void Client::Parts::log(const Request &request, const Response &response,
                        std::chrono::steady_clock::duration took) const {
    std::string line =
        "rest: " + std::string(name_of(request.method)) + " " + secrets->cleaned(request.path) +
        " answered with status " + std::to_string(response.status) + " and " +
        std::to_string(response.body.size()) + " bytes after " +
        std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()) + " ms";
    for (const Header &header : request.headers) {
        const std::string value =
            Secrets::is_secret_header(header.name) ? std::string(kRedacted) : shown(header.value);
        line.append("; ").append(header.name).append(": ").append(value);
    }
    if (!request.body.empty())
        line += "; sent " + shown(request.body);
    if (!response.body.empty() && !(request.has_secret_answer && response.is_success()))
        line += "; got " + shown(response.body);
    host.debug(line);
}

Response Client::Parts::exchange(const Limit &limit, const Request &request) const {
    const auto begin = std::chrono::steady_clock::now();
    try {
        Response response = transport->exchange(request, limit);
        if (host.log_enabled(LogLevel::debug))
            log(request, response, std::chrono::steady_clock::now() - begin);
        return response;
    } catch (const Error &error) {
        host.debug("rest: " + secrets->cleaned(error.message));
        throw;
    }
}

Response Client::Parts::exchange_in_session(const Limit &limit, const Request &request) {
    if (!sessions.are_needed())
        return exchange(limit, request);
    const Send send = [&](const Request &login) {
        Request hidden = login;
        hidden.has_secret_answer = true;
        return exchange(limit, hidden);
    };
    const auto once = [&](const Sessions::Current &current) {
        Request with_session = request;
        with_session.headers.insert(with_session.headers.end(), current.session.headers.begin(),
                                    current.session.headers.end());
        return exchange(limit, with_session);
    };
    auto current = sessions.get(limit, send);
    Response response = once(current);
    if (sessions.is_expired(response)) {
        sessions.forget(current.number);
        host.debug("rest: the array ended the session; logging in again");
        current = sessions.get(limit, send);
        response = once(current);
    }
    if (sessions.is_expired(response)) {
        sessions.forget(current.number);
    } else {
        sessions.renew(current.number, response);
    }
    return response;
}

Client::Client(Host host, Options options, SessionRules rules)
    : Client(host, std::move(options), std::move(rules), nullptr) {}

Client::Client(Host host, Options options, SessionRules rules, std::unique_ptr<Transport> transport)
    : parts_(std::make_unique<Parts>(host, std::move(options), std::move(rules), std::move(transport))) {}

Client::~Client() = default;

Secrets &Client::secrets() noexcept {
    return *parts_->secrets;
}

Response Client::send(const Limit &limit, const Request &request) {
    return parts_->guarded([&] { return parts_->exchange_in_session(limit, request); });
}

Response Client::send_plain(const Limit &limit, const Request &request) {
    return parts_->guarded([&] { return parts_->exchange(limit, request); });
}

Response Client::succeed(const Limit &limit, const Request &request) {
    Response response = send(limit, request);
    return parts_->guarded([&] {
        if (!response.is_success())
            throw parts_->refusal(request, response);
        return std::move(response);
    });
}

boost::json::value Client::json(const Limit &limit, const Request &request) {
    return read_json(request, send(limit, request));
}

boost::json::value Client::read_json(const Request &request, const Response &response) const {
    return parts_->guarded([&]() -> boost::json::value {
        if (!response.is_success())
            throw parts_->refusal(request, response);
        if (is_blank(response.body))
            return nullptr;
        boost::json::parse_options options;
        options.max_depth = parts_->options.max_json_depth;
        boost::system::error_code error;
        auto value = boost::json::parse({response.body.data(), response.body.size()}, error, {}, options);
        if (error) {
            throw Error(Code::internal, std::string(name_of(request.method)) + " " + request.path +
                                            " was answered with status " + std::to_string(response.status) +
                                            " and a body that is no JSON that can be read (" +
                                            error.message() +
                                            "): " + one_line(parts_->secrets->cleaned(response.body), 200));
        }
        return value;
    });
}

void Client::end_session(const Limit &limit) noexcept {
    try {
        parts_->guarded([&] {
            parts_->sessions.end([&](const Request &request) { return parts_->exchange(limit, request); });
        });
    } catch (const std::exception &error) {
        parts_->host.debug("rest: the session could not be ended: " + std::string(error.what()));
    }
}

} // namespace drv::rest
