#include "sdk/rest/sessions.hpp"

#include <algorithm>
#include <poll.h>
#include <utility>

namespace drv::rest {

namespace {

[[noreturn]] void throw_ended(Limit::State state) {
    if (state == Limit::State::late) {
        throw Error(Code::deadline, "the deadline passed while another thread logged in to the array")
            .retryable();
    }
    throw Error(Code::cancelled, "the operation was cancelled while another thread logged in to the array")
        .retryable();
}

} // namespace

Sessions::Sessions(SessionRules rules, std::shared_ptr<Secrets> secrets)
    : rules_(std::move(rules)), secrets_(std::move(secrets)) {}

void Sessions::hide(const Session &session) {
    for (const Header &header : session.headers) {
        secrets_->add_passing(header.value);
        // "session=abc; other=def": each value by itself as well. Short ones are words, not secrets.
        constexpr std::size_t kShort = 8;
        for (std::size_t at = 0; at < header.value.size();) {
            const std::size_t end = std::min(header.value.find_first_of("; ,", at), header.value.size());
            const std::string_view part = std::string_view(header.value).substr(at, end - at);
            const std::string_view value = part.substr(part.find('=') + 1);
            if (value.size() >= kShort)
                secrets_->add_passing(value);
            at = end + 1;
        }
    }
}

Sessions::Current Sessions::get(const Limit &limit, const Send &send) {
    while (true) {
        std::shared_ptr<Flight> flight;
        bool is_mine = false;
        {
            const std::lock_guard lock(mutex_);
            if (session_)
                return {*session_, number_};
            if (!flight_) {
                flight_ = std::make_shared<Flight>();
                is_mine = true;
            }
            flight = flight_;
        }
        if (is_mine)
            return log_in(flight, limit, send);
        const auto state = limit.wait(flight->done.fd(), POLLIN);
        if (!flight->done.is_set())
            throw_ended(state);
        if (flight->given_up)
            continue;
        if (const auto *refused = std::get_if<AnswerError>(&flight->problem))
            throw AnswerError(*refused);
        if (const auto *error = std::get_if<Error>(&flight->problem))
            throw Error(*error);
    }
}

Sessions::Problem Sessions::problem_of(const std::exception_ptr &thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const AnswerError &refused) {
        return refused;
    } catch (const Error &error) {
        return error;
    } catch (const std::exception &error) {
        return Error(Code::internal, error.what());
    } catch (...) {
        return Error(Code::internal, "the login threw what is no exception");
    }
}

Sessions::Current Sessions::log_in(const std::shared_ptr<Flight> &flight, const Limit &limit,
                                   const Send &send) {
    const auto land = [&](std::optional<Session> session, Problem problem) {
        const std::lock_guard lock(mutex_);
        if (session) {
            session_ = std::move(session);
            ++number_;
        }
        flight->given_up = !session_ && limit.state() != Limit::State::open;
        flight->problem = std::move(problem);
        flight_.reset();
        flight->done.set();
        return number_;
    };
    try {
        Session session = rules_.login(send);
        hide(session);
        const std::uint64_t number = land(session, {});
        return {std::move(session), number};
    } catch (...) {
        land(std::nullopt, problem_of(std::current_exception()));
        throw;
    }
}

void Sessions::forget(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    if (number == number_)
        session_.reset();
}

bool Sessions::is_expired(const Response &response) const {
    return rules_.is_expired ? rules_.is_expired(response) : response.status == 401;
}

void Sessions::renew(std::uint64_t number, const Response &response) {
    if (!rules_.renew)
        return;
    const std::lock_guard lock(mutex_);
    if (!session_ || number != number_)
        return;
    Session renewed = *session_;
    rules_.renew(renewed, response);
    if (renewed.headers != session_->headers) {
        hide(renewed);
        session_ = std::move(renewed);
    }
}

void Sessions::end(const Send &send) {
    std::optional<Session> session;
    {
        const std::lock_guard lock(mutex_);
        session = std::exchange(session_, std::nullopt);
    }
    if (session && rules_.logout)
        rules_.logout(send, *session);
}

} // namespace drv::rest
