// Which connector serves which protocol. Built once by main; values are owned here.
#pragma once

#include "core/connect/connector.hpp"

#include <map>
#include <memory>

namespace drover::connect {

class Connectors {
public:
    // Replaces one that was there.
    void add(Protocol protocol, std::unique_ptr<Connector> connector);
    // Never null. Code::unsupported naming the protocol and those there are. Valid as long as this object.
    [[nodiscard]] Result<Connector *> for_protocol(Protocol protocol) const;

private:
    std::map<Protocol, std::unique_ptr<Connector>> connectors_;
};

// "local", "iscsi", "fc", "nvme-tcp".
std::string_view to_string(Protocol protocol) noexcept;

// Every protocol this agent can connect.
Connectors standard_connectors();

} // namespace drover::connect
