// "address:port" as a value. Two spellings of one portal are equal; 10.0.0.1 and 10.0.0.10 are not.
#pragma once

#include "loader/base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace drover::connect {

struct Portal {
    std::string address; // as inet_ntop writes it, without brackets; a host name in lower case
    std::uint16_t port = 0;
    auto operator<=>(const Portal &) const = default; // NOLINT(modernize-use-nullptr)

    // "10.0.0.1:3260", "[fe80::1]:3260".
    [[nodiscard]] std::string text() const;
};

// "1.2.3.4:3260", "[::1]:3260", "array.example:3260"; without a port `default_port`. Code::invalid else.
Result<Portal> parse_portal(std::string_view text, std::uint16_t default_port);
// Of an address and a port apart, as sysfs has them.
Result<Portal> make_portal(std::string_view address, std::string_view port);

} // namespace drover::connect
