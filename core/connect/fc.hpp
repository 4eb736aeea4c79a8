// The Fibre Channel transport: the fabric is there, or it is not; this agent changes nothing about it. No
// login, no LIP, and a scan goes to the one target port and LUN.
#pragma once

#include "core/connect/host_access.hpp"
#include "core/connect/transport.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace drover::connect {

// 16 lower-case hex digits of "0x500A...", "50:0a:...", "500a..."; empty for anything else, and for no port.
std::string normal_wwpn(std::string_view text);

struct FcPort {
    unsigned host = 0;
    std::string wwpn;
    bool is_online = false;
};
// This node's ports.
std::vector<FcPort> fc_ports(const HostAccess &host);

class FcTransport final : public Transport {
public:
    explicit FcTransport(HostAccess host) : host_(std::move(host)) {}

    [[nodiscard]] Result<void> check(const Connection &connection) const override;
    Result<Reached> reach(const Connection &connection, const Secrets &secrets, bool one_is_enough,
                          Deadline deadline) override;
    [[nodiscard]] std::vector<Nexus> nexuses(const Connection &connection) const override;
    Result<void> leave(const Connection &, Deadline) override { return {}; }

private:
    [[nodiscard]] std::vector<Nexus> ways_to(const std::string &wwpn) const;

    HostAccess host_;
};

} // namespace drover::connect
