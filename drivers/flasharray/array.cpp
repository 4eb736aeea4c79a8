#include "drivers/flasharray/array.hpp"

#include "drivers/flasharray/refusal.hpp"
#include "drover/sdk/rest/json.hpp"
#include "drover/sdk/text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace flasharray {

namespace {

using drv::rest::Limit;
using drv::rest::Method;
using drv::rest::Request;
using drv::rest::Response;
using drv::rest::Send;
using drv::rest::Session;

constexpr const char *kVersions = "/api/api_version";
constexpr RestVersion kHasPages{1, 7};
constexpr std::uint64_t kPageRows = 1000;
constexpr std::size_t kMostPages = 1000;

drv::rest::Options options_of(const drv::Host &host, const Config &config) {
    drv::rest::Options options;
    options.address = config.address;
    options.tls = {.verify = config.verify_https,
                   .ca_file = config.verify_https ? config.ca_file : std::string(),
                   .verify_key = "pure_verify_https",
                   .ca_file_key = "pure_ssl_cert"};
    options.user_agent = "drover/" + std::string(host.agent_version()) + " (flasharray)";
    options.words = msg_of;
    return options;
}

// "session=abc; Path=/; HttpOnly" as it is sent back.
std::string cookie_of(const Response &response) {
    const std::string_view text = response.header("Set-Cookie");
    return std::string(text.substr(0, text.find(';')));
}

// A query has no types: numbers and claims as JSON writes them, lists joined.
std::string in_query(const boost::json::value &value) {
    if (const auto *text = value.if_string())
        return {text->data(), text->size()};
    if (const auto *list = value.if_array()) {
        std::string joined;
        for (const auto &item : *list)
            joined += (joined.empty() ? "" : ",") + in_query(item);
        return joined;
    }
    return boost::json::serialize(value);
}

Request request_of(Method method, const std::string &base, std::string_view resource,
                   const boost::json::object &parameters) {
    Request request{.method = method, .path = base + std::string(resource)};
    if (method != Method::get) {
        request.body = boost::json::serialize(parameters);
        return request;
    }
    char before = '?';
    for (const auto &parameter : parameters) {
        request.path += before + std::string(parameter.key()) + "=" +
                        drv::rest::percent_encoded(in_query(parameter.value()));
        before = '&';
    }
    return request;
}

std::string base_of(RestVersion version) {
    return "/api/" + version.text() + "/";
}

} // namespace

std::string resource(std::string_view kind, std::string_view name) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/"; // ':' of a pod, '/' of a group
    if (name.empty() || name.find_first_not_of(kPlain) != std::string_view::npos || name.front() == '/' ||
        name.back() == '/' || name.find("..") != std::string_view::npos ||
        name.find("//") != std::string_view::npos) {
        throw drv::Error(drv::Code::invalid, "\"" + drv::one_line(name, 200) + "\" is no name of a " +
                                                 std::string(kind) + " on a FlashArray");
    }
    return std::string(kind) + "/" + std::string(name);
}

Array::Array(drv::Host host, const Config &config)
    : api_token_(config.api_token), client_(host, options_of(host, config), session_rules()) {
    client_.secrets().add(config.api_token);
    if (config.chap)
        client_.secrets().add(config.chap->password);
    if (config.target_chap)
        client_.secrets().add(config.target_chap->password);
}

RestVersion Array::version_by(const Send &send) {
    {
        const std::lock_guard lock(mutex_);
        if (version_)
            return *version_;
    }
    const Request request{.path = kVersions};
    const auto answer = client_.read_json(request, send(request));
    const RestVersion chosen = choose_version({answer, "GET " + request.path});
    const std::lock_guard lock(mutex_);
    version_ = chosen;
    return chosen;
}

RestVersion Array::version(const Limit &limit) {
    return version_by([&](const Request &request) { return client_.send_plain(limit, request); });
}

bool Array::find_version_again(const Limit &limit, RestVersion used) {
    {
        const std::lock_guard lock(mutex_);
        if (version_ == used)
            version_.reset(); // unless another thread has found it already
    }
    return version(limit) != used;
}

