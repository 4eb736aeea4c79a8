#include "drover/sdk/rest/address.hpp"

#include "drover/sdk/error.hpp"
#include "drover/sdk/text.hpp"

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <netinet/in.h>

namespace drv::rest {

namespace {

bool is_ip(int family, const std::string &text) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    return ::inet_pton(family, text.c_str(), bytes.data()) == 1;
}

bool is_name(std::string_view text) {
    if (text.empty() || text.size() > 253 || text.front() == '.' || text.front() == '-')
        return false;
    return text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") ==
           std::string_view::npos;
}

Error wrong(std::string_view text, const char *why) {
    return {Code::invalid,
            "\"" + one_line(text, 300) + "\" is no address of an array: " + why +
                "; expected a host name or an IP address, with :PORT if it is not the usual one, "
                "such as array.example.com, 192.0.2.1:8443 or [2001:db8::1]:8443"};
}

} // namespace

Address Address::parse(std::string_view text, std::uint16_t default_port) {
    if (text.find("//") != std::string_view::npos)
        throw wrong(text, "it is a URL");
    std::string_view host = text;
    std::string_view port;
    bool has_port = false;
    const bool bracketed = text.starts_with('[');
    if (bracketed) {
        const auto end = text.find(']');
        if (end == std::string_view::npos)
            throw wrong(text, "a bracket is not closed");
        host = text.substr(1, end - 1);
        const std::string_view rest = text.substr(end + 1);
        if (!rest.empty() && rest.front() != ':')
            throw wrong(text, "something other than a port follows the bracket");
        has_port = !rest.empty();
        port = has_port ? rest.substr(1) : rest;
    } else if (const auto colon = text.find(':');
               colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos) {
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
        has_port = true;
    }

    Address address{std::string(host), default_port};
    const bool is_ipv6 = rest::is_ip(AF_INET6, address.host);
    if (bracketed && !is_ipv6)
        throw wrong(text, "what stands in brackets is no IPv6 address");
    if (!is_ipv6 && !is_name(host))
        throw wrong(text, host.empty() ? "there is no host" : "a host name has letters, digits, '-' and '.'");
    if (has_port) {
        const auto [stop, problem] = std::from_chars(port.data(), port.data() + port.size(), address.port);
        if (port.empty() || problem != std::errc() || stop != port.data() + port.size() || address.port == 0)
            throw wrong(text, "the port is no number from 1 to 65535");
    }
    return address;
}

bool Address::is_ip() const {
    return rest::is_ip(AF_INET6, host) || rest::is_ip(AF_INET, host);
}

std::string Address::text() const {
    std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
    if (port != 443)
        text += ":" + std::to_string(port);
    return text;
}

} // namespace drv::rest
