#include "core/connect/connectors.hpp"

#include "core/connect/fc.hpp"
#include "core/connect/iscsi.hpp"
#include "core/connect/local.hpp"
#include "core/connect/nvme.hpp"
#include "core/connect/scsi_connector.hpp"

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

std::vector<Finding> Connectors::check_node(const std::set<Protocol> &needed, Deadline deadline) const {
    return checker_ ? checker_(needed, deadline) : std::vector<Finding>{};
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

Connectors standard_connectors(MultipathPolicy multipath, const HostAccess &host, const std::string &iqn) {
    Connectors connectors;
    connectors.add(Protocol::local, std::make_unique<LocalConnector>());
    connectors.add(Protocol::iscsi,
                   std::make_unique<ScsiConnector>(Protocol::iscsi, host, multipath,
                                                   std::make_unique<IscsiTransport>(host, iqn)));
    connectors.add(Protocol::fc, std::make_unique<ScsiConnector>(Protocol::fc, host, multipath,
                                                                 std::make_unique<FcTransport>(host)));
    connectors.add(Protocol::nvme_tcp, std::make_unique<NvmeConnector>(host));
    connectors.set_node_checker([host, multipath](const std::set<Protocol> &needed, Deadline deadline) {
        return check_node(host, multipath, needed, deadline);
    });
    return connectors;
}

} // namespace drover::connect
