// The session of a client: one login for all threads that need one, and a new one when the array forgot it.
#pragma once

#include "drover/sdk/error.hpp"
#include "drover/sdk/rest/answer_error.hpp"
#include "drover/sdk/rest/secrets.hpp"
#include "drover/sdk/rest/session.hpp"
#include "sdk/rest/signal_fd.hpp"

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>

namespace drv::rest {

class Sessions {
public:
    Sessions(SessionRules rules, std::shared_ptr<Secrets> secrets);

    [[nodiscard]] bool are_needed() const noexcept { return rules_.login != nullptr; }

    struct Current {
        Session session;
        std::uint64_t number = 0; // tells one login from the next
    };
    // The session there is, or a new one. Threads that come while one logs in wait for it, and share its
    // error; when that one's own call ends first, another of them takes over. [any thread]
    [[nodiscard]] Current get(const Limit &limit, const Send &send);
    // The array no longer knows it. Only the session of that number is forgotten.
    void forget(std::uint64_t number);
    [[nodiscard]] bool is_expired(const Response &response) const;
    void renew(std::uint64_t number, const Response &response);
    // Ends it, if there is one; throws what logout throws.
    void end(const Send &send);

private:
    // The types that a driver tells apart; what is neither is told as an internal error with its text.
    using Problem = std::variant<std::monostate, AnswerError, Error>;

    struct Flight {
        Event done;
        Problem problem{};     // written before `done` is set; each who waits throws a copy of its own
        bool given_up = false; // the same: the one who logged in ran out of time
    };
    [[nodiscard]] Current log_in(const std::shared_ptr<Flight> &flight, const Limit &limit, const Send &send);
    [[nodiscard]] static Problem problem_of(const std::exception_ptr &thrown);
    void hide(const Session &session);

    const SessionRules rules_;
    const std::shared_ptr<Secrets> secrets_;
    std::mutex mutex_;
    std::optional<Session> session_;
    std::uint64_t number_ = 0;
    std::shared_ptr<Flight> flight_; // while somebody logs in
};

} // namespace drv::rest
