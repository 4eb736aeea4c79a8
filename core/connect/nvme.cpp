#include "core/connect/nvme.hpp"

#include "core/connect/local_device.hpp"
#include "core/connect/sysfs.hpp"
#include "core/connect/uevents.hpp"
#include "loader/base/child_call.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <future>

namespace drover::connect {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kPort = 4420;
constexpr auto kConnectLimit = 20s;
constexpr auto kAppearLimit = 60s;
constexpr auto kFlushLimit = 60s;
constexpr auto kLookAgain = 4s;
constexpr std::size_t kMaxName = 223;

bool is_nqn(std::string_view text) {
    return text.starts_with("nqn.") && text.size() <= kMaxName && std::ranges::all_of(text, [](char c) {
               return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '/' && c != ',';
           });
}

Program nvme(std::vector<std::string> words) {
    return {.file = "/usr/sbin/nvme", .arguments = std::move(words), .package = "nvme-cli"};
}

Device device_of(const NvmeNamespace &found, const std::string &wwid) {
    return {.path = "/dev/" + found.name,
            .major = found.major,
            .minor = found.minor,
            .bytes = found.bytes,
            .read_only = found.read_only,
            .wwid = wwid};
}

bool is_volume(const NvmeNamespace &found, const std::string &wwid) {
    return std::find(found.ids.begin(), found.ids.end(), wwid) != found.ids.end();
}

} // namespace

Result<std::vector<NvmeConnector::Way>> NvmeConnector::ways_of(const Connection &connection) {
    if (connection.protocol != Protocol::nvme_tcp)
        return fail(Code::invalid, "the NVMe connector was given a connection of another protocol");
    if (!is_nvme_wwid(connection.wwid)) {
        return fail(Code::invalid,
                    fmt::format("the driver's wwid \"{}\" is no namespace UUID or NGUID: a device without "
                                "identity is not used",
                                connection.wwid));
    }
    std::vector<Way> ways;
    for (const auto &path : connection.paths) {
        if (!is_nqn(path.target))
            return fail(Code::invalid, fmt::format("the driver's target \"{}\" is no NQN", path.target));
        auto portal = parse_portal(path.portal, kPort);
        if (!portal)
            return fail(std::move(portal).error().with_context("the driver's portal"));
        Way way{.nqn = path.target, .portal = std::move(*portal)};
        if (std::find(ways.begin(), ways.end(), way) == ways.end())
            ways.push_back(std::move(way));
    }
    if (ways.empty())
        return fail(Code::invalid, "the driver named no path to the volume");
    return ways;
}

std::vector<NvmeController> NvmeConnector::controllers_of(const std::vector<Way> &ways) const {
    auto found = nvme_controllers(host_);
    std::erase_if(found, [&](const NvmeController &each) {
        return each.transport != "tcp" || !each.portal || std::ranges::none_of(ways, [&](const Way &way) {
                   return way.nqn == each.nqn && way.portal == *each.portal;
               });
    });
    return found;
}

std::vector<NvmeNamespace> NvmeConnector::namespaces_of(const std::vector<Way> &ways) const {
    auto found = nvme_namespaces(host_);
    std::erase_if(found, [&](const NvmeNamespace &each) {
        return std::ranges::none_of(ways, [&](const Way &way) { return way.nqn == each.nqn; });
    });
    return found;
}

Result<Device> NvmeConnector::find(const Connection &connection, Deadline) {
    const auto ways = ways_of(connection);
    if (!ways)
        return fail(ways.error());
    const auto namespaces = namespaces_of(*ways);
    const auto found = std::ranges::find_if(
        namespaces, [&](const NvmeNamespace &each) { return is_volume(each, connection.wwid); });
    if (found == namespaces.end()) {
        return fail(Code::not_found,
                    fmt::format("volume {} is not among the {} namespaces of {} on this node",
                                connection.wwid, namespaces.size(), ways->front().nqn));
    }
    const auto controllers = controllers_of(*ways);
    if (std::ranges::none_of(controllers, [](const auto &each) { return each.is_live(); })) {
        return fail_retryable(
            Code::unreachable,
            fmt::format("no controller of {} is live: the array or the network between is down", found->nqn));
    }
    return device_of(*found, connection.wwid);
}

Result<void> NvmeConnector::open(const Way &way, Deadline deadline) const {
    const Deadline limit = deadline.earlier(Deadline::after(kConnectLimit));
    const auto state = [&] {
        const auto found = controllers_of({way});
        return found.empty() ? std::string() : found.front().state;
    };
    std::string said;
    if (state().empty()) {
        // Without an end to its retries (-l -1): a controller that is given up takes the device from under
        // its mount.
        auto result = host_.run(nvme({"connect", "-t", "tcp", "-a", way.portal.address, "-s",
                                      std::to_string(way.portal.port), "-n", way.nqn, "-l", "-1"}),
                                limit);
        if (!result)
            return fail(std::move(result).error());
        if (result->exit_code != 0) {
            said =
                fmt::format("nvme connect: exit code {}: {}", result->exit_code, last_lines(result->output));
        }
        if (result->exit_code != 0 && state().empty())
            return fail_retryable(Code::unreachable, said);
    }
    Uevents events;
    for (;;) {
        const auto now = state();
        if (now == "live")
            return {};
        if (now.empty() || limit.has_passed()) {
            return fail_retryable(Code::unreachable,
                                  fmt::format("the controller is {}{}{}", now.empty() ? "gone" : now,
                                              said.empty() ? "" : "; ", said));
        }
        events.wait(limit);
    }
}

