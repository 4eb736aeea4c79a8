// What an agent costs a machine: memory, and CPU while nothing happens. 10,000 volumes are those of the
// driver that answers from memory (which lives in the agent, so its own rows count too); mounted ones are
// real.
#include "bench/agent_process.hpp"
#include "bench/docker_calls.hpp"
#include "bench/processes.hpp"
#include "bench/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <fstream>
#include <iterator>
#include <limits>
#include <mutex>
#include <poll.h>
#include <sys/mount.h>
#include <thread>

namespace drover::bench {

namespace {

using namespace std::chrono_literals;
using Time = std::chrono::nanoseconds;

constexpr const char *kRssIdle = "agent.rss_idle";
constexpr const char *kRss10k = "agent.rss_10k";
constexpr const char *kGets = "docker.get_5000_parallel";
constexpr const char *kIdleCpu = "agent.idle_cpu";
constexpr const char *kIdleWakeups = "agent.idle_wakeups";
constexpr const char *kPass = "agent.idle_pass_500";
constexpr const char *kMountedCpu = "agent.idle_cpu_500_mounted";

constexpr int kVolumes = 10'000;
constexpr int kGetVolumes = 5'000;
constexpr int kMounted = 500;
constexpr std::uint64_t kMountedBytes = 8ULL << 20;
constexpr auto kIdleWindow = 5s;
constexpr auto kWorkersHome = 11s;

double ms(Time time) {
    return std::chrono::duration<double, std::milli>(time).count();
}
double megabytes(std::uint64_t bytes) {
    return static_cast<double>(bytes) / (1024.0 * 1024.0);
}

std::vector<std::string> names(int count) {
    std::vector<std::string> all;
    all.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i)
        all.push_back(fmt::format("volume-{}", i));
    return all;
}

// As several engines' worth of callers, since each waits for the disk.
template <typename Body>
void for_all(const std::filesystem::path &socket, int count, const Body &body) {
    constexpr int kCallers = 4;
    std::atomic<int> next = 0;
    std::mutex mutex;
    std::exception_ptr failure;
    std::vector<std::thread> callers;
    callers.reserve(kCallers);
    for (int i = 0; i < kCallers; ++i) {
        callers.emplace_back([&] {
            try {
                DockerCalls docker(socket);
                for (int at = next++; at < count; at = next++)
                    body(docker, fmt::format("volume-{}", at));
            } catch (...) {
                const std::lock_guard lock(mutex);
                failure = std::current_exception();
                next = count;
            }
        });
    }
    for (auto &caller : callers)
        caller.join();
    if (failure)
        std::rethrow_exception(failure);
}

struct Idle {
    Time cpu;
    std::uint64_t wakeups;
};

Idle idle(const AgentProcess &agent) {
    agent.settle(kWorkersHome);
    const Time cpu = cpu_time(agent.pid());
    const std::uint64_t switches = voluntary_switches(agent.pid());
    (void)::poll(nullptr, 0, static_cast<int>(std::chrono::milliseconds(kIdleWindow).count()));
    return {cpu_time(agent.pid()) - cpu, voluntary_switches(agent.pid()) - switches};
}

std::vector<Figure> measure_ten_thousand(const Workplace &workplace, const Wanted &wanted) {
    std::vector<Figure> figures;
    if (wanted(kRssIdle)) {
        const AgentProcess agent(workplace, "idle", "loopback");
        agent.settle();
        figures.push_back(
            {.name = kRssIdle,
             .unit = "MB",
             .value = megabytes(resident_bytes(agent.pid())),
             .beside = std::nullopt,
             .budget = Budget{Budget::Of::value, 12},
             .what = "resident memory, shared libraries included, with loopback and no volumes"});
    }
    if (!wanted(kRss10k) && !wanted(kGets) && !wanted(kIdleCpu) && !wanted(kIdleWakeups))
        return figures;
    AgentProcess agent(workplace, "volumes", "memory");
    for_all(agent.docker_socket(), kVolumes,
            [](DockerCalls &docker, const std::string &name) { docker.create(name, kMountedBytes); });
    if (wanted(kIdleCpu) || wanted(kIdleWakeups)) {
        const Idle seen = idle(agent);
        if (wanted(kIdleCpu)) {
            figures.push_back({.name = kIdleCpu,
                               .unit = "ms",
                               .value = ms(seen.cpu),
                               .beside = std::nullopt,
                               .budget = Budget{Budget::Of::value, 0},
                               .what = "CPU in 5 s in which nothing changes, with 10,000 volumes"});
        }
        if (wanted(kIdleWakeups)) {
            figures.push_back({.name = kIdleWakeups,
                               .unit = "",
                               .value = static_cast<double>(seen.wakeups),
                               .beside = std::nullopt,
                               .budget = Budget{Budget::Of::value, 0},
                               .what = "times a thread woke and slept again in those 5 s"});
        }
    }
    if (wanted(kRss10k)) {
        agent.settle();
        const std::uint64_t grown = resident_bytes(agent.pid());
        agent.restart();
        agent.settle();
        const std::uint64_t started = resident_bytes(agent.pid());
        figures.push_back(
            {.name = kRss10k,
             .unit = "MB",
             .value = megabytes(std::max(grown, started)),
             .beside = std::nullopt,
             .budget = Budget{Budget::Of::value, 50},
             .what = fmt::format("the same with 10,000 volumes: {:.1f} when they were just made, {:.1f} "
                                 "after a restart",
                                 megabytes(grown), megabytes(started))});
    }
    if (wanted(kGets)) {
        Time best = Time::max();
        for (int round = 0; round < 3; ++round)
            best = std::min(best, get_all_at_once(agent.docker_socket(), names(kGetVolumes)));
        DockerCalls docker(agent.docker_socket());
        const auto began = std::chrono::steady_clock::now();
        for (const auto &name : names(kGetVolumes))
            docker.get(name);
        const Time one_by_one = std::chrono::steady_clock::now() - began;
        figures.push_back({.name = kGets,
                           .unit = "ms",
                           .value = ms(best),
                           .beside = ms(one_by_one),
                           .budget = Budget{Budget::Of::value, 1000},
                           .what =
                               "5,000 Gets at once, each on a connection of its own; beside: one by one on "
                               "one connection"});
    }
    return figures;
}

// CPU that one change of the mount table costs, nothing of ours having changed; its children's included.
Time pass(const AgentProcess &agent, const std::filesystem::path &place) {
    agent.settle();
    const Time before = cpu_time(agent.pid()) + child_cpu_time(agent.pid());
    if (::mount("none", place.c_str(), "tmpfs", 0, "size=64k") != 0)
        throw std::runtime_error("a tmpfs cannot be mounted");
    agent.settle();
    const Time used = cpu_time(agent.pid()) + child_cpu_time(agent.pid()) - before;
    (void)::umount2(place.c_str(), UMOUNT_NOFOLLOW);
    return used;
}

// The least that anybody must do to see that nothing changed: read the kernel's table once.
Time read_mount_table() {
    Time best = Time::max();
    for (int round = 0; round < 10; ++round) {
        const auto began = std::chrono::steady_clock::now();
        std::ifstream table("/proc/self/mountinfo", std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(table), {}};
        if (text.empty())
            throw std::runtime_error("the mount table cannot be read");
        best = std::min(best, Time(std::chrono::steady_clock::now() - began));
    }
    return best;
}

std::vector<Figure> measure_five_hundred(const Workplace &workplace, const Wanted &wanted) {
    AgentProcess agent(workplace, "mounted", "loopback");
    for_all(agent.docker_socket(), kMounted, [](DockerCalls &docker, const std::string &name) {
        docker.create(name, kMountedBytes);
        docker.mount(name);
    });
    std::vector<Figure> figures;
    if (wanted(kPass)) {
        const auto place = workplace.path() / "elsewhere";
        std::filesystem::create_directory(place);
        constexpr int kRounds = 4;
        Time best = Time::max();
        for (int round = 0; round < kRounds; ++round)
            best = std::min(best, pass(agent, place));
        figures.push_back({.name = kPass,
                           .unit = "ms",
                           .value = ms(best),
                           .beside = ms(read_mount_table()),
                           .budget = Budget{Budget::Of::value, 5},
                           .what = "CPU for a foreign mount appearing beside 500 mounted volumes; beside: "
                                   "reading the kernel's mount table once"});
    }
    if (wanted(kMountedCpu)) {
        figures.push_back({.name = kMountedCpu,
                           .unit = "ms",
                           .value = ms(idle(agent).cpu),
                           .beside = std::nullopt,
                           .budget = Budget{Budget::Of::value, 0},
                           .what = "CPU in 5 s in which nothing changes, with 500 mounted volumes"});
    }
    return figures;
}

} // namespace

Scenario ten_thousand_scenario() {
    return {.names = {kRssIdle, kIdleCpu, kIdleWakeups, kRss10k, kGets}, .measure = &measure_ten_thousand};
}

Scenario five_hundred_scenario() {
    return {.names = {kPass, kMountedCpu}, .measure = &measure_five_hundred};
}

} // namespace drover::bench
