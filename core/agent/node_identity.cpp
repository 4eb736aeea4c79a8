#include "core/agent/node_identity.hpp"

#include "core/connect/initiators.hpp"
#include "core/volume/identity.hpp"

#include <fmt/format.h>

#include <fstream>

namespace drover {

namespace {

// One line, without its end; empty when the file cannot be read.
std::string first_line(const std::filesystem::path &file) {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    return line;
}

Result<std::string> node_id_of_machine() {
    constexpr std::string_view kSpace = "0e2f5c56-6a2c-5b4c-8d0e-4f6b7d0a9c11";
    const std::string machine = first_line("/etc/machine-id");
    if (machine.size() != 32) {
        return fail(Code::invalid, "this machine has no /etc/machine-id to tell it from others: run "
                                   "systemd-machine-id-setup, or set agent.node-id in agent.yml");
    }
    return uuid_v5(kSpace, machine);
}

Result<void> keep(Journal &journal, std::string_view key, const std::string &value) {
    auto stored = journal.keep_note(key, value, Step::node_record);
    if (!stored)
        return fail(std::move(stored).error());
    if (*stored == value)
        return {};
    return fail(Code::conflict, fmt::format("the state belongs to {0} {1}, and this agent is {0} {2}: its "
                                            "volumes would not be found again. Set agent.{0} in "
                                            "agent.yml to {1}, or use another state-dir",
                                            key, *stored, value));
}

} // namespace

Result<Node> identify_node(const AgentSettings &settings, Journal &journal) {
    Node node;
    if (settings.node_id) {
        node.identity.id = *settings.node_id;
    } else {
        auto id = node_id_of_machine();
        if (!id)
            return fail(std::move(id).error());
        node.identity.id = std::move(*id);
    }
    node.cluster_id = settings.cluster_id.value_or(std::string(kDefaultClusterId));
    node.boot_id = first_line("/proc/sys/kernel/random/boot_id");
    if (node.boot_id.empty())
        return fail(Code::internal, "cannot read /proc/sys/kernel/random/boot_id: is /proc mounted?");
    node.mount_root = settings.mount_root;
    node.identity.initiators = connect::initiators(connect::HostAccess{});
    if (auto kept = keep(journal, "node-id", node.identity.id); !kept)
        return fail(std::move(kept).error());
    if (auto kept = keep(journal, "cluster-id", node.cluster_id); !kept)
        return fail(std::move(kept).error());
    return node;
}

} // namespace drover
