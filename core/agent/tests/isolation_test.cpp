// A driver in a process of its own under the real agent: that process is killed as often as one likes, and
// nobody loses a volume or gets a wrong answer.
#include "core/agent/tests/engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace drover::testing {
namespace {

using ::testing::HasSubstr;

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kLimit{50};

constexpr const char *kIsolated =
    "dataset:\n  backend: loopback\n  isolation: process\n  root_path: {}/images\n";

std::string named(const std::string &name) {
    return R"({"Name":")" + name + "\"}";
}

bool is_good(const Answer &answer) {
    return answer.body.find(R"("Err":"")") != std::string::npos;
}

TEST(Isolation, ADeadDriverIsToldAndComesBack) {
    RunningAgent agent(kIsolated);
    ASSERT_TRUE(agent.until("/v2/drivers", R"("state":"ready")"));
    EXPECT_TRUE(agent.until("/v2/drivers", R"("isolation":"process")"));
    const pid_t before = agent.pid();
    Connection engine(agent.docker());
    ASSERT_TRUE(is_good(engine.post("/VolumeDriver.Create", R"({"Name":"one","Opts":{"size":"8m"}})")));
    const auto processes = driver_processes(agent);
    ASSERT_EQ(processes.size(), 1U);
    ::kill(processes[0], SIGKILL);
    // The next call may be the one that learns of it; the one after that has a new process.
    engine.post("/VolumeDriver.Create", R"({"Name":"two","Opts":{"size":"8m"}})");
    const Answer two = engine.post("/VolumeDriver.Create", R"({"Name":"two","Opts":{"size":"8m"}})");
    EXPECT_TRUE(is_good(two)) << two.body;
    const Answer mounted = engine.post("/VolumeDriver.Mount", R"({"Name":"one","ID":"a"})");
    EXPECT_TRUE(is_good(mounted)) << mounted.body;
    EXPECT_TRUE(is_good(engine.post("/VolumeDriver.Unmount", R"({"Name":"one","ID":"a"})")));
    EXPECT_EQ(agent.pid(), before);
    EXPECT_EQ(agent.stop(), 0);
    EXPECT_FALSE(std::filesystem::exists("/proc/" + std::to_string(processes[0])));
}

// The loader's own test driver, which writes 20,000 lines while it is asked for its capabilities.
TEST(Isolation, AFloodOfLogLinesIsCutOffAndCounted) {
    std::string folder = "/tmp/drover-flood-XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    std::filesystem::copy_file(std::filesystem::path(DROVER_LOADER_FIXTURES) / "good.so",
                               folder + "/good.so");
    std::filesystem::permissions(folder + "/good.so", std::filesystem::perms(0644));
    {
        RunningAgent agent("dataset:\n  backend: good\n  faulty: capabilities fault-flood\n",
                           "  driver-dir: " + folder + "\n");
        EXPECT_TRUE(agent.until("/v2/drivers", R"("state":"ready")"));
        const auto is_told = [&] {
            return agent.log().find("lines of its driver left out") != std::string::npos;
        };
        for (const auto limit = Clock::now() + kLimit; !is_told() && Clock::now() < limit;)
            std::this_thread::yield();
        const std::string log = agent.log();
        EXPECT_THAT(log, HasSubstr("backend good: its driver floods the log; lines are left out for 1 s"));
        EXPECT_TRUE(is_told());
        EXPECT_LT(std::ranges::count(log, '\n'), 5000);
    }
    std::filesystem::remove_all(folder);
}

// The changes that all callers have done.
class Changes {
public:
    void count() {
        {
            const std::lock_guard lock(mutex_);
            ++done_;
        }
        changed_.notify_one();
    }
    [[nodiscard]] int done() {
        const std::lock_guard lock(mutex_);
        return done_;
    }
    // False: there was none more for longer than any one of them may take.
    bool wait_for(int count) {
        std::unique_lock lock(mutex_);
        while (done_ < count) {
            if (!changed_.wait_for(lock, 2 * kLimit, [this, before = done_] { return done_ != before; }))
                return false;
        }
        return true;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int done_ = 0;
};

// One caller's volumes: what it was told counts, and must be true at every later look.
class Caller {
public:
    Caller(const RunningAgent &agent, int number, Changes &changes)
        : engine_(agent.docker()), prefix_("c" + std::to_string(number) + "-"), changes_(changes) {}

