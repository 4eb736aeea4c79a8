#include "core/http/message.hpp"

#include <algorithm>

namespace drover::http {

namespace {
char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
} // namespace

std::string_view find_header(const std::vector<Header> &headers, std::string_view name) noexcept {
    for (const Header &header : headers) {
        if (std::equal(header.name.begin(), header.name.end(), name.begin(), name.end(),
                       [](char a, char b) { return lower(a) == lower(b); }))
            return header.value;
    }
    return {};
}

} // namespace drover::http
