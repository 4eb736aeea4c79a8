#include "core/connect/multipath.hpp"

#include "core/connect/sysfs.hpp"
#include "core/connect/turns.hpp"
#include "core/connect/uevents.hpp"
#include "core/connect/wwid.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <sstream>

namespace drover::connect {
namespace {

using namespace std::chrono_literals;

constexpr auto kCommandLimit = 20s;
constexpr unsigned kAtATime = 4;
constexpr int kRemoveTries = 6; // udev and pvscan may have the map open for a moment
constexpr const char *kPackage = "multipath-tools";

Program multipath(std::vector<std::string> words) {
    return {.file = "/usr/sbin/multipath", .arguments = std::move(words), .package = kPackage};
}
Program dmsetup(std::vector<std::string> words) {
    return {.file = "/usr/sbin/dmsetup", .arguments = std::move(words), .package = "dmsetup"};
}

bool is_refusal(const std::string &output) {
    return std::ranges::any_of(
        std::vector<std::string_view>{"fail", "timeout", "error receiving packet", "not found"},
        [&](std::string_view word) { return output.find(word) != std::string::npos; });
}

} // namespace

std::string_view to_string(MultipathPolicy policy) noexcept {
    switch (policy) {
    case MultipathPolicy::required:
        return "required";
    case MultipathPolicy::preferred:
        return "preferred";
    case MultipathPolicy::off:
        return "off";
    }
    return "?";
}

std::optional<MultipathMap> find_map(const HostAccess &host, const std::string &wwid) {
    for (const auto &kernel : names_in(host.at("sys/block"))) {
        if (!kernel.starts_with("dm-"))
            continue;
        const auto folder = host.at("sys/block") / kernel;
        if (id_of_map_uuid(read_attribute(folder / "dm" / "uuid")) != wwid)
            continue;
        const auto dev = device_number(read_attribute(folder / "dev"));
        auto name = read_attribute(folder / "dm" / "name");
        if (!dev || name.empty())
            continue; // it goes away just now
        return MultipathMap{.name = std::move(name),
                            .kernel = kernel,
                            .major = dev->major,
                            .minor = dev->minor,
                            .bytes = number(read_attribute(folder / "size")).value_or(0) * 512,
                            .read_only = read_attribute(folder / "ro") == "1",
                            .paths = names_in(folder / "slaves")};
    }
    return std::nullopt;
}

std::vector<std::string> holders_of(const HostAccess &host, const std::string &kernel_name) {
    std::vector<std::string> found;
    std::vector<std::string> open{kernel_name};
    // Depth and number are the kernel's; a loop cannot be built there, and is not followed here.
    while (!open.empty() && found.size() < 64) {
        const std::string device = std::move(open.back());
        open.pop_back();
        for (const auto &holder : names_in(host.at("sys/block") / device / "holders")) {
            const auto uuid = read_attribute(host.at("sys/block") / holder / "dm" / "uuid");
            found.push_back(uuid.empty() ? holder : fmt::format("{} ({})", holder, uuid));
            open.push_back(holder);
        }
    }
    return found;
}

Result<bool> Multipath::is_used() const {
    if (policy_ == MultipathPolicy::off)
        return false;
    if (host_.multipathd_listens())
        return true;
    if (policy_ == MultipathPolicy::preferred)
        return false;
    return fail_retryable(
        Code::unsupported,
        "multipathd does not run on this node, and agent.yml says agent.multipath: required: "
        "start it (apt install multipath-tools; systemctl enable --now multipathd), or say "
        "preferred there");
}

Result<ProgramResult> Multipath::run(const Program &program, Deadline deadline) const {
    static Turns turns(kAtATime); // of all backends: there is one multipathd
    const auto turn = turns.take(deadline);
    if (!turn) {
        return fail_retryable(Code::deadline,
                              fmt::format("{} was not started: {} programs about multipath maps run "
                                          "and do not end",
                                          program.file.filename().string(), kAtATime));
    }
    return host_.run(program, deadline.earlier(Deadline::after(kCommandLimit)));
}

Result<std::string> Multipath::daemon(const std::string &command, Deadline deadline) const {
    auto answer = host_.ask_multipathd(command, deadline.earlier(Deadline::after(kCommandLimit)));
    if (!answer)
        return answer;
    if (is_refusal(*answer)) {
        return fail_retryable(Code::unreachable,
                              fmt::format("multipathd {}: {}", command, last_lines(*answer)));
    }
    return answer;
}

Result<std::map<std::string, std::string>> Multipath::paths(Deadline deadline) const {
    auto listed = daemon("show paths raw format \"%d %m\"", deadline);
    if (!listed)
        return fail(std::move(listed).error());
    std::map<std::string, std::string> paths;
    std::istringstream lines(*listed);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string disk;
        std::string map;
        if (words >> disk >> map)
            paths.emplace(std::move(disk), map.starts_with('[') ? std::string() : std::move(map));
    }
    return paths;
}

