// Which host object of the array stands for a node. An object that carries one of the node's initiators wins
// over one that has the node's name; without either one is made, where the configuration lets us.
#pragma once

#include "drivers/flasharray/config.hpp"
#include "drivers/flasharray/names.hpp"
#include "drivers/flasharray/objects.hpp"
#include "drover/sdk/requests.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flasharray {

// Throws Error(invalid) for a WWPN that is none.
[[nodiscard]] Initiators initiators_of(const drv::AttachRequest &request);

class Hosts {
public:
    Hosts(drv::Host host, const Config &config, const Names &names, Objects &objects)
        : host_(host), config_(config), names_(names), objects_(objects) {}

    // The name of the node's host object, made and completed (initiators, CHAP) where we manage hosts. Asks
    // the array the first time for a node and when its initiators are others than before. Throws
    // Error(invalid) when the node has no initiator of our protocol, when another node has it, and when there
    // is no host object and we may not make one.
    [[nodiscard]] std::string ensure(const Limit &limit, std::string_view node_id,
                                     const Initiators &initiators);
    // The host object was not there any more.
    void forget(std::string_view node_id);

    // The one of these connections that is the node's; nothing: none is. Changes nothing. Asks the array only
    // when no name tells. Throws Error(conflict) when it cannot be told: no initiators are known, and there
    // is a connection of a host object that could be anybody's.
    [[nodiscard]] std::optional<ConnectionRow> own(const Limit &limit, std::string_view node_id,
                                                   const Initiators &initiators,
                                                   const std::vector<ConnectionRow> &connections);
    // All names that the node's host object may have, the likeliest first.
    [[nodiscard]] std::vector<std::string> names_of(std::string_view node_id) const;
    // The node of a host object; its own name when it cannot be told.
    [[nodiscard]] std::string node_of(std::string_view host_name) const;
    // Does the name of the host object tell its node?
    [[nodiscard]] bool tells_node(std::string_view host_name) const;

private:
    struct Known {
        std::string name;
        Initiators initiators;
    };
    [[nodiscard]] const HostRow *choose(const std::vector<HostRow> &rows, std::string_view node_id,
                                        const Initiators &initiators) const;
    // What a node goes by, and a host object, over the protocol that is configured.
    template <class Holder>
    [[nodiscard]] const std::vector<std::string> &ours(const Holder &holder) const {
        switch (config_.protocol) {
        case Protocol::fibre_channel:
            return holder.wwns;
        case Protocol::nvme_tcp:
            return holder.nqns;
        case Protocol::iscsi:
            break;
        }
        return holder.iqns;
    }
    [[nodiscard]] std::string find_or_make(const Limit &limit, std::string_view node_id,
                                           const Initiators &initiators);
    void complete(const Limit &limit, const HostRow &row, std::string_view node_id,
                  const Initiators &initiators);
    void set_chap(const Limit &limit, std::string_view name);
    void remember(std::string_view node_id, const std::string &name, const Initiators &initiators);
    // That the host object is this node's; nothing of what it lacks.
    void learn(std::string_view node_id, std::string_view name);
    [[nodiscard]] std::optional<std::string> known(std::string_view node_id) const;

    drv::Host host_;
    const Config &config_;
    const Names &names_;
    Objects &objects_;
    mutable std::mutex mutex_;
    std::map<std::string, Known, std::less<>> known_;         // by node id
    std::map<std::string, std::string, std::less<>> node_of_; // by host name in lower case
};

} // namespace flasharray
