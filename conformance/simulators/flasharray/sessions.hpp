// Who is logged in: cookies, and how long nobody has used them. In memory only: a restarted array knows
// nobody.
#pragma once

#include "conformance/simulators/flasharray/settings.hpp"

#include <boost/json/array.hpp>

#include <map>
#include <string>
#include <string_view>

namespace drover::sim::flasharray {

struct Session {
    std::uint64_t number = 0; // for the journal; the cookie is a secret
    User user;
    std::int64_t used = 0; // when, by the array's clock
};

class Sessions {
public:
    // The cookie of a new one.
    [[nodiscard]] std::string begin(const User &user, std::int64_t now);
    // The session of a request's Cookie header, used now. Null when there is none, or when it was idle for
    // too long (0: never).
    [[nodiscard]] const Session *use(std::string_view cookie_header, std::int64_t now,
                                     std::int64_t idle_timeout_s);
    void end(std::string_view cookie_header);
    void end_all() { open_.clear(); }
    // Without cookies.
    [[nodiscard]] boost::json::array list() const;

private:
    std::uint64_t last_number_ = 0;
    std::map<std::string, Session, std::less<>> open_;
};

// "session" of "a=b; session=c"; empty when there is none.
[[nodiscard]] std::string_view cookie_of(std::string_view header);
// The header that gives or clears it.
[[nodiscard]] std::string set_cookie(std::string_view cookie);

} // namespace drover::sim::flasharray
