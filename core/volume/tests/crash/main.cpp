// crash_test: dies at every crash point that every scenario passes, starts again, repeats the request, and
// compares the world with the model. Each life of the agent is a process, so that dying is dying.
//
//   crash_test [--power-cut] [--only TEXT] [--list]
//
// Without --power-cut a process is killed: what it had written is there. With it, what it had not synced is
// lost, and so are mounts and devices; beside that the store's unsynced writes stay in memory (or half of
// them do, in turns).
#include "core/volume/tests/crash/disk.hpp"
#include "core/volume/tests/crash/model.hpp"
#include "core/volume/tests/crash/power_loss_vfs.hpp"
#include "core/volume/tests/crash/scenario.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <set>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace drover::crash {
namespace {

constexpr unsigned kLifeLimitSeconds = 120; // a process that hangs longer, hangs

struct Shared {
    char answer[1024];
    char wrong[16384];
};

void set(char *to, std::size_t room, const std::string &text) {
    const std::size_t length = std::min(room - 1, text.size());
    std::memcpy(to, text.data(), length);
    to[length] = 0;
}

struct Totals {
    std::set<std::pair<Step, Moment>> passed;
    std::size_t crashes = 0;
    std::size_t violations = 0;
};

class Walk {
public:
    Walk(Trace &trace, bool power_cut) : trace_(trace), power_cut_(power_cut) {
        shared_ = static_cast<Shared *>(
            ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
        if (shared_ == MAP_FAILED)
            throw std::bad_alloc();
        std::string pattern = "/tmp/drover-crash-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr)
            throw std::runtime_error("mkdtemp failed");
        disks_ = pattern;
        // The disks lie in memory: what counts is what is on them, not how long a platter takes.
        if (::mount("none", disks_.c_str(), "tmpfs", 0, "size=4g,mode=700") != 0)
            throw std::runtime_error("cannot mount a tmpfs");
        Disk::make_blank(disks_ / "blank");
    }
    ~Walk() {
        ::munmap(shared_, sizeof(Shared));
        ::umount2(disks_.c_str(), MNT_DETACH);
        std::error_code ignored;
        std::filesystem::remove(disks_, ignored);
    }
    Walk(const Walk &) = delete;
    Walk &operator=(const Walk &) = delete;

    void run(const Scenario &scenario, Totals &totals);

private:
    enum class End { finished, killed };

    End live(const Scenario &scenario, const std::string &what, const std::function<void()> &life);
    void one_try(const Scenario &scenario, std::optional<std::size_t> die_at, Totals &totals);
    void ask(const Scenario &scenario, bool armed);
    void ask_again(const Scenario &scenario, bool rebooted);
    World::Options options(const Scenario &scenario, bool rebooted) const;
    void report(const Scenario &scenario, const std::string &where, const std::string &what, Totals &totals);

    Trace &trace_;
    bool power_cut_;
    Shared *shared_;
    std::filesystem::path disks_;
    std::filesystem::path folder_;
    std::atomic<bool> faults_ = false;
    std::string first_answer_;  // of a try without a crash
    std::string second_answer_; // of its repeat
};

World::Options Walk::options(const Scenario &scenario, bool rebooted) const {
    World::Options options{.folder = folder_,
                           .boot_id = rebooted ? "the next boot" : "the same boot",
                           .unmount_patience = scenario.unmount_patience};
    if (scenario.wrap) {
        options.wrap = [this, &scenario](std::shared_ptr<Driver> driver) {
            return scenario.wrap(std::move(driver), faults_);
        };
    }
    return options;
}

// What a killed agent's process had started is this process's child from then on (see run()).
void end_orphans() {
    std::ifstream children("/proc/thread-self/children");
    for (pid_t pid = 0; children >> pid;) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
}

// One life of the agent, in a process.
Walk::End Walk::live(const Scenario &scenario, const std::string &what, const std::function<void()> &life) {
    std::cout.flush();
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::alarm(kLifeLimitSeconds);
        try {
            life();
            ::_exit(0);
        } catch (const std::exception &error) {
            set(shared_->wrong, sizeof shared_->wrong, error.what());
            ::_exit(1);
        }
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return End::killed;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return End::finished;
    throw std::runtime_error(fmt::format(
        "{}: {}: {}", scenario.name, what,
        WIFSIGNALED(status) ? (WTERMSIG(status) == SIGALRM ? std::string("it hung")
                                                           : fmt::format("signal {}", WTERMSIG(status)))
                            : std::string(shared_->wrong)));
}

void Walk::ask(const Scenario &scenario, bool armed) {
    if (armed && scenario.with_start)
        trace_.arm();
    World world(options(scenario, false));
    Stage stage{.world = world, .faults = faults_, .folder = folder_};
    world.settle();
    if (armed)
        trace_.arm();
    faults_ = true;
    set(shared_->answer, sizeof shared_->answer, scenario.request(stage));
    world.settle();
    faults_ = false;
    trace_.disarm();
}

void Walk::ask_again(const Scenario &scenario, bool rebooted) {
    faults_ = scenario.misbehaves_from_the_start;
    World world(options(scenario, rebooted));
    Stage stage{.world = world, .faults = faults_, .folder = folder_};
    world.settle();
    // Also of whoever never asks again.
    auto wrong = rebooted && !faults_ ? left_attached(stage, scenario.expected) : std::vector<std::string>();
    faults_ = true;
    set(shared_->answer, sizeof shared_->answer, scenario.request(stage));
    world.settle();
    faults_ = false;
    for (auto &sentence : compare(stage, scenario.expected, rebooted))
        wrong.push_back(std::move(sentence));
    if (scenario.finish)
        scenario.finish(stage);
    for (auto &sentence : take_down(stage, scenario.expected))
        wrong.push_back(std::move(sentence));
    std::string text;
    for (const auto &sentence : wrong)
        text += (text.empty() ? "" : "; ") + sentence;
    set(shared_->wrong, sizeof shared_->wrong, text);
}

void Walk::report(const Scenario &scenario, const std::string &where, const std::string &what,
                  Totals &totals) {
    ++totals.violations;
    std::cout << fmt::format("VIOLATION  {}, crashed at {}: {}\n", scenario.name, where, what);
}

// Without a place to die: the way it goes when nothing happens, which tells what the answers should be.
void Walk::one_try(const Scenario &scenario, std::optional<std::size_t> die_at, Totals &totals) {
    folder_ = disks_ / "node";
    std::filesystem::create_directory(folder_);
    const auto backend_root = folder_ / "loopback";
    Disk disk(disks_ / "blank", folder_);
    struct Clean {
        const std::filesystem::path &folder;
        const std::filesystem::path &backend_root;
        ~Clean() {
            end_orphans();
            testing::remove_world(folder, backend_root);
        }
    } const clean{folder_, backend_root};

    trace_.reset();
    live(scenario, "preparing", [&] {
        World world(options(scenario, false));
        Stage stage{.world = world, .faults = faults_, .folder = folder_};
        // A first start is the start of an agent without any state.
        if (scenario.prepare)
            scenario.prepare(stage);
        world.settle();
    });
    if (!scenario.prepare)
        std::filesystem::remove_all(folder_ / "state");
    if (scenario.first_crash) {
        trace_.reset(*scenario.first_crash);
        if (live(scenario, "the first crash", [&] { ask(scenario, true); }) != End::killed) {
            throw std::runtime_error(
                fmt::format("{}: never passes {}", scenario.name, to_string(*scenario.first_crash)));
        }
    }
    disk.sync();
    if (die_at) {
        trace_.reset(*die_at);
    } else {
        trace_.reset();
    }
    const End end = live(scenario, "the request", [&] {
        if (power_cut_ && die_at) {
            lose_unsynced_writes(*die_at % 2 == 0 ? Unsynced::all_lost : Unsynced::every_second_written);
            on_death(cut_power);
        }
        ask(scenario, true);
    });
    const auto passed = trace_.passed();
    const std::string where = die_at && *die_at < passed.size()
                                  ? fmt::format("point {} of it ({})", *die_at, to_string(passed[*die_at]))
                                  : std::string("no point");
    for (const auto &point : passed)
        totals.passed.emplace(point.step, point.moment);
    if (die_at && end == End::killed)
        ++totals.crashes;
    const std::string asked = shared_->answer;
    const bool rebooted = power_cut_ && die_at.has_value();
    if (rebooted) {
        disk.lose_power();
        testing::release_devices(folder_, backend_root);
        disk.power_on();
    }
    trace_.reset();
    try {
        live(scenario, "the repeat", [&] { ask_again(scenario, rebooted); });
    } catch (const std::exception &error) {
        report(scenario, where, error.what(), totals);
        return;
    }
    const std::string wrong = shared_->wrong;
    const std::string answer = shared_->answer;
    if (!wrong.empty())
        report(scenario, where, wrong, totals);
    if (!die_at) {
        first_answer_ = asked;
        second_answer_ = answer;
        if (answer != asked && !scenario.repeat_may_differ) {
            report(scenario, where, fmt::format("the repeat answers \"{}\", not \"{}\"", answer, asked),
                   totals);
        }
    } else if (answer != first_answer_ && !(scenario.repeat_may_differ && answer == second_answer_)) {
        report(scenario, where, fmt::format("the repeat answers \"{}\", not \"{}\"", answer, first_answer_),
               totals);
    }
}

void Walk::run(const Scenario &scenario, Totals &totals) {
    const Totals before = totals;
    one_try(scenario, std::nullopt, totals);
    trace_.reset();
    std::size_t tried = 0;
    // The repeat's own trace does not count: how many points the request passes was noted when it ran whole.
    for (std::size_t point = 0;; ++point) {
        const std::size_t crashes = totals.crashes;
        one_try(scenario, point, totals);
        if (totals.crashes == crashes)
            break; // it came to its end: there are no more
        ++tried;
    }
    std::cout << fmt::format("{:<45} {:>3} crashes, {} violations\n", scenario.name, tried,
                             totals.violations - before.violations);
}

std::vector<Scenario> all_scenarios() {
    std::vector<Scenario> all = volume_scenarios();
    for (auto &scenario : mount_scenarios())
        all.push_back(std::move(scenario));
    for (auto &scenario : snapshot_scenarios())
        all.push_back(std::move(scenario));
    for (auto &scenario : manage_scenarios())
        all.push_back(std::move(scenario));
    return all;
}

int run(int argc, char **argv) {
    bool power_cut = false;
    std::string only;
    const std::vector<Scenario> all = all_scenarios();
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        if (argument == "--power-cut") {
            power_cut = true;
        } else if (argument == "--only" && i + 1 < argc) {
            only = argv[++i];
        } else if (argument == "--list") {
            for (const auto &scenario : all)
                std::cout << scenario.name << '\n';
            return 0;
        } else {
            std::cerr << "usage: crash_test [--power-cut] [--only TEXT] [--list]\n";
            return 2;
        }
    }
    if (!testing::enter_private_mount_namespace()) {
        std::cerr << "crash_test mounts filesystems: run it as root\n";
        return 1;
    }
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
        std::cerr << "crash_test cannot adopt the children of the processes that it kills\n";
        return 1;
    }
    Trace trace;
    Walk walk(trace, power_cut);
    Totals totals;
    for (const auto &scenario : all) {
        if (scenario.name.find(only) != std::string::npos && !(power_cut && scenario.without_power_cut))
            walk.run(scenario, totals);
    }
    std::size_t missing = 0;
    if (only.empty() && !power_cut) {
        for (std::size_t i = 0; i < kStepCount; ++i) {
            for (const Moment moment : {Moment::before, Moment::after}) {
                if (!totals.passed.contains({static_cast<Step>(i), moment})) {
                    ++missing;
                    std::cout << fmt::format("NEVER PASSED  {}\n",
                                             to_string(Point{static_cast<Step>(i), moment}));
                }
            }
        }
    }
    std::cout << fmt::format(
        "{} crashes at {} of {} crash points ({} journal steps and acts), {} violations\n", totals.crashes,
        totals.passed.size(), 2 * kStepCount, kStepCount, totals.violations);
    return totals.violations == 0 && missing == 0 && totals.crashes > 0 ? 0 : 1;
}

} // namespace
} // namespace drover::crash

int main(int argc, char **argv) {
    spdlog::set_level(std::getenv("DROVER_TEST_LOG") != nullptr ? spdlog::level::debug : spdlog::level::off);
    try {
        return drover::crash::run(argc, argv);
    } catch (const std::exception &error) {
        std::cerr << "crash_test: " << error.what() << '\n';
        return 1;
    }
}
