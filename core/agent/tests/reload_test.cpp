// A driver's new file under the real agent: it takes over while volumes are in use and under change, and no
// call fails; a file that is no good changes nothing.
#include "core/agent/tests/engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <fstream>
#include <optional>
#include <poll.h>
#include <set>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <vector>

namespace drover::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::chrono::seconds kLimit{60};

std::string field(const std::string &body, const std::string &key) {
    const auto at = body.find("\"" + key + "\":\"");
    if (at == std::string::npos)
        return {};
    const auto begin = at + key.size() + 4;
    return body.substr(begin, body.find('"', begin) - begin);
}

bool is_good(const Answer &answer) {
    return answer.body.find(R"("Err":"")") != std::string::npos;
}

// A command of the test's own: its exit status and all it says.
std::pair<int, std::string> run(const std::string &command) {
    FILE *output = ::popen(command.c_str(), "r");
    std::string text;
    std::array<char, 4096> buffer{};
    while (std::fgets(buffer.data(), buffer.size(), output) != nullptr)
        text += buffer.data();
    const int status = ::pclose(output);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128, text};
}

// An agent whose driver folder is the test's own, with two releases of the driver to put there.
class Node {
public:
    explicit Node(const std::string &isolation = "process", const std::string &more = {}) {
        std::string pattern = "/tmp/drover-reload-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr)
            throw std::runtime_error("no folder for the test");
        folder_ = pattern;
        put(release(1));
        agent_.emplace("dataset:\n  backend: cfile\n  isolation: " + isolation + "\n" + more +
                           "  folder: " + images().string() + "\n",
                       "  driver-dir: " + folder_.string() + "/drivers\n");
        if (!agent_->until("/v2/drivers", R"("state":"ready")"))
            throw std::runtime_error("the driver does not open:\n" + agent_->log());
    }
    ~Node() {
        agent_.reset();
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    Node(const Node &) = delete;
    Node &operator=(const Node &) = delete;

    static fs::path release(int number) {
        return built() / (number == 1 ? "test-drivers/cfile.so" : "test-drivers/next/cfile.so");
    }
    // As a package does it: the whole file at once.
    void put(const fs::path &file, mode_t mode = 0644) const {
        fs::create_directories(folder_ / "drivers");
        const fs::path next = folder_ / "drivers" / ".cfile.so.new";
        fs::copy_file(file, next, fs::copy_options::overwrite_existing);
        ::chmod(next.c_str(), mode);
        fs::rename(next, folder_ / "drivers/cfile.so");
    }
    void put_text(const std::string &text) const {
        std::ofstream(folder_ / "text") << text;
        put(folder_ / "text");
    }

    [[nodiscard]] fs::path images() const { return folder_ / "images"; }
    [[nodiscard]] RunningAgent &agent() { return *agent_; }
    [[nodiscard]] Connection engine() const { return Connection(agent_->docker()); }
    [[nodiscard]] std::string shown() const { return get(agent_->api(), "/v2/drivers").body; }

    // drover driver reload cfile: its exit status and all it says.
    [[nodiscard]] std::pair<int, std::string> reload(const std::string &options = {}) const {
        const std::string command = (programs() / "drover").string() + " --socket " + agent_->api().string() +
                                    " " + options + " driver reload cfile 2>&1";
        return run(command);
    }
    // Waits for the driver's processes to be so many.
    [[nodiscard]] bool has_processes(std::size_t count) const {
        const auto limit = std::chrono::steady_clock::now() + kLimit;
        while (driver_processes(*agent_).size() != count) {
            if (std::chrono::steady_clock::now() > limit)
                return false;
            ::poll(nullptr, 0, 5);
        }
        return true;
    }
    [[nodiscard]] bool logs(const std::string &text) const {
        const auto limit = std::chrono::steady_clock::now() + kLimit;
        while (agent_->log().find(text) == std::string::npos) {
            if (std::chrono::steady_clock::now() > limit)
                return false;
            ::poll(nullptr, 0, 5);
        }
        return true;
    }

private:
    fs::path folder_;
    std::optional<RunningAgent> agent_;
};

// When an operation ran, with regard to the reloads.
enum class Phase { before, during, after };
struct Counts {
    std::array<std::atomic<int>, 3> good{};
    std::array<std::atomic<int>, 3> failed{};
};

// A caller that takes no error for an answer: each must be good at once.
class Caller {
public:
    Caller(const RunningAgent &agent, int number, const std::atomic<Phase> &phase, Counts &counts)
        : engine_(agent.docker()), prefix_("c" + std::to_string(number) + "-"), mounts_(number == 0),
          phase_(phase), counts_(counts) {}

