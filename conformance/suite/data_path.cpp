#include "conformance/suite/data_path.hpp"

#include "conformance/suite/checks.hpp"
#include "conformance/suite/pattern.hpp"
#include "core/filesystem/format.hpp"
#include "core/filesystem/mount.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace drover::conformance {
namespace {

filesystem::BlockDevice block_device(const connect::Device &device) {
    return {.path = device.path, .major = device.major, .minor = device.minor};
}

// The first thing; empty when volumes can be connected by this protocol.
std::string what_node_lacks(const connect::Connectors &connectors, Protocol protocol, Deadline deadline) {
    if (auto found = connectors.for_protocol(protocol); !found)
        return found.error().message;
    for (const auto &finding : connectors.check_node({protocol}, deadline)) {
        if (finding.level == connect::FindingLevel::error)
            return finding.message;
    }
    return {};
}

// The node's initiator name; empty: this machine's own.
std::string iqn_of(const NodeIdentity &node) {
    const auto found = std::ranges::find(node.initiators, "iqn", [](const auto &each) { return each.first; });
    return found == node.initiators.end() ? std::string() : found->second;
}

connect::Connectors connectors_of(const NodeIdentity &node) {
    return connect::standard_connectors(connect::MultipathPolicy::preferred, connect::HostAccess{},
                                        iqn_of(node));
}

} // namespace

DataPath::DataPath(Test &test)
    : test_(test), connectors_(connectors_of(test.first())),
      second_connectors_(connectors_of(test.second())) {
    if (::geteuid() != 0)
        test.skip("mounting needs root");
    // One protocol that works is enough: which one an attachment takes, is the driver's choice.
    bool can_connect = false;
    std::string lacks;
    for (unsigned number = DRV_PROTO_LOCAL; number <= DRV_PROTO_NVME_TCP; ++number) {
        if ((test.caps().protocols >> number & 1U) == 0)
            continue;
        const auto protocol = static_cast<Protocol>(number);
        const std::string lack = what_node_lacks(connectors_, protocol, soon());
        can_connect = can_connect || lack.empty();
        if (!lack.empty())
            lacks += fmt::format("{}{}: {}", lacks.empty() ? "" : "; ", connect::to_string(protocol), lack);
    }
    if (!can_connect)
        test.skip("this machine cannot connect the backend's volumes: " + lacks);
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        test.skip(fmt::format("no mount namespace of its own can be had here: {}", std::strerror(errno)));
}

DataPath::~DataPath() {
    for (const Plugged &each : plugged_) {
        if (std::find(mounted_.begin(), mounted_.end(), each.id) != mounted_.end()) {
            static_cast<void>(
                filesystem::unmount(target_of(each), each.device.major, each.device.minor, soon()));
        }
        const auto &connectors = each.is_second ? second_connectors_ : connectors_;
        if (auto found = connectors.for_protocol(each.connection.protocol))
            static_cast<void>((*found)->disconnect(each.connection, soon()));
    }
}

Deadline DataPath::soon() const {
    return Deadline::after(test_.settings().limit / 2);
}

std::filesystem::path DataPath::target_of(const Plugged &plugged) const {
    return test_.settings().scratch / "mnt" / plugged.id;
}

template <typename T>
T DataPath::need(Result<T> result, std::string_view expected) {
    if (!result)
        test_.fail(std::string(expected), result.error().message);
    if constexpr (!std::is_void_v<T>)
        return std::move(*result);
}

connect::Connector &DataPath::connector(const Plugged &plugged) {
    const auto protocol = plugged.connection.protocol;
    if (plugged.is_second && (protocol == Protocol::fc || protocol == Protocol::nvme_tcp)) {
        test_.skip(fmt::format("one machine cannot be two nodes by {}: only iSCSI lets it have two names",
                               connect::to_string(protocol)));
    }
    auto found = (plugged.is_second ? second_connectors_ : connectors_).for_protocol(protocol);
    if (!found)
        test_.skip(found.error().message);
    return **found;
}

Instance &DataPath::instance_of(const Plugged &plugged) {
    return plugged.is_second ? test_.instance_of_second() : test_.instance();
}

