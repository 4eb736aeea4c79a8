#include "conformance/simulators/frame/message.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <optional>

namespace drover::sim {

namespace {

bool same_name(std::string_view one, std::string_view other) noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(one, other, [&](char a, char b) { return lower(a) == lower(b); });
}

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

// Boost's parser checks it, its serializer does not: what is said of such a text would be no JSON.
bool is_utf8(const std::string &text) {
    boost::system::error_code error;
    boost::json::parse(boost::json::serialize(boost::json::value(text)), error);
    return !error;
}

std::optional<std::string> decoded(std::string_view text, bool plus_is_blank) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (i + 2 >= text.size())
                return std::nullopt;
            const int high = hex_digit(text[i + 1]);
            const int low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0)
                return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += plus_is_blank && text[i] == '+' ? ' ' : text[i];
        }
    }
    return is_utf8(out) ? std::optional(std::move(out)) : std::nullopt;
}

} // namespace

std::string_view Request::header(std::string_view name) const noexcept {
    for (const auto &[key, value] : headers) {
        if (same_name(key, name))
            return value;
    }
    return {};
}

std::string_view Request::parameter(std::string_view name) const noexcept {
    for (const auto &[key, value] : query) {
        if (key == name)
            return value;
    }
    return {};
}

bool read_target(Request &request) {
    std::string_view rest = request.target;
    if (rest.empty() || rest.front() != '/')
        return false;
    rest = rest.substr(0, rest.find('#'));
    const auto mark = rest.find('?');
    auto path = decoded(rest.substr(0, mark), false);
    if (!path)
        return false;
    request.path = std::move(*path);
    request.query.clear();
    rest = mark == std::string_view::npos ? std::string_view() : rest.substr(mark + 1);
    while (!rest.empty()) {
        const std::string_view pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
        if (pair.empty())
            continue;
        const auto equals = pair.find('=');
        auto key = decoded(pair.substr(0, equals), true);
        auto value =
            decoded(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), true);
        if (!key || !value)
            return false;
        request.query.emplace_back(std::move(*key), std::move(*value));
    }
    return true;
}

std::vector<std::string> segments_of(std::string_view path) {
    std::vector<std::string> segments;
    while (!path.empty()) {
        const std::string_view segment = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(path.size(), segment.size() + 1));
        if (!segment.empty())
            segments.emplace_back(segment);
    }
    return segments;
}

} // namespace drover::sim