    void run(const std::atomic<bool> &stop) {
        for (int i = 0; !stop; ++i) {
            const std::string name = R"({"Name":")" + prefix_ + std::to_string(i) + "\"";
            ask("/VolumeDriver.Create", name + R"(,"Opts":{"size":"8m"}})");
            ask("/VolumeDriver.Get", name + "}");
            if (mounts_) {
                ask("/VolumeDriver.Mount", name + R"(,"ID":"a"})");
                ask("/VolumeDriver.Unmount", name + R"(,"ID":"a"})");
            }
            ask("/VolumeDriver.Remove", name + "}");
        }
    }

private:
    void ask(const std::string &path, const std::string &body) {
        const auto phase = static_cast<std::size_t>(phase_.load());
        const Answer answer = engine_.post(path, body);
        ++(is_good(answer) ? counts_.good : counts_.failed).at(phase);
        if (!is_good(answer))
            ADD_FAILURE() << path << " " << body << ": " << answer.body;
    }

    Connection engine_;
    std::string prefix_;
    bool mounts_;
    const std::atomic<Phase> &phase_;
    Counts &counts_;
};

// Waits until so many operations more were answered.
void wait_for_work(const std::atomic<int> &done, int more) {
    const int wanted = done + more;
    for (const auto limit = std::chrono::steady_clock::now() + kLimit;
         done < wanted && std::chrono::steady_clock::now() < limit;)
        ::poll(nullptr, 0, 2);
    EXPECT_GE(done.load(), wanted);
}

TEST(Reload, UnderLoadNoCallFailsAndAMountedVolumeDoesNotNotice) {
    constexpr int kReloads = 20;
    Node node;
    Connection engine = node.engine();
    ASSERT_TRUE(is_good(engine.post("/VolumeDriver.Create", R"({"Name":"kept","Opts":{"size":"16m"}})")));
    const Answer mounted = engine.post("/VolumeDriver.Mount", R"({"Name":"kept","ID":"a"})");
    ASSERT_TRUE(is_good(mounted)) << mounted.body;
    const fs::path data = field(mounted.body, "Mountpoint");

    std::atomic<Phase> phase = Phase::before;
    std::atomic<bool> stop = false;
    Counts counts;
    std::atomic<int> writes = 0;
    std::set<std::string> versions;
    std::deque<Caller> callers;
    for (int i = 0; i < 4; ++i)
        callers.emplace_back(node.agent(), i, phase, counts);
    {
        std::vector<std::jthread> threads;
        threads.reserve(callers.size() + 1);
        for (Caller &caller : callers)
            threads.emplace_back([&caller, &stop] { caller.run(stop); });
        threads.emplace_back([&] {
            std::ofstream file(data / "journal");
            for (; !stop; ++writes) {
                file << "line " << writes << std::endl; // at once, each
                if (!file)
                    return ADD_FAILURE() << "the mounted volume cannot be written to";
                ::poll(nullptr, 0, 1);
            }
        });
        const auto done = [&](Phase of) -> const std::atomic<int> & {
            return counts.good.at(static_cast<std::size_t>(of));
        };
        wait_for_work(done(Phase::before), 30);
        phase = Phase::during;
        for (int i = 0; i < kReloads; ++i) {
            node.put(Node::release(i % 2 == 0 ? 2 : 1));
            const auto [status, text] = node.reload();
            EXPECT_EQ(status, 0) << text;
            versions.insert(field(node.shown(), "version"));
            wait_for_work(done(Phase::during), 5); // in the new one
        }
        phase = Phase::after;
        wait_for_work(done(Phase::after), 30);
        stop = true;
    }
    int lines = 0;
    {
        std::ifstream file(data / "journal");
        for (std::string line; std::getline(file, line); ++lines)
            EXPECT_EQ(line, "line " + std::to_string(lines));
    }
    EXPECT_EQ(lines, writes.load());
    const Answer unmounted = engine.post("/VolumeDriver.Unmount", R"({"Name":"kept","ID":"a"})");
    EXPECT_TRUE(is_good(unmounted)) << unmounted.body;
    EXPECT_TRUE(node.has_processes(1)); // those of before have ended
    std::printf("operations before: %d, during %d reloads: %d, after: %d; failed: %d, %d, %d; versions seen:",
                counts.good[0].load(), kReloads, counts.good[1].load(), counts.good[2].load(),
                counts.failed[0].load(), counts.failed[1].load(), counts.failed[2].load());
    for (const std::string &version : versions)
        std::printf(" %s", version.c_str());
    std::printf("; lines written to a mounted volume meanwhile: %d\n", lines);
    EXPECT_EQ(versions, (std::set<std::string>{"1.0", "2.0"}));
    for (const auto &failed : counts.failed)
        EXPECT_EQ(failed.load(), 0);
}

