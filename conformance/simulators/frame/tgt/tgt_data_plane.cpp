#include "conformance/simulators/frame/tgt/tgt_data_plane.hpp"

#include <fmt/format.h>

#include <utility>

namespace drover::sim {

Result<void> TgtDataPlane::start(const DataPlaneSettings &settings) {
    std::string iqn;
    std::vector<std::string> portals;
    for (const auto &port : settings.ports) {
        if (port.protocol != DataPort::Protocol::iscsi)
            continue;
        if (!iqn.empty() && iqn != port.target) {
            return fail(Code::invalid,
                        fmt::format("port {} has the target {}, another one {}: the iSCSI ports of "
                                    "an array share one",
                                    port.name, port.target, iqn));
        }
        iqn = port.target;
        portals.push_back(port.portal);
    }
    if (iqn.empty()) {
        return fail(Code::invalid,
                    "the array has no iSCSI port: the data plane tgt has nothing to listen on; give "
                    "its seed ports with \"portal\"");
    }
    hosts_.clear();
    served_.clear();
    target_.reset();
    daemon_.reset();
    auto daemon = TgtDaemon::start(settings.folder);
    if (!daemon)
        return fail(std::move(daemon).error());
    daemon_ = std::move(*daemon);
    auto target = TgtTarget::make(*daemon_, iqn, settings.identity);
    if (!target)
        return fail(std::move(target).error());
    target_.emplace(std::move(*target));
    return daemon_->listen_on(portals);
}

Result<void> TgtDataPlane::check_alone(const DataHost &host) const {
    for (const auto &[id, other] : hosts_) {
        if (id == host.id || host.iqns.empty() || other.host.iqns.empty() || other.volumes.empty())
            continue;
        return fail(
            Code::unsupported,
            fmt::format("host {} has volumes over iSCSI, and {} is to have one: tgtd would show each the "
                        "other's, so the data plane tgt serves one host at a time; disconnect the "
                        "volumes of {}, or use the data plane lio",
                        other.host.name, host.name, other.host.name));
    }
    return {};
}

// Makes the target what this host sees. Its own sessions stay.
Result<void> TgtDataPlane::serve(const Seen &seen) {
    served_ = seen.host.id;
    if (auto admitted = target_->admit(seen.host.iqns, seen.host.chap); !admitted)
        return admitted;
    for (const auto &[serial, shown] : seen.volumes) {
        auto done = seen.host.iqns.empty() ? target_->hide(shown.lun, serial)
                                           : target_->show(shown.lun, shown.volume);
        if (!done)
            return done;
    }
    return {};
}

Result<void> TgtDataPlane::set_host(const DataHost &host) {
    auto &seen = hosts_[host.id];
    if (!seen.volumes.empty()) {
        if (auto alone = check_alone(host); !alone)
            return alone;
    }
    seen.host = host;
    // Others see their volumes over protocols that are not here.
    const bool is_served = served_ == host.id || (!seen.volumes.empty() && !host.iqns.empty());
    return is_served ? serve(seen) : Result<void>();
}

Result<void> TgtDataPlane::remove_host(const std::string &host_id) {
    if (served_ == host_id) {
        if (auto out = target_->admit({}, {}); !out)
            return out;
        served_.clear();
    }
    hosts_.erase(host_id);
    return {};
}

Result<void> TgtDataPlane::connect(const DataHost &host, const DataVolume &volume, unsigned lun) {
    if (lun == 0)
        return fail(Code::invalid, "LUN 0 cannot be a volume's: tgtd has its controller there");
    if (auto alone = check_alone(host); !alone)
        return alone;
    auto &seen = hosts_[host.id];
    seen.host = host;
    seen.volumes[volume.serial] = {.volume = volume, .lun = lun};
    if (host.iqns.empty() && served_ != host.id)
        return {};
    auto done = serve(seen);
    if (!done) {
        // Or the LUN, which the array gives to the next volume, would show this one.
        static_cast<void>(disconnect(host, volume, lun));
    }
    return done;
}

Result<void> TgtDataPlane::disconnect(const DataHost &host, const DataVolume &volume, unsigned /*lun*/) {
    const auto known = hosts_.find(host.id);
    if (known == hosts_.end())
        return {};
    const auto shown = known->second.volumes.find(volume.serial);
    if (shown == known->second.volumes.end())
        return {};
    if (served_ == host.id) {
        if (auto hidden = target_->hide(shown->second.lun, volume.serial); !hidden)
            return hidden;
    }
    known->second.volumes.erase(shown);
    return {};
}

Result<void> TgtDataPlane::resized(const DataVolume &volume) {
    const auto served = hosts_.find(served_);
    if (served == hosts_.end() || served->second.host.iqns.empty())
        return {};
    const auto shown = served->second.volumes.find(volume.serial);
    if (shown == served->second.volumes.end())
        return {};
    shown->second.volume = volume;
    return target_->take_new_size(shown->second.lun, volume.file);
}

} // namespace drover::sim
