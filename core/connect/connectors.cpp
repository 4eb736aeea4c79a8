#include "core/connect/connectors.hpp"

#include "core/connect/local.hpp"

#include <fmt/format.h>

namespace drover::connect {

void Connectors::add(Protocol protocol, std::unique_ptr<Connector> connector) {
    connectors_[protocol] = std::move(connector);
}

Result<Connector *> Connectors::for_protocol(Protocol protocol) const {
    const auto found = connectors_.find(protocol);
    if (found != connectors_.end())
        return found->second.get();
    std::string known;
    for (const auto &[each, connector] : connectors_)
        known += fmt::format("{}{}", known.empty() ? "" : ", ", to_string(each));
    return fail(Code::unsupported, fmt::format("this agent cannot connect volumes by {}; it can by: {}",
                                               to_string(protocol), known));
}

std::string_view to_string(Protocol protocol) noexcept {
    switch (protocol) {
    case Protocol::local:
        return "local";
    case Protocol::iscsi:
        return "iscsi";
    case Protocol::fc:
        return "fc";
    case Protocol::nvme_tcp:
        return "nvme-tcp";
    }
    return "an unknown protocol";
}

Connectors standard_connectors() {
    Connectors connectors;
    connectors.add(Protocol::local, std::make_unique<LocalConnector>());
    return connectors;
}

} // namespace drover::connect
