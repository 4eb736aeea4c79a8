#include "conformance/simulators/frame/lio/lio_data_plane.hpp"

#include "conformance/simulators/frame/lio/configfs.hpp"
#include "conformance/simulators/frame/lio/loop_device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <fstream>
#include <set>
#include <utility>

namespace drover::sim {
namespace {

bool has(const std::vector<std::string> &names, const std::string &name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// Their names, "52:4a:...", as with_colons gives them.
std::set<std::string> ports_of_this_machine() {
    std::set<std::string> names;
    std::error_code error;
    for (std::filesystem::directory_iterator entry("/sys/class/fc_host", error), end; !error && entry != end;
         entry.increment(error)) {
        std::ifstream file(entry->path() / "port_name");
        std::string name; // "0x524a9370a1b2c300"
        if (file >> name && name.starts_with("0x"))
            names.insert(with_colons(name.substr(2)));
    }
    return names;
}

} // namespace

LioDataPlane::~LioDataPlane() {
    static_cast<void>(stop());
}

Result<void> LioDataPlane::stop() noexcept {
    try {
        hosts_.clear();
        stores_.clear();
        // First the targets, which use the rest.
        for (auto &target : targets_) {
            if (auto closed = target.close(); !closed)
                return closed;
        }
        return backstores_ ? backstores_->withdraw_all() : Result<void>();
    } catch (const std::exception &error) {
        return fail(Code::internal, error.what());
    }
}

Result<void> LioDataPlane::start(const DataPlaneSettings &settings) {
    if (auto there = configfs::require_target({"loop", "target_core_mod", "target_core_iblock"}); !there)
        return there;
    if (auto stopped = stop(); !stopped)
        return stopped;
    if (auto made = make_targets(settings.ports); !made)
        return made;
    // What a killed run left.
    backstores_.emplace(settings.ports.front().target, settings.identity);
    if (auto stopped = stop(); !stopped)
        return stopped;
    if (auto detached = loop_device::detach_all_below(settings.folder); !detached)
        return detached;
    for (auto &target : targets_) {
        if (auto opened = target.open(); !opened)
            return opened;
    }
    return {};
}

Result<void> LioDataPlane::make_targets(const std::vector<DataPort> &ports) {
    targets_.clear();
    std::string iqn;
    std::vector<std::string> portals;
    for (const auto &port : ports) {
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
    if (!iqn.empty()) {
        configfs::load_module("iscsi_target_mod");
        targets_.emplace_back(ScsiTarget::Protocol::iscsi, iqn, std::move(portals));
    }
    const auto here = ports_of_this_machine();
    for (const auto &port : ports) {
        if (port.protocol != DataPort::Protocol::fibre_channel || !here.contains(with_colons(port.target)))
            continue;
        configfs::load_module("tcm_fc");
        targets_.emplace_back(ScsiTarget::Protocol::fibre_channel, port.target, std::vector<std::string>());
    }
    if (targets_.empty()) {
        return fail(Code::invalid,
                    "the array has no iSCSI port, and no Fibre Channel port that is one of this "
                    "machine: the data plane lio has nothing to listen on");
    }
    return {};
}

Result<void> LioDataPlane::set_host(const DataHost &host) {
    auto &seen = hosts_[host.id];
    const auto before = std::exchange(seen.host, host);
    for (auto &target : targets_) {
        const auto now = target.initiators_of(host);
        for (const auto &initiator : target.initiators_of(before)) {
            if (has(now, initiator))
                continue;
            if (auto out = target.shut_out(initiator); !out)
                return out;
        }
        for (const auto &initiator : now) {
            if (auto in = target.let_in(initiator, host.chap); !in)
                return in;
            if (auto shown = show_all(target, initiator, seen); !shown)
                return shown;
        }
    }
    return {};
}

Result<void> LioDataPlane::show_all(ScsiTarget &target, const std::string &initiator, const Seen &seen) {
    for (const auto &[serial, lun] : seen.luns) {
        if (auto shown = target.show(initiator, lun, serial, stores_.at(serial)); !shown)
            return shown;
    }
    return {};
}

Result<void> LioDataPlane::remove_host(const std::string &host_id) {
    const auto known = hosts_.find(host_id);
    if (known == hosts_.end())
        return {};
    for (auto &target : targets_) {
        for (const auto &initiator : target.initiators_of(known->second.host)) {
            if (auto out = target.shut_out(initiator); !out)
                return out;
        }
    }
    hosts_.erase(known);
    return {};
}

Result<void> LioDataPlane::connect(const DataHost &host, const DataVolume &volume, unsigned lun) {
    const auto known = hosts_.find(host.id);
    if (known == hosts_.end() || !(known->second.host == host)) {
        if (auto set = set_host(host); !set)
            return set;
    }
    auto store = backstores_->provide(volume);
    if (!store)
        return fail(std::move(store).error());
    stores_[volume.serial] = *store;
    hosts_[host.id].luns[volume.serial] = lun;
    for (auto &target : targets_) {
        for (const auto &initiator : target.initiators_of(host)) {
            if (auto shown = target.show(initiator, lun, volume.serial, *store); !shown) {
                // Or the LUN, which the array gives to the next volume, would show this one.
                static_cast<void>(disconnect(host, volume, lun));
                return shown;
            }
        }
    }
    return {};
}

Result<void> LioDataPlane::disconnect(const DataHost &host, const DataVolume &volume, unsigned lun) {
    for (auto &target : targets_) {
        for (const auto &initiator : target.initiators_of(host)) {
            if (auto hidden = target.hide(initiator, lun); !hidden)
                return hidden;
        }
    }
    if (const auto known = hosts_.find(host.id); known != hosts_.end())
        known->second.luns.erase(volume.serial);
    return is_seen(volume.serial) ? Result<void>() : forget_volume(volume);
}

bool LioDataPlane::is_seen(const std::string &serial) const {
    return std::any_of(hosts_.begin(), hosts_.end(),
                       [&](const auto &host) { return host.second.luns.contains(serial); });
}

Result<void> LioDataPlane::resized(const DataVolume &volume) {
    return backstores_->take_new_size(volume.serial);
}

// Hosts' writes go through the loop device into the file before they are answered; only who reads the loop
// device on this machine (udev does) leaves something of it in memory.
Result<void> LioDataPlane::replacing_content(const DataVolume & /*volume*/) {
    return {};
}
Result<void> LioDataPlane::content_replaced(const DataVolume &volume) {
    return backstores_->drop_cache(volume.serial);
}
Result<void> LioDataPlane::settle(const DataVolume & /*volume*/) {
    return {};
}

Result<void> LioDataPlane::forget_volume(const DataVolume &volume) {
    for (auto &target : targets_) {
        if (auto dropped = target.drop(volume.serial); !dropped)
            return dropped;
    }
    stores_.erase(volume.serial);
    return backstores_->withdraw(volume.serial);
}

} // namespace drover::sim
