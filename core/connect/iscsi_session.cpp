#include "core/connect/iscsi_session.hpp"

#include "core/connect/sysfs.hpp"

#include <algorithm>

namespace drover::connect {
namespace {

// ".../host3/session1/iscsi_session/session1"
std::optional<unsigned> host_number(const std::filesystem::path &folder) {
    constexpr std::string_view kHost = "host";
    for (const auto &part : folder) {
        const std::string name = part.string();
        if (!name.starts_with(kHost))
            continue;
        if (const auto value = number(std::string_view(name).substr(kHost.size()));
            value && *value < 0xffffffffU)
            return static_cast<unsigned>(*value);
    }
    return std::nullopt;
}

std::vector<Portal> portals_of(const HostAccess &host, std::string_view session_number) {
    std::vector<Portal> portals;
    const auto connections = host.at("sys/class/iscsi_connection");
    const std::string prefix = "connection" + std::string(session_number) + ":";
    for (const auto &name : names_in(connections)) {
        if (!name.starts_with(prefix))
            continue;
        for (const char *kind : {"persistent_", ""}) {
            auto portal = make_portal(read_attribute(connections / name / (std::string(kind) + "address")),
                                      read_attribute(connections / name / (std::string(kind) + "port")));
            if (portal)
                portals.push_back(std::move(*portal));
        }
    }
    return portals;
}

} // namespace

bool IscsiSession::leads_to(const std::string &wanted_target, const Portal &portal) const {
    return target == wanted_target && std::find(portals.begin(), portals.end(), portal) != portals.end();
}

std::vector<IscsiSession> iscsi_sessions(const HostAccess &host) {
    constexpr std::string_view kSession = "session";
    std::vector<IscsiSession> sessions;
    const auto all = host.at("sys/class/iscsi_session");
    for (const auto &name : names_in(all)) {
        std::error_code error;
        const auto folder = std::filesystem::canonical(all / name, error);
        if (error || !name.starts_with(kSession))
            continue;
        const auto host_of = host_number(folder);
        const auto target_id = number(read_attribute(folder / "target_id"));
        if (!host_of || !target_id || *target_id >= 0xffffffffU)
            continue; // it goes away just now
        sessions.push_back({.name = name,
                            .target = read_attribute(folder / "targetname"),
                            .initiator = read_attribute(folder / "initiatorname"),
                            .state = read_attribute(folder / "state"),
                            .nexus = {*host_of, 0, static_cast<unsigned>(*target_id)},
                            .portals = portals_of(host, std::string_view(name).substr(kSession.size()))});
    }
    return sessions;
}

bool carries_devices(const HostAccess &host, const IscsiSession &session) {
    const auto folder = host.at("sys/class/iscsi_session") / session.name / "device";
    const auto children = entries_of(folder);
    if (!children)
        return true;
    for (const auto &child : *children) {
        if (!child.starts_with("target"))
            continue;
        const auto devices = entries_of(folder / child);
        if (!devices)
            return true;
        // "3:0:0:1"
        if (std::ranges::any_of(*devices, [](const std::string &name) {
                return !name.empty() && name.front() >= '0' && name.front() <= '9';
            }))
            return true;
    }
    return false;
}

} // namespace drover::connect
