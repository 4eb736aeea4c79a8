#include "core/connect/fc.hpp"

#include "core/connect/sysfs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

namespace drover::connect {
namespace {

// "host3" -> 3.
std::optional<unsigned> number_after(std::string_view prefix, std::string_view text) {
    if (!text.starts_with(prefix))
        return std::nullopt;
    const auto value = number(text.substr(prefix.size()));
    if (!value || *value >= 0xffffffffU)
        return std::nullopt;
    return static_cast<unsigned>(*value);
}

// "rport-3:0-1": host and channel. The last number is no target id; scsi_target_id is.
std::optional<std::pair<unsigned, unsigned>> host_and_channel(std::string_view name, std::string_view prefix,
                                                              char end) {
    if (!name.starts_with(prefix))
        return std::nullopt;
    name.remove_prefix(prefix.size());
    const auto colon = name.find(':');
    const auto stop = colon == std::string_view::npos ? colon : name.find(end, colon + 1);
    if (stop == std::string_view::npos)
        return std::nullopt;
    const auto host = number(name.substr(0, colon));
    const auto channel = number(name.substr(colon + 1, stop - colon - 1));
    if (!host || !channel || *host >= 0xffffffffU || *channel >= 0xffffffffU)
        return std::nullopt;
    return std::pair(static_cast<unsigned>(*host), static_cast<unsigned>(*channel));
}

} // namespace

std::string normal_wwpn(std::string_view text) {
    if (text.starts_with("0x") || text.starts_with("0X"))
        text.remove_prefix(2);
    std::string digits;
    for (char c : text) {
        if (c == ':' || c == '-')
            continue;
        if (c >= 'A' && c <= 'F')
            c = static_cast<char>(c - 'A' + 'a');
        const bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (!is_hex)
            return {};
        digits += c;
    }
    return digits.size() == 16 && digits != "0000000000000000" ? digits : std::string();
}

std::vector<FcPort> fc_ports(const HostAccess &host) {
    std::vector<FcPort> ports;
    const auto all = host.at("sys/class/fc_host");
    for (const auto &name : names_in(all)) {
        const auto host_of = number_after("host", name);
        auto wwpn = normal_wwpn(read_attribute(all / name / "port_name"));
        if (!host_of || wwpn.empty())
            continue;
        ports.push_back({.host = *host_of,
                         .wwpn = std::move(wwpn),
                         .is_online = read_attribute(all / name / "port_state") == "Online"});
    }
    return ports;
}

Result<void> FcTransport::check(const Connection &connection) const {
    for (const auto &path : connection.paths) {
        if (normal_wwpn(path.target).empty())
            return fail(Code::invalid, fmt::format("the driver's target \"{}\" is no WWPN", path.target));
    }
    return {};
}

// In both places: one of them may lack a port for a moment.
std::vector<Nexus> FcTransport::ways_to(const std::string &wwpn) const {
    std::vector<Nexus> found;
    const auto ports = fc_ports(host_);
    const auto is_online = [&](unsigned host_number) {
        return std::ranges::any_of(
            ports, [&](const FcPort &port) { return port.host == host_number && port.is_online; });
    };
    const auto add = [&](unsigned host_number, unsigned channel, std::uint64_t target) {
        if (is_online(host_number))
            found.push_back({host_number, channel, static_cast<unsigned>(target)});
    };
    const auto targets = host_.at("sys/class/fc_transport");
    for (const auto &name : names_in(targets)) {
        const auto place = host_and_channel(name, "target", ':');
        const auto id = number(std::string_view(name).substr(name.rfind(':') + 1));
        if (place && id && *id < 0xffffffffU &&
            normal_wwpn(read_attribute(targets / name / "port_name")) == wwpn)
            add(place->first, place->second, *id);
    }
    const auto remotes = host_.at("sys/class/fc_remote_ports");
    for (const auto &name : names_in(remotes)) {
        const auto place = host_and_channel(name, "rport-", '-');
        // -1: a port that is no target, which is no number here.
        const auto id = number(read_attribute(remotes / name / "scsi_target_id"));
        if (place && id && *id < 0xffffffffU &&
            normal_wwpn(read_attribute(remotes / name / "port_name")) == wwpn &&
            read_attribute(remotes / name / "port_state") == "Online")
            add(place->first, place->second, *id);
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

std::vector<Nexus> FcTransport::nexuses(const Connection &connection) const {
    std::vector<Nexus> found;
    for (const auto &path : connection.paths) {
        for (const auto &nexus : ways_to(normal_wwpn(path.target)))
            found.push_back(nexus);
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

Result<Reached> FcTransport::reach(const Connection &connection, const Secrets &, bool one_is_enough,
                                   Deadline) {
    Reached reached{.nexuses = nexuses(connection), .troubles = {}, .uses = {}};
    if (one_is_enough && reached.nexuses.size() > 1)
        reached.nexuses.resize(1);
    std::vector<std::string> seen;
    for (const auto &path : connection.paths) {
        const auto wwpn = normal_wwpn(path.target);
        if (ways_to(wwpn).empty() && std::find(seen.begin(), seen.end(), wwpn) == seen.end()) {
            reached.troubles.push_back(fmt::format("target port {} is not seen", wwpn));
            seen.push_back(wwpn);
        }
    }
    if (!reached.nexuses.empty())
        return reached;
    const auto ports = fc_ports(host_);
    std::vector<std::string> own;
    own.reserve(ports.size());
    for (const auto &port : ports)
        own.push_back(port.wwpn + (port.is_online ? " (online)" : " (not online)"));
    if (ports.empty()) {
        return fail(
            Code::unsupported,
            "this node has no Fibre Channel port (/sys/class/fc_host is empty): is the adapter's module "
            "loaded?");
    }
    return fail_retryable(Code::unreachable,
                          fmt::format("{}; this node's ports are {}: check the zoning between them",
                                      fmt::join(reached.troubles, "; "), fmt::join(own, ", ")));
}

} // namespace drover::connect
