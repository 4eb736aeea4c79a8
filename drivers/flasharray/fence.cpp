// Cutting a node off: every connection of our volumes to its host object goes, and the array is asked
// afterwards whether it did. Once a connection is gone the array answers the host's commands with errors,
// also those that were queued.
#include "drivers/flasharray/driver.hpp"

#include <algorithm>

namespace flasharray {

using drv::Code;
using drv::Error;

void FlashArray::fence(drv::Call &call, std::string_view node_id, drv::VolumeSink &sink) {
    const auto names = hosts_.names_of(node_id);
    const auto is_its = [&](const std::string &host) {
        return std::ranges::any_of(names, [&](const std::string &name) { return is_same_name(name, host); });
    };
    const auto is_ours = [&](const ConnectionRow &row) {
        const auto name = names_.read_volume(row.volume);
        return name && name->kind == NameKind::volume;
    };
    Connections all = objects_.all_connections(call);
    std::erase_if(all, [&](const ConnectionRow &row) { return !is_ours(row); });
    Connections its;
    for (const ConnectionRow &row : all) {
        if (is_its(row.host)) {
            its.push_back(row);
        } else if (!hosts_.tells_node(row.host)) {
            // Perhaps this is the node, under a name that people gave it.
            throw Error(Code::unsupported,
                        "node " + std::string(node_id) + " cannot be fenced: volume " + row.volume +
                            " is connected to the array's host object " + row.host +
                            ", and nothing tells which node that is. Name host objects like their nodes");
        }
    }
    std::vector<std::string> hosts;
    for (const ConnectionRow &row : its) {
        if (!row.host_group.empty()) {
            throw Error(Code::conflict,
                        "node " + std::string(node_id) + " cannot be fenced: volume " + row.volume +
                            " is connected to the host group " + row.host_group +
                            " of the array. Take the host out of it, or disconnect the group");
        }
        if (std::ranges::find(hosts, row.host) == hosts.end())
            hosts.push_back(row.host);
    }
    after_change([&] {
        for (const ConnectionRow &row : its)
            objects_.disconnect(call, row.host, row.volume);
        for (const std::string &host : hosts) {
            const auto left = objects_.connections_of_host(call, host).value_or(Connections());
            const auto still = std::ranges::find_if(left, is_ours);
            if (still != left.end()) {
                throw Error(Code::conflict, "node " + std::string(node_id) +
                                                " is not fenced: the array still connects " + still->volume +
                                                " to " + host)
                    .retryable();
            }
        }
        const auto others = by_volume(all);
        for (const ConnectionRow &row : its) {
            const auto volume = find_volume(call, names_.read_volume(row.volume)->id);
            if (!volume)
                continue;
            Connections rest = others.at(lower_case(row.volume));
            std::erase_if(rest, [&](const ConnectionRow &each) { return is_its(each.host); });
            sink.emit(record(call, *volume, rest));
        }
    });
}

} // namespace flasharray