drv::rest::SessionRules Array::session_rules() {
    drv::rest::SessionRules rules;
    rules.login = [this](const Send &send) {
        const Request request{.method = Method::post,
                              .path = base_of(version_by(send)) + "auth/session",
                              .body = boost::json::serialize(boost::json::object{{"api_token", api_token_}})};
        const Response response = send(request);
        if (!response.is_success()) {
            RefusedError error = refused({request, response, msg_of(response)});
            // A redirect, say, refuses nothing.
            if (error.status != 400 && error.status != 401 && error.status != 403)
                throw std::move(error);
            throw drv::Error(drv::Code::auth,
                             "the array refused the API token (pure_api_token): " + msg_of(response));
        }
        std::string cookie = cookie_of(response);
        if (cookie.empty()) {
            throw drv::Error(drv::Code::internal,
                             "the array accepted the API token and gave no session cookie");
        }
        return Session{{{"Cookie", std::move(cookie)}}};
    };
    rules.renew = [](Session &session, const Response &response) {
        if (std::string cookie = cookie_of(response); response.is_success() && !cookie.empty())
            session.headers = {{"Cookie", std::move(cookie)}};
    };
    rules.logout = [this](const Send &send, const Session &session) {
        Request request{.method = Method::remove, .path = base_of(version_by(send)) + "auth/session"};
        request.headers = session.headers;
        static_cast<void>(send(request));
    };
    return rules;
}

boost::json::value Array::call(const Limit &limit, Method method, std::string_view resource,
                               const boost::json::object &parameters) {
    return ask(limit, method, resource, parameters).value;
}

std::vector<boost::json::value> Array::list(const Limit &limit, std::string_view resource, Rows expected,
                                            const boost::json::object &parameters) {
    const bool has_pages = version(limit) >= kHasPages;
    boost::json::object page = parameters;
    if (has_pages && expected == Rows::many)
        page["limit"] = kPageRows;
    std::vector<boost::json::value> rows;
    std::string token;
    for (std::size_t pages = 0; pages < kMostPages; ++pages) {
        Answer answer = ask(limit, Method::get, resource, page);
        if (!answer.value.is_array()) {
            throw drv::Error(drv::Code::internal,
                             "GET " + std::string(resource) + " was answered with something that is no list");
        }
        auto &items = answer.value.get_array();
        const bool is_last = items.empty() || answer.next_page.empty() || !has_pages;
        rows.insert(rows.end(), std::make_move_iterator(items.begin()), std::make_move_iterator(items.end()));
        if (is_last)
            return rows;
        if (answer.next_page == token)
            break; // the same page for ever
        token = std::move(answer.next_page);
        page["limit"] = kPageRows;
        page["token"] = token;
    }
    throw drv::Error(drv::Code::internal,
                     "GET " + std::string(resource) + " was answered with pages without an end");
}

Array::Answer Array::ask(const Limit &limit, Method method, std::string_view resource,
                         const boost::json::object &parameters) {
    for (bool again = false;; again = true) {
        const RestVersion used = version(limit);
        const Request request = request_of(method, base_of(used), resource, parameters);
        try {
            const Response response = client_.succeed(limit, request);
            return {read(request, response), std::string(response.header("x-next-token"))};
        } catch (drv::rest::AnswerError &error) {
            RefusedError refusal = refused(std::move(error));
            if (refusal.refusal != Refusal::version_gone || again)
                throw std::move(refusal);
        } catch (const RefusedError &error) { // of the login
            if (error.refusal != Refusal::version_gone || again)
                throw;
        }
        // An upgrade of the array dropped the version: nothing was done, so the same may be asked once more.
        if (!find_version_again(limit, used)) {
            throw drv::Error(drv::Code::unsupported, "the array offers version " + used.text() +
                                                         " of its REST API and refuses to answer in it");
        }
    }
}

boost::json::value Array::read(const Request &request, const Response &response) const {
    try {
        return client_.read_json(request, response);
    } catch (drv::Error &error) { // whoever answered so, the request arrived somewhere
        if (request.may_change())
            error.flags |= DRV_FAIL_STATE_UNKNOWN;
        throw;
    }
}

void Array::log_out(const Limit &limit) noexcept {
    client_.end_session(limit);
}

} // namespace flasharray
