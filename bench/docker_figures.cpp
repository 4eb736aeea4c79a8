// What docker waits for: a new volume and one that exists, with the loopback driver, beside the shell
// commands that do the same by hand. The two take turns, and the best of each counts: what else the machine
// does only ever adds.
#include "bench/agent_process.hpp"
#include "bench/by_hand.hpp"
#include "bench/docker_calls.hpp"
#include "bench/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace drover::bench {

namespace {

constexpr const char *kCreateMount = "docker.create_mount";
constexpr const char *kMountExisting = "docker.mount_existing";
constexpr int kRounds = 25;
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

struct Best {
    Time time = Time::max();
    void take(Time other) { time = std::min(time, other); }
};

std::vector<Figure> measure(const Workplace &workplace, const Wanted &wanted) {
    const AgentProcess agent(workplace, "docker", "loopback");
    DockerCalls docker(agent.docker_socket());
    ByHand hand(workplace.path() / "by-hand", kBytes);
    Best create_agent;
    Best create_hand;
    Best mount_agent;
    Best mount_hand;
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
                           .value = ms(create_agent.time),
                           .beside = ms(create_hand.time),
                           .budget = Budget{Budget::Of::ratio, 1.1},
                           .what =
                               "Create and Mount of 1 GiB, ext4; beside: truncate, losetup, mkfs.ext4 and "
                               "mount in a shell"});
    }
    if (wanted(kMountExisting)) {
        figures.push_back({.name = kMountExisting,
                           .unit = "ms",
                           .value = ms(mount_agent.time),
                           .beside = ms(mount_hand.time),
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