// Only adds: for a namespace whose event was missed.
void NvmeConnector::look_again(const std::vector<Way> &ways, Deadline deadline) const {
    for (const auto &each : controllers_of(ways)) {
        if (each.is_live()) {
            (void)host_.run(nvme({"ns-rescan", "/dev/" + each.name}),
                            deadline.earlier(Deadline::after(kConnectLimit)));
        }
    }
}

Result<Device> NvmeConnector::appear(const Connection &connection, const std::vector<Way> &ways,
                                     std::uint64_t wanted_bytes, Deadline deadline) {
    Uevents events;
    Deadline next_look = Deadline::after(0s);
    for (;;) {
        auto device = find(connection, deadline);
        if (device && device->bytes >= wanted_bytes)
            return device;
        if (!device && device.error().code != Code::not_found && device.error().code != Code::unreachable)
            return device;
        if (deadline.has_passed()) {
            if (!device)
                return fail(std::move(device).error().with_context("the namespace did not appear"));
            return fail_retryable(Code::deadline,
                                  fmt::format("{} still has {} bytes where {} are wanted: the volume has not "
                                              "grown on this node",
                                              device->path.string(), device->bytes, wanted_bytes));
        }
        if (next_look.has_passed()) {
            look_again(ways, deadline);
            next_look = Deadline::after(kLookAgain);
        }
        events.wait(deadline);
    }
}

Result<Device> NvmeConnector::connect(const Connection &connection, const Secrets &, Deadline deadline) {
    const auto ways = ways_of(connection);
    if (!ways)
        return fail(ways.error());
    if (read_attribute(host_.at("etc/nvme/hostnqn")).empty()) {
        return fail(Code::unsupported,
                    "this node has no /etc/nvme/hostnqn, by which arrays know it: apt install "
                    "nvme-cli, or nvme gen-hostnqn > /etc/nvme/hostnqn");
    }
    const bool has_multipath = read_attribute(host_.at("sys/module/nvme_core/parameters/multipath")) != "N";
    const std::string &nqn = ways->front().nqn;
    {
        const std::lock_guard lock(uses_mutex_);
        uses_.push_back(nqn);
    }
    std::vector<std::future<Result<void>>> opening;
    for (std::size_t i = 0; i < (has_multipath ? ways->size() : 1); ++i)
        opening.push_back(std::async(std::launch::async, [&, i] { return open((*ways)[i], deadline); }));
    std::vector<std::string> troubles;
    for (std::size_t i = 0; i < opening.size(); ++i) {
        if (auto opened = opening[i].get(); !opened)
            troubles.push_back(fmt::format("{}: {}", (*ways)[i].portal.text(), opened.error().message));
    }
    auto device = [&]() -> Result<Device> {
        if (troubles.size() == opening.size()) {
            return fail_retryable(Code::unreachable, fmt::format("no portal of {} can be connected: {}", nqn,
                                                                 fmt::join(troubles, "; ")));
        }
        return appear(connection, *ways, 0, deadline.earlier(Deadline::after(kAppearLimit)));
    }();
    {
        const std::lock_guard lock(uses_mutex_);
        uses_.erase(std::find(uses_.begin(), uses_.end(), nqn));
    }
    if (device && !troubles.empty()) {
        spdlog::warn("volume {} works with {} of {} paths: {}", connection.wwid,
                     opening.size() - troubles.size(), ways->size(), fmt::join(troubles, "; "));
    }
    return device;
}

Result<Device> NvmeConnector::rescan(const Connection &connection, std::uint64_t wanted_bytes,
                                     Deadline deadline) {
    const auto ways = ways_of(connection);
    if (!ways)
        return fail(ways.error());
    if (controllers_of(*ways).empty())
        return find(connection, deadline);
    return appear(connection, *ways, wanted_bytes, deadline);
}

// A subsystem may hold other volumes, of this agent or of others: its controllers stay as long as there is
// one.
Result<void> NvmeConnector::close(const Connection &connection, const std::vector<Way> &ways,
                                  Deadline deadline) {
    const std::lock_guard lock(uses_mutex_); // nobody begins to count on them now
    const auto namespaces = namespaces_of(ways);
    const bool has_others = std::ranges::any_of(
        namespaces, [&](const NvmeNamespace &each) { return !is_volume(each, connection.wwid); });
    const bool is_counted_on = std::ranges::any_of(
        ways, [&](const Way &way) { return std::find(uses_.begin(), uses_.end(), way.nqn) != uses_.end(); });
    if (has_others || is_counted_on)
        return {};
    for (const auto &each : controllers_of(ways)) {
        auto result = host_.run(nvme({"disconnect", "-d", each.name}),
                                deadline.earlier(Deadline::after(kConnectLimit)));
        if (!result)
            return fail(std::move(result).error());
        if (result->exit_code != 0) {
            return fail_retryable(Code::unreachable,
                                  fmt::format("nvme disconnect -d {}: exit code {}: {}", each.name,
                                              result->exit_code, last_lines(result->output)));
        }
    }
    return {};
}

Result<void> NvmeConnector::disconnect(const Connection &connection, Deadline deadline) {
    const auto ways = ways_of(connection);
    if (!ways)
        return fail(ways.error());
    const auto device = find(connection, deadline);
    if (!device && device.error().code != Code::not_found)
        return fail(device.error());
    if (device) {
        auto flushed =
            call_in_child("flushing " + device->path.string(), deadline.earlier(Deadline::after(kFlushLimit)),
                          [&] { return flush_local(*device).map([] { return std::string(); }); });
        if (!flushed)
            return fail(std::move(flushed).error());
    }
    return close(connection, *ways, deadline);
}

Result<void> NvmeConnector::drop(const Connection &connection, Deadline deadline) {
    const auto ways = ways_of(connection);
    if (!ways)
        return fail(ways.error());
    return close(connection, *ways, deadline);
}

} // namespace drover::connect
