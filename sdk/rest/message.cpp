#include "drover/sdk/rest/message.hpp"

#include <algorithm>

namespace drv::rest {

namespace {

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

} // namespace

std::string_view name_of(Method method) noexcept {
    switch (method) {
    case Method::get:
        return "GET";
    case Method::head:
        return "HEAD";
    case Method::post:
        return "POST";
    case Method::put:
        return "PUT";
    case Method::patch:
        return "PATCH";
    case Method::remove:
        return "DELETE";
    }
    return "GET";
}

bool Request::is_idempotent() const noexcept {
    return idempotent.value_or(method != Method::post && method != Method::patch);
}

bool Request::may_change() const noexcept {
    return method != Method::get && method != Method::head;
}

std::string_view Response::header(std::string_view name) const noexcept {
    for (const Header &header : headers) {
        if (std::ranges::equal(header.name, name, {}, lower, lower))
            return header.value;
    }
    return {};
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' ||
                           c == '.' || c == '_' || c == '~';
        if (plain) {
            encoded += c;
        } else {
            encoded += '%';
            encoded += kDigits[byte >> 4U];
            encoded += kDigits[byte & 15U];
        }
    }
    return encoded;
}

} // namespace drv::rest