TEST(Reload, ABadFileLeavesTheOldDriverServing) {
    Node node;
    Connection engine = node.engine();
    const auto processes = driver_processes(node.agent());
    ASSERT_EQ(processes.size(), 1U);
    int volume = 0;
    const auto expect_refused = [&](const std::string &why) {
        const auto [status, text] = node.reload();
        EXPECT_EQ(status, 1) << text;
        EXPECT_THAT(text, AllOf(HasSubstr("keeps the driver that is open, version 1.0"), HasSubstr(why)));
        const std::string shown = node.shown();
        EXPECT_THAT(shown, AllOf(HasSubstr(R"("state":"ready")"), HasSubstr(R"("version":"1.0")"),
                                 HasSubstr(R"("reload_error":{"code":)"), HasSubstr(why)));
        EXPECT_THAT(node.agent().log(), HasSubstr("the driver that is open, version 1.0, serves on"));
        const Answer made = engine.post("/VolumeDriver.Create", R"({"Name":"v)" + std::to_string(++volume) +
                                                                    R"(","Opts":{"size":"8m"}})");
        EXPECT_TRUE(is_good(made)) << made.body;
        EXPECT_TRUE(node.has_processes(1)); // the one that was tried has ended
        EXPECT_EQ(driver_processes(node.agent()), processes);
    };
    node.put_text("this is no library");
    expect_refused("cfile.so");
    node.put(fs::path(DROVER_LOADER_FIXTURES) / "wrong-major.so");
    expect_refused("speaks ABI 2");
    node.put(fs::path(DROVER_LOADER_FIXTURES) / "good.so");
    expect_refused("the file's stem"); // it calls itself otherwise
    node.put(Node::release(2), 0666);
    expect_refused("is writable by");
    node.put(Node::release(2)); // a good one, but the backend does not open
    fs::rename(node.images(), node.images().string() + ".away");
    std::ofstream(node.images()) << "in the way";
    expect_refused("images");
    fs::remove(node.images());
    fs::rename(node.images().string() + ".away", node.images());

    const auto [status, text] = node.reload("--json");
    EXPECT_EQ(status, 0) << text;
    EXPECT_THAT(text, AllOf(HasSubstr(R"("2.0")"), HasSubstr(R"("reload_error": null)")));
    EXPECT_TRUE(node.has_processes(1));
    EXPECT_NE(driver_processes(node.agent()), processes);
    for (int i = 1; i <= volume; ++i) {
        EXPECT_TRUE(
            is_good(engine.post("/VolumeDriver.Remove", R"({"Name":"v)" + std::to_string(i) + "\"}")));
    }
}

TEST(Reload, ASignalTakesWhatHasChangedOnly) {
    Node node;
    const auto processes = driver_processes(node.agent());
    ::kill(node.agent().pid(), SIGHUP);
    EXPECT_TRUE(node.logs("the file of every driver is the one that is loaded already"));
    EXPECT_EQ(driver_processes(node.agent()), processes);
    node.put(Node::release(2));
    ::kill(node.agent().pid(), SIGHUP);
    EXPECT_TRUE(node.agent().until("/v2/drivers", R"("version":"2.0")"));
    EXPECT_TRUE(node.logs("version 1.0 of before has ended"));
    EXPECT_TRUE(node.has_processes(1));
    EXPECT_NE(driver_processes(node.agent()), processes);
    EXPECT_TRUE(node.agent().runs());
}

TEST(Reload, AFileThatAgentYmlDoesNotNameIsNotRun) {
    const std::string sum = run("sha256sum " + Node::release(1).string()).second.substr(0, 64);
    Node node("process", "  sha256: " + sum + "\n");
    node.put(Node::release(2));
    const auto [status, text] = node.reload();
    EXPECT_EQ(status, 1);
    EXPECT_THAT(text, AllOf(HasSubstr("is not the file that agent.yml names"), HasSubstr(sum)));
    EXPECT_THAT(node.shown(), HasSubstr(R"("version":"1.0")"));
    node.put(Node::release(1));
    EXPECT_EQ(node.reload().first, 0);
}

TEST(Reload, ADriverInTheAgentIsRefusedWithAWayOut) {
    Node node("in-process");
    const auto [status, text] = node.reload();
    EXPECT_EQ(status, 1);
    EXPECT_THAT(text, AllOf(HasSubstr("Restart the agent"), HasSubstr("isolation: process")));
    const Answer none = post(node.agent().api(), "/v2/drivers/nobody/reload", "");
    EXPECT_EQ(none.status, 404);
    EXPECT_THAT(none.body, HasSubstr("its backends are cfile (driver cfile)"));
    node.put(Node::release(2));
    ::kill(node.agent().pid(), SIGHUP);
    EXPECT_TRUE(node.logs("cannot be replaced. Restart the agent"));
    EXPECT_THAT(node.shown(), AllOf(HasSubstr(R"("version":"1.0")"), HasSubstr(R"("reload_error":null)")));
}

} // namespace
} // namespace drover::testing
