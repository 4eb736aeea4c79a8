#include "conformance/simulators/flasharray/sessions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <random>

namespace drover::sim::flasharray {

namespace {

constexpr std::size_t kMostSessions = 10'000; // of clients that never log out: the longest unused one goes

std::string fresh_cookie() {
    std::random_device random;
    return fmt::format(".{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

} // namespace

std::string Sessions::begin(const User &user, std::int64_t now) {
    if (open_.size() >= kMostSessions) {
        open_.erase(std::ranges::min_element(
            open_, {}, [](const auto &each) { return std::pair(each.second.used, each.second.number); }));
    }
    std::string cookie = fresh_cookie();
    open_.emplace(cookie, Session{.number = ++last_number_, .user = user, .used = now});
    return cookie;
}

const Session *Sessions::use(std::string_view cookie_header, std::int64_t now, std::int64_t idle_timeout_s) {
    const auto it = open_.find(cookie_of(cookie_header));
    if (it == open_.end())
        return nullptr;
    if (idle_timeout_s > 0 && now - it->second.used >= idle_timeout_s) {
        open_.erase(it);
        return nullptr;
    }
    it->second.used = now;
    return &it->second;
}

void Sessions::end(std::string_view cookie_header) {
    if (const auto it = open_.find(cookie_of(cookie_header)); it != open_.end())
        open_.erase(it);
}

boost::json::array Sessions::list() const {
    boost::json::array rows;
    for (const auto &[cookie, session] : open_)
        rows.push_back({{"number", session.number}, {"user", session.user.name}, {"used", session.used}});
    return rows;
}

std::string_view cookie_of(std::string_view header) {
    constexpr std::string_view kName = "session=";
    while (!header.empty()) {
        std::string_view pair = header.substr(0, header.find(';'));
        header.remove_prefix(std::min(header.size(), pair.size() + 1));
        pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
        if (pair.starts_with(kName))
            return pair.substr(kName.size());
    }
    return {};
}

std::string set_cookie(std::string_view cookie) {
    // A day by the machine's clock: the array alone tells when a session is over, and its clock may be moved.
    const std::time_t end = cookie.empty() ? 0 : std::time(nullptr) + 86400;
    std::tm parts{};
    std::array<char, 64> date{};
    if (::gmtime_r(&end, &parts) != nullptr)
        std::strftime(date.data(), date.size(), "%a, %d-%b-%Y %H:%M:%S GMT", &parts);
    return fmt::format("session={}; Expires={}; HttpOnly; Path=/", cookie, date.data());
}

} // namespace drover::sim::flasharray