Plugged DataPath::plug(const std::string &id, bool as_second, std::uint64_t flags) {
    Plugged made{.id = id, .is_second = as_second, .connection = {}, .device = {}};
    const Answer attached = instance_of(made).attach(
        {.id = id, .node = as_second ? test_.second() : test_.first(), .flags = flags});
    if (flags != 0 && attached.status == DRV_E_UNSUPPORTED)
        test_.skip("the backend does not attach read-only");
    made.connection = one_connection(test_, attached);
    return connect(std::move(made));
}

Plugged DataPath::plug_attached(const std::string &id, const Connection &connection) {
    return connect({.id = id, .connection = connection, .device = {}});
}

Plugged DataPath::connect(Plugged made) {
    const auto secrets = [this](const std::string &key) -> Result<SecretText> {
        const auto settings = test_.backend_settings();
        const auto found = settings.secrets.find(key);
        if (found == settings.secrets.end())
            return drover::fail(Code::not_found, "the driver declares no secret key " + key);
        return SecretText(found->second);
    };
    auto &with = connector(made);
    // Before the first side effect: what a failure leaves half connected is let go of too.
    plugged_.push_back(made);
    made.device = need(with.connect(made.connection, secrets, soon()),
                       "the attached device is found and proven by its wwid");
    plugged_.back() = made;
    return made;
}

void DataPath::unplug(const Plugged &plugged) {
    need(connector(plugged).disconnect(plugged.connection, soon()), "the device lets go");
    std::erase_if(plugged_, [&](const Plugged &each) {
        return each.id == plugged.id && each.is_second == plugged.is_second;
    });
    if (plugged.is_second) {
        test_.detach_second(plugged.id);
    } else {
        test_.detach_first(plugged.id);
    }
}

void DataPath::rescan(Plugged &plugged, std::uint64_t bytes) {
    plugged.device = need(connector(plugged).rescan(plugged.connection, bytes, soon()),
                          fmt::format("the device grows to {} bytes", bytes));
}

void DataPath::write(const Plugged &plugged, std::uint64_t seed, std::uint64_t bytes) {
    need(write_pattern(plugged.device.path, seed, bytes), "the device can be written");
}

void DataPath::expect_pattern(const Plugged &plugged, std::uint64_t seed, std::uint64_t bytes,
                              std::string_view what) {
    if (const auto wrong = need(check_pattern(plugged.device.path, seed, bytes), "the device can be read"))
        test_.fail(std::string(what), *wrong);
}

void DataPath::expect_zero(const Plugged &plugged, std::uint64_t from, std::uint64_t to,
                           std::string_view what) {
    if (const auto wrong = need(check_zero(plugged.device.path, from, to), "the device can be read"))
        test_.fail(std::string(what), *wrong);
}

void DataPath::write_volume(const BackendVolume &volume, std::uint64_t seed) {
    const Plugged plugged = plug(volume.id);
    write(plugged, seed, volume.bytes);
    unplug(plugged);
}

void DataPath::expect_volume(const std::string &id, std::uint64_t seed, std::uint64_t bytes,
                             std::string_view what) {
    const Plugged plugged = plug(id);
    expect_pattern(plugged, seed, bytes, what);
    unplug(plugged);
}

void DataPath::format(const Plugged &plugged) {
    need(filesystem::format(block_device(plugged.device),
                            {.fstype = test_.file().fstype, .uuid = test_.fresh_id()}, soon()),
         fmt::format("the device takes an {} filesystem", test_.file().fstype));
}

std::filesystem::path DataPath::mount(const Plugged &plugged) {
    auto target = target_of(plugged);
    need(filesystem::mount(block_device(plugged.device), target, test_.file().fstype, {}, soon()),
         "the filesystem mounts");
    mounted_.push_back(plugged.id);
    return target;
}

void DataPath::unmount(const Plugged &plugged) {
    need(filesystem::unmount(target_of(plugged), plugged.device.major, plugged.device.minor, soon()),
         "the filesystem unmounts");
    std::erase(mounted_, plugged.id);
}

filesystem::Freeze DataPath::freeze(const Plugged &plugged) {
    return need(filesystem::Freeze::hold(target_of(plugged), soon()), "the filesystem can be frozen");
}

void DataPath::write_files(const Plugged &plugged, std::uint64_t seed) {
    need(conformance::write_files(target_of(plugged), seed), "files can be written");
}

void DataPath::expect_files(const Plugged &plugged, std::uint64_t seed, std::string_view what) {
    if (const auto wrong = need(check_files(target_of(plugged), seed), "files can be read"))
        test_.fail(std::string(what), *wrong);
}

} // namespace drover::conformance