Result<void> Multipath::take(const std::string &disk, const std::string &wwid, Deadline deadline) const {
    const auto is_taken = [&] {
        const auto map = find_map(host_, wwid);
        return map && std::find(map->paths.begin(), map->paths.end(), disk) != map->paths.end();
    };
    if (is_taken())
        return {};
    // find_multipaths strict, Debian's default, takes only WWIDs that it was told of.
    auto known = run(multipath({"-a", "/dev/" + disk}), deadline);
    if (!known)
        return fail(std::move(known).error());
    if (is_taken())
        return {};
    auto added = daemon("add path " + disk, deadline);
    if (!added)
        return fail(std::move(added).error());
    return {};
}

// "2 0 0 0 1 1 A 0 2 2 8:0 A 0 0 1 8:16 F 1 0 1": behind each path's number, A or F.
bool Multipath::is_usable(const MultipathMap &map) const {
    const auto status = host_.multipath_status(map.major, map.minor);
    if (!status)
        return false;
    std::istringstream words(*status);
    bool is_behind_path = false;
    for (std::string word; words >> word;) {
        if (is_behind_path && word == "A")
            return true;
        is_behind_path = device_number(word).has_value();
    }
    return false;
}

Result<void> Multipath::resize(const MultipathMap &map, Deadline deadline) const {
    auto resized = daemon("resize map " + map.name, deadline);
    if (!resized)
        return fail(std::move(resized).error());
    return {};
}

Result<void> Multipath::stop_queueing(const MultipathMap &map, Deadline deadline) const {
    const Deadline limit = deadline.earlier(Deadline::after(kCommandLimit));
    // multipathd first, else it sets it again; and the kernel itself, since multipathd may be dead.
    auto told = daemon("disablequeueing map " + map.name, limit);
    auto set = run(dmsetup({"message", map.name, "0", "fail_if_no_path"}), limit);
    if (!set)
        return fail(std::move(set).error());
    if (set->exit_code != 0 && !told)
        return fail(std::move(told).error());
    return {};
}

bool Multipath::is_gone(const std::string &wwid, const MultipathMap &map, Deadline limit) const {
    Uevents events;
    for (;;) {
        const auto now = find_map(host_, wwid);
        if (!now || now->kernel != map.kernel)
            return true;
        if (limit.has_passed())
            return false;
        events.wait(limit);
    }
}

Result<void> Multipath::remove(const std::string &wwid, const MultipathMap &map, Deadline deadline) const {
    std::string said;
    for (int attempt = 0; attempt < kRemoveTries && !deadline.has_passed(); ++attempt) {
        auto removed = run(multipath({"-f", map.name}), deadline);
        if (!removed)
            return fail(std::move(removed).error());
        said = last_lines(removed->output);
        const auto patience = removed->exit_code == 0 ? 5s : 1s;
        if (is_gone(wwid, map, deadline.earlier(Deadline::after(patience))))
            return {};
        if (attempt == 0 && !holders_of(host_, map.kernel).empty()) {
            // Partitions that kpartx put on it go with it; whatever else stands on it is not ours.
            (void)run(
                {.file = "/usr/sbin/kpartx", .arguments = {"-d", "/dev/" + map.kernel}, .package = "kpartx"},
                deadline);
        }
    }
    const auto holders = holders_of(host_, map.kernel);
    if (map.paths.empty() && holders.empty()) {
        // A map without paths that multipathd does not know of any more.
        (void)stop_queueing(map, deadline);
        (void)run(dmsetup({"remove", map.name}), deadline);
        if (is_gone(wwid, map, deadline.earlier(Deadline::after(1s))))
            return {};
    }
    return fail_retryable(
        Code::conflict,
        holders.empty() ? fmt::format("multipath map {} ({}) is still in use: {}", map.name, map.kernel, said)
                        : fmt::format("multipath map {} ({}) is held by {}: remove what stands on it first",
                                      map.name, map.kernel, fmt::join(holders, ", ")));
}

void Multipath::forget(const std::vector<std::string> &disks, Deadline deadline) const {
    if (disks.empty() || !host_.multipathd_listens())
        return;
    const Deadline limit = deadline.earlier(Deadline::after(5s));
    Uevents events;
    bool told = false;
    for (;;) {
        const auto known = paths(limit);
        if (!known)
            return;
        std::vector<std::string> left;
        for (const auto &name : disks) {
            std::error_code error;
            if (known->contains(name) && !std::filesystem::exists(host_.at("sys/block") / name, error))
                left.push_back(name);
        }
        if (left.empty() || limit.has_passed())
            return;
        events.wait(limit);
        if (!std::exchange(told, true)) {
            for (const auto &name : left)
                (void)daemon("del path " + name, limit);
        }
    }
}

} // namespace drover::connect
