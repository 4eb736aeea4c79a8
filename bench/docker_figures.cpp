// What docker waits for: a new volume and one that exists, with the loopback driver, beside the shell
// commands that do the same by hand. The two take turns. Of each the slowest of the quickest quarter counts:
// what else the machine does mostly adds, and the quickest of all tells of one lucky moment of the disk.
#include "bench/agent_process.hpp"
#include "bench/by_hand.hpp"
#include "bench/docker_calls.hpp"
#include "bench/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace drover::bench {

namespace {

constexpr const char *kCreateMount = "docker.create_mount";
constexpr const char *kMountExisting = "docker.mount_existing";
constexpr int kRounds = 80;
constexpr std::uint64_t kBytes = 1ULL << 30;

using Time = std::chrono::nanoseconds;

double ms(Time time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

template <typename Body>
Time time_of(const Body &body) {
    const auto began = std::chrono::steady_clock::now();
    body();
    return std::chrono::steady_clock::now() - began;
}

class Times {
public:
    void take(Time time) { all_.push_back(time); }
    [[nodiscard]] Time quarter() {
        const auto at = all_.begin() + static_cast<std::ptrdiff_t>(all_.size() / 4);
        std::nth_element(all_.begin(), at, all_.end());
        return *at;
    }

private:
    std::vector<Time> all_;
};

std::vector<Figure> measure(const Workplace &workplace, const Wanted &wanted) {
    const AgentProcess agent(workplace, "docker", "loopback");
    DockerCalls docker(agent.docker_socket());
    ByHand hand(workplace.path() / "by-hand", kBytes);
    Times create_agent;
    Times create_hand;
    Times mount_agent;
    Times mount_hand;
    for (int round = 0; round < kRounds; ++round) {
        const std::string name = fmt::format("volume-{}", round);
        create_agent.take(time_of([&] {
            docker.create(name, kBytes);
            docker.mount(name);
        }));
        docker.unmount(name);
        create_hand.take(hand.create_and_mount());
        hand.unmount();
        mount_agent.take(time_of([&] { docker.mount(name); }));
        docker.unmount(name);
        mount_hand.take(hand.mount());
        hand.unmount();
        docker.remove(name);
        hand.remove();
    }
    std::vector<Figure> figures;
    if (wanted(kCreateMount)) {
        figures.push_back({.name = kCreateMount,
                           .unit = "ms",
                           .value = ms(create_agent.quarter()),
                           .beside = ms(create_hand.quarter()),
                           .budget = Budget{Budget::Of::ratio, 1.1},
                           .what =
                               "Create and Mount of 1 GiB, ext4; beside: truncate, losetup, mkfs.ext4 and "
                               "mount in a shell"});
    }
    if (wanted(kMountExisting)) {
        figures.push_back({.name = kMountExisting,
                           .unit = "ms",
                           .value = ms(mount_agent.quarter()),
                           .beside = ms(mount_hand.quarter()),
                           .budget = std::nullopt,
                           .what =
                               "Mount of a volume that exists, with its check; beside: losetup and mount in "
                               "a shell, without one"});
    }
    return figures;
}

} // namespace

Scenario docker_scenario() {
    return {.names = {kCreateMount, kMountExisting}, .measure = &measure};
}

} // namespace drover::bench
