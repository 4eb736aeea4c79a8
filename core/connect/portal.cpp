#include "core/connect/portal.hpp"

#include "core/connect/sysfs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>

namespace drover::connect {
namespace {

// The one spelling of an address, or empty when it is none.
std::string canonical(std::string_view address) {
    if (address.size() >= 2 && address.front() == '[' && address.back() == ']')
        address = address.substr(1, address.size() - 2);
    const std::string text(address);
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    std::array<char, INET6_ADDRSTRLEN> out{};
    for (const int family : {AF_INET, AF_INET6}) {
        if (::inet_pton(family, text.c_str(), bytes.data()) == 1)
            return ::inet_ntop(family, bytes.data(), out.data(), out.size());
    }
    std::string name;
    for (const char c : text) {
        const bool is_upper = c >= 'A' && c <= 'Z';
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
        if (!is_upper && !is_plain)
            return {};
        name += is_upper ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return name.starts_with('-') || name.size() > 253 ? std::string() : name;
}

} // namespace

std::string Portal::text() const {
    return address.find(':') == std::string::npos ? fmt::format("{}:{}", address, port)
                                                  : fmt::format("[{}]:{}", address, port);
}

Result<Portal> make_portal(std::string_view address, std::string_view port) {
    const auto value = number(port);
    std::string name = canonical(address);
    if (name.empty() || !value || *value == 0 || *value > 65535)
        return fail(Code::invalid, fmt::format("\"{}\" port \"{}\" is no portal", address, port));
    return Portal{.address = std::move(name), .port = static_cast<std::uint16_t>(*value)};
}

Result<Portal> parse_portal(std::string_view text, std::uint16_t default_port) {
    const auto bracket = text.rfind(']');
    const auto colon = text.rfind(':');
    const bool has_port = colon != std::string_view::npos &&
                          (bracket == std::string_view::npos ? text.find(':') == colon : colon > bracket);
    auto portal = has_port ? make_portal(text.substr(0, colon), text.substr(colon + 1))
                           : make_portal(text, std::to_string(default_port));
    if (!portal)
        return fail(Code::invalid, fmt::format("\"{}\" is no portal: expected address:port", text));
    return portal;
}

} // namespace drover::connect
