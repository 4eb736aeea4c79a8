#include "core/connect/initiators.hpp"

#include "core/connect/fc.hpp"
#include "core/connect/sysfs.hpp"

#include <algorithm>
#include <fstream>

namespace drover::connect {

std::vector<std::pair<std::string, std::string>> initiators(const HostAccess &host) {
    std::vector<std::pair<std::string, std::string>> found;
    // One InitiatorName=... line; comments begin with '#'.
    std::ifstream names(host.at("etc/iscsi/initiatorname.iscsi"));
    for (std::string line; std::getline(names, line);) {
        constexpr std::string_view kKey = "InitiatorName=";
        if (!line.starts_with(kKey))
            continue;
        std::string name = line.substr(kKey.size());
        while (!name.empty() && (name.back() == ' ' || name.back() == '\t' || name.back() == '\r'))
            name.pop_back();
        if (!name.empty())
            found.emplace_back("iqn", std::move(name));
    }
    for (const auto &port : fc_ports(host))
        found.emplace_back("wwpn", port.wwpn);
    if (auto nqn = read_attribute(host.at("etc/nvme/hostnqn")); !nqn.empty())
        found.emplace_back("nqn", std::move(nqn));
    return found;
}

} // namespace drover::connect
