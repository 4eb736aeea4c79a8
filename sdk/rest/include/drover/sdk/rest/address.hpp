// Where an array listens: a host name or an IP address, and a port, read from one configuration value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace drv::rest {

struct Address {
    std::string host; // a name, or an IPv4 or IPv6 address without brackets
    std::uint16_t port = 443;

    // Reads "name", "name:port", "192.0.2.1:8443", "2001:db8::1", "[2001:db8::1]" and "[2001:db8::1]:8443".
    // Anything else (a URL, a path, blanks, port 0) throws Error(invalid) that says what was expected.
    [[nodiscard]] static Address parse(std::string_view text, std::uint16_t default_port = 443);

    [[nodiscard]] bool is_ip() const;
    // As it stands in a URL and in the Host header: brackets around IPv6, and the port unless it is 443.
    [[nodiscard]] std::string text() const;

    friend bool operator==(const Address &, const Address &) = default;
};

} // namespace drv::rest
