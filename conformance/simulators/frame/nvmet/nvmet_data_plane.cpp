#include "conformance/simulators/frame/nvmet/nvmet_data_plane.hpp"

#include "conformance/simulators/frame/lio/configfs.hpp"
#include "conformance/simulators/frame/lio/loop_device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <exception>
#include <utility>

namespace drover::sim {

Result<std::string> nguid_of(const DataIdentity &identity, const std::string &serial) {
    constexpr std::size_t kSerial = 24;
    constexpr std::size_t kFront = 14;
    if (identity.naa_prefix.size() < 7 || serial.size() != kSerial) {
        return fail(Code::invalid,
                    fmt::format("an NGUID is made of a company's six digits and a serial of {}: "
                                "not of \"{}\" and \"{}\"",
                                kSerial, identity.naa_prefix, serial));
    }
    std::string nguid =
        "00" + serial.substr(0, kFront) + identity.naa_prefix.substr(1, 6) + serial.substr(kFront);
    std::transform(nguid.begin(), nguid.end(), nguid.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return nguid;
}

NvmetDataPlane::~NvmetDataPlane() {
    static_cast<void>(stop());
}

Result<void> NvmetDataPlane::stop() noexcept {
    try {
        hosts_.clear();
        // First the target, which uses the rest.
        if (target_) {
            if (auto closed = target_->close(); !closed)
                return closed;
        }
        Result<void> result;
        for (const auto &[serial, device] : std::exchange(devices_, {})) {
            if (auto detached = loop_device::detach(device); !detached)
                result = std::move(detached);
        }
        return result;
    } catch (const std::exception &error) {
        return fail(Code::internal, error.what());
    }
}

Result<void> NvmetDataPlane::start(const DataPlaneSettings &settings) {
    if (auto there = configfs::require_nvme_target({"loop", "nvmet", "nvmet_tcp"}); !there)
        return there;
    if (auto stopped = stop(); !stopped)
        return stopped;
    identity_ = settings.identity;
    std::string nqn;
    std::vector<std::string> portals;
    for (const auto &port : settings.ports) {
        if (port.protocol != DataPort::Protocol::nvme_tcp)
            continue;
        if (!nqn.empty() && nqn != port.target) {
            return fail(Code::invalid,
                        fmt::format("port {} has the subsystem {}, another one {}: the NVMe ports "
                                    "of an array share one",
                                    port.name, port.target, nqn));
        }
        nqn = port.target;
        portals.push_back(port.portal);
    }
    if (nqn.empty()) {
        return fail(Code::invalid,
                    "the array has no NVMe/TCP port: the data plane nvmet has nothing to listen "
                    "on; give its seed ports with \"nqn\" and \"portal\"");
    }
    target_.emplace(nqn, identity_.product, std::move(portals));
    // What a killed run left.
    if (auto closed = target_->close(); !closed)
        return closed;
    if (auto detached = loop_device::detach_all_below(settings.folder); !detached)
        return detached;
    return target_->open();
}

Result<void> NvmetDataPlane::set_host(const DataHost &host) {
    auto &seen = hosts_[host.id];
    if (!seen.volumes.empty()) {
        if (auto alone = check_alone(host); !alone)
            return alone;
    }
    const auto before = std::exchange(seen.host, host);
    for (const auto &nqn : before.nqns) {
        if (std::find(host.nqns.begin(), host.nqns.end(), nqn) != host.nqns.end())
            continue;
        if (auto out = target_->shut_out(nqn); !out)
            return out;
    }
    for (const auto &[serial, shown] : seen.volumes) {
        auto done = host.nqns.empty() ? hide(shown) : show(seen, shown);
        if (!done)
            return done;
    }
    return {};
}

Result<void> NvmetDataPlane::check_alone(const DataHost &host) const {
    for (const auto &[id, other] : hosts_) {
        if (id == host.id || host.nqns.empty() || other.host.nqns.empty() || other.volumes.empty())
            continue;
        return fail(
            Code::unsupported,
            fmt::format("host {} has volumes over NVMe, and {} is to have one: the kernel's target would "
                        "show each the other's, so the data plane nvmet serves one host at a time",
                        other.host.name, host.name));
    }
    return {};
}

Result<void> NvmetDataPlane::show(const Seen &seen, const Shown &shown) {
    const auto nguid = nguid_of(identity_, shown.volume.serial);
    if (!nguid)
        return fail(nguid.error());
    auto device = loop_device::attach(shown.volume.file);
    if (!device)
        return fail(std::move(device).error());
    devices_[shown.volume.serial] = *device;
    if (auto done = target_->show(shown.number, *nguid, *device); !done)
        return done;
    // Last: a host that comes back finds its namespaces there.
    for (const auto &nqn : seen.host.nqns) {
        if (auto in = target_->let_in(nqn); !in)
            return in;
    }
    return {};
}

Result<void> NvmetDataPlane::hide(const Shown &shown) {
    if (auto hidden = target_->hide(shown.number); !hidden)
        return hidden;
    return forget_volume(shown.volume);
}

Result<void> NvmetDataPlane::remove_host(const std::string &host_id) {
    const auto known = hosts_.find(host_id);
    if (known == hosts_.end())
        return {};
    for (const auto &nqn : known->second.host.nqns) {
        if (auto out = target_->shut_out(nqn); !out)
            return out;
    }
    hosts_.erase(known);
    return {};
}

Result<void> NvmetDataPlane::connect(const DataHost &host, const DataVolume &volume, unsigned lun) {
    if (lun == 0)
        return fail(Code::invalid, "LUN 0 cannot be the number of a namespace, which begin at 1");
    if (auto alone = check_alone(host); !alone)
        return alone;
    auto &seen = hosts_[host.id];
    const Shown shown{.volume = volume, .number = lun};
    seen.volumes[volume.serial] = shown;
    auto done = seen.host == host ? Result<void>() : set_host(host);
    if (done && !host.nqns.empty()) // the others see volumes over protocols that are not here
        done = show(seen, shown);
    if (!done) {
        // Or the number, which the array gives to the next volume, would show this one.
        static_cast<void>(disconnect(host, volume, lun));
    }
    return done;
}

Result<void> NvmetDataPlane::disconnect(const DataHost &host, const DataVolume &volume, unsigned lun) {
    const auto known = hosts_.find(host.id);
    if (known == hosts_.end() || known->second.volumes.erase(volume.serial) == 0 || host.nqns.empty())
        return {};
    if (auto hidden = hide({.volume = volume, .number = lun}); !hidden)
        return hidden;
    if (!known->second.volumes.empty())
        return {};
    for (const auto &nqn : host.nqns) {
        if (auto out = target_->shut_out(nqn); !out)
            return out;
    }
    return {};
}

Result<void> NvmetDataPlane::resized(const DataVolume &volume) {
    const auto device = devices_.find(volume.serial);
    if (device == devices_.end())
        return {};
    if (auto sized = loop_device::take_new_size(device->second); !sized)
        return sized;
    for (const auto &[id, seen] : hosts_) {
        const auto shown = seen.volumes.find(volume.serial);
        if (shown != seen.volumes.end() && !seen.host.nqns.empty())
            return target_->take_new_size(shown->second.number);
    }
    return {};
}

// Hosts' writes go through the loop device into the file before they are answered; only who reads the loop
// device on this machine (udev does) leaves something of it in memory.
Result<void> NvmetDataPlane::replacing_content(const DataVolume & /*volume*/) {
    return {};
}
Result<void> NvmetDataPlane::content_replaced(const DataVolume &volume) {
    const auto device = devices_.find(volume.serial);
    return device == devices_.end() ? Result<void>() : loop_device::drop_cache(device->second);
}
Result<void> NvmetDataPlane::settle(const DataVolume & /*volume*/) {
    return {};
}

Result<void> NvmetDataPlane::forget_volume(const DataVolume &volume) {
    const auto device = devices_.find(volume.serial);
    if (device == devices_.end())
        return {};
    if (auto detached = loop_device::detach(device->second); !detached)
        return detached;
    devices_.erase(device);
    return {};
}

} // namespace drover::sim
