// Networks of IPv4 and IPv6, to choose among an array's portals.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace flasharray {

class Network {
public:
    // "10.1.0.0/16", "fd00::/64", or an address alone; nothing for anything else.
    [[nodiscard]] static std::optional<Network> parse(std::string_view text);
    // "10.1.0.5:3260", "[fd00::5]:3260".
    [[nodiscard]] bool has_portal(std::string_view portal) const;

private:
    std::array<unsigned char, 16> bytes_{};
    unsigned bits_ = 0;
    bool is_v6_ = false;
};

} // namespace flasharray
