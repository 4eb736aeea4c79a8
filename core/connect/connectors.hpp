// Which connector serves which protocol. Built once by main; values are owned here.
#pragma once

#include "core/connect/connector.hpp"
#include "core/connect/multipath.hpp"
#include "core/connect/node_check.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

namespace drover::connect {

class Connectors {
public:
    // Replaces one that was there.
    void add(Protocol protocol, std::unique_ptr<Connector> connector);
    // Never null. Code::unsupported naming the protocol and those there are. Valid as long as this object.
    [[nodiscard]] Result<Connector *> for_protocol(Protocol protocol) const;

    // What check_node says of the node that these connectors work on.
    using NodeChecker = std::function<std::vector<Finding>(const std::set<Protocol> &needed, Deadline)>;
    void set_node_checker(NodeChecker checker) { checker_ = std::move(checker); }
    [[nodiscard]] std::vector<Finding> check_node(const std::set<Protocol> &needed, Deadline deadline) const;

private:
    std::map<Protocol, std::unique_ptr<Connector>> connectors_;
    NodeChecker checker_;
};

// "local", "iscsi", "fc", "nvme-tcp".
std::string_view to_string(Protocol protocol) noexcept;

// Every protocol this agent can connect, on `host`. `iqn`: the initiator name that iSCSI sessions are opened
// with, for who stands in for another node; empty: this node's own.
Connectors standard_connectors(MultipathPolicy multipath = MultipathPolicy::preferred,
                               const HostAccess &host = HostAccess{}, const std::string &iqn = {});

} // namespace drover::connect