    // Creates one, looks at it, and removes every second one, until told to stop.
    void run(const std::atomic<bool> &stop) {
        for (int i = 0; !stop; ++i) {
            const std::string name = prefix_ + std::to_string(i);
            insist("/VolumeDriver.Create", R"({"Name":")" + name + R"(","Opts":{"size":"8m"}})");
            look(name, true);
            if (i % 8 != 0) {
                insist("/VolumeDriver.Remove", named(name));
                look(name, false);
            } else {
                kept_.insert(name);
            }
        }
    }
    [[nodiscard]] const std::set<std::string> &kept() const { return kept_; }
    [[nodiscard]] int operations() const { return operations_; }
    [[nodiscard]] int refused() const { return refused_; }
    [[nodiscard]] int wrong() const { return wrong_; }

private:
    // Again until it is done, as an orchestrator would.
    void insist(const std::string &path, const std::string &body) {
        for (const auto limit = Clock::now() + kLimit; Clock::now() < limit;) {
            ++operations_;
            const Answer answer = engine_.post(path, body);
            if (is_good(answer)) {
                changes_.count();
                return;
            }
            ++refused_;
            last_ = answer.body;
        }
        ++wrong_;
        ADD_FAILURE() << path << " " << body << " never worked: " << last_;
    }
    void look(const std::string &name, bool is_there) {
        ++operations_;
        const Answer answer = engine_.post("/VolumeDriver.Get", named(name));
        const bool says_missing = answer.body.find("no such volume") != std::string::npos;
        if ((is_there && says_missing) || (!is_there && is_good(answer))) {
            ++wrong_;
            ADD_FAILURE() << name << (is_there ? " is lost: " : " is there again: ") << answer.body;
        }
    }

    Connection engine_;
    std::string prefix_;
    Changes &changes_;
    std::set<std::string> kept_;
    std::string last_;
    int operations_ = 0;
    int refused_ = 0;
    int wrong_ = 0;
};

TEST(Isolation, AThousandKillsCostNoVolumeAndNoAgent) {
    constexpr int kKills = 1000;
    RunningAgent agent(kIsolated);
    ASSERT_TRUE(agent.until("/v2/drivers", R"("state":"ready")"));
    const pid_t before = agent.pid();
    std::atomic<bool> stop = false;
    Changes changes;
    std::deque<Caller> callers;
    for (int i = 0; i < 3; ++i)
        callers.emplace_back(agent, i, changes);
    int kills = 0;
    {
        std::vector<std::jthread> threads;
        threads.reserve(callers.size());
        for (Caller &caller : callers)
            threads.emplace_back([&caller, &stop] { caller.run(stop); });
        // Each kill hits another process: a dead one is started again by the callers. It comes after some
        // changes were done since the last, in the middle of whatever runs then; what never gets to answer
        // would be a crash loop, which the agent brakes.
        std::mt19937 random(1);
        while (kills < kKills && changes.wait_for(changes.done() + 1 + static_cast<int>(random() % 4))) {
            auto processes = driver_processes(agent);
            for (const auto limit = Clock::now() + kLimit; processes.empty() && Clock::now() < limit;) {
                std::this_thread::yield(); // the next call is about to start one
                processes = driver_processes(agent);
            }
            if (processes.empty())
                break;
            for (const pid_t process : processes)
                ::kill(process, SIGKILL);
            ++kills;
        }
        stop = true;
    }
    EXPECT_TRUE(agent.runs());
    EXPECT_EQ(agent.pid(), before);
    Connection engine(agent.docker());
    const std::string list = engine.post("/VolumeDriver.List", "{}").body;
    int operations = 0;
    int refused = 0;
    int wrong = 0;
    std::size_t volumes = 0;
    for (const Caller &caller : callers) {
        operations += caller.operations();
        refused += caller.refused();
        wrong += caller.wrong();
        for (const std::string &name : caller.kept()) {
            ++volumes;
            EXPECT_THAT(list, HasSubstr("\"" + name + "\""));
        }
    }
    std::printf(
        "kills: %d, operations: %d, answered with an error and repeated: %d, wrong: %d, volumes kept: %zu\n",
        kills, operations, refused, wrong, volumes);
    EXPECT_EQ(kills, kKills);
    EXPECT_EQ(wrong, 0);
    EXPECT_GT(operations, 100);
}

} // namespace
} // namespace drover::testing
