#include "drivers/flasharray/networks.hpp"

#include <arpa/inet.h>
#include <charconv>

namespace flasharray {

namespace {

using Bytes = std::array<unsigned char, 16>;

std::optional<Bytes> parse_address(const std::string &text, bool is_v6) {
    Bytes bytes{};
    if (::inet_pton(is_v6 ? AF_INET6 : AF_INET, text.c_str(), bytes.data()) != 1)
        return std::nullopt;
    return bytes;
}

} // namespace

std::optional<Network> Network::parse(std::string_view text) {
    Network network;
    const std::size_t slash = text.find('/');
    const std::string address(text.substr(0, slash));
    network.is_v6_ = address.find(':') != std::string::npos;
    const unsigned most = network.is_v6_ ? 128 : 32;
    network.bits_ = most;
    if (slash != std::string_view::npos) {
        const std::string_view bits = text.substr(slash + 1);
        const auto [stop, problem] = std::from_chars(bits.data(), bits.data() + bits.size(), network.bits_);
        if (bits.empty() || problem != std::errc() || stop != bits.data() + bits.size() ||
            network.bits_ > most)
            return std::nullopt;
    }
    const auto bytes = parse_address(address, network.is_v6_);
    if (!bytes)
        return std::nullopt;
    network.bytes_ = *bytes;
    return network;
}

bool Network::has_portal(std::string_view portal) const {
    const std::size_t colon = portal.rfind(':');
    if (colon == std::string_view::npos)
        return false;
    std::string address(portal.substr(0, colon));
    const bool is_v6 = address.size() > 2 && address.front() == '[' && address.back() == ']';
    if (is_v6)
        address = address.substr(1, address.size() - 2);
    const auto bytes = parse_address(address, is_v6);
    if (!bytes || is_v6 != is_v6_)
        return false;
    for (unsigned bit = 0; bit < bits_; ++bit) {
        const unsigned mask = 0x80U >> (bit % 8);
        if ((((*bytes)[bit / 8] ^ bytes_[bit / 8]) & mask) != 0)
            return false;
    }
    return true;
}

} // namespace flasharray
