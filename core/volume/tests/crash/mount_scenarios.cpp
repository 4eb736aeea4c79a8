// Mounting and unmounting, and the starts of agents and engines.
#include "core/volume/testing/forwarding_driver.hpp"
#include "core/volume/tests/crash/acting.hpp"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace drover::crash {

namespace {

// Says of every volume that it is attached nowhere.
class Forgetful final : public testing::ForwardingDriver {
public:
    Forgetful(std::shared_ptr<Driver> inner, const std::atomic<bool> &faults)
        : ForwardingDriver(std::move(inner)), faults_(faults) {}
    Result<BackendVolume> get(const CallContext &call, std::string_view id) override {
        auto row = ForwardingDriver::get(call, id);
        if (row && faults_)
            row->attached_nodes.clear();
        return row;
    }

private:
    const std::atomic<bool> &faults_;
};

void scribble(Stage &stage) {
    for (const auto &file : std::filesystem::recursive_directory_iterator(stage.world.backend_root())) {
        if (file.path().extension() == ".img") {
            std::fstream image(file.path(), std::ios::in | std::ios::out | std::ios::binary);
            image << "somebody's data";
        }
    }
}

// A process that sits in the volume's folder until `let_go`.
void sit(Stage &stage, const std::string &name) {
    const std::string folder = stage.world.volumes().get({.name_or_id = name})->mountpoint;
    std::array<int, 2> sits{};
    if (::pipe2(sits.data(), O_CLOEXEC) != 0)
        throw std::runtime_error("cannot make a pipe");
    const pid_t pid = ::fork();
    if (pid == 0) {
        if (::chdir(folder.c_str()) != 0)
            ::_exit(1);
        // Neither the agent's lock on its state, nor the pipe that the test's reader waits on.
        ::close_range(0, ~0U, 0);
        for (;;)
            ::pause();
    }
    ::close(sits[1]);
    char nothing = 0;
    if (::read(sits[0], &nothing, 1) != 0)
        throw std::runtime_error("nobody came to sit in the volume's folder");
    ::close(sits[0]);
    std::ofstream(stage.folder / "sitter") << pid << ' ' << std::flush;
}

void let_go(Stage &stage) {
    std::ifstream in(stage.folder / "sitter");
    pid_t pid = -1;
    if (!(in >> pid) || pid <= 1)
        throw std::runtime_error("nobody sits in the volume's folder");
    const int process = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (process < 0)
        return;
    ::kill(pid, SIGKILL);
    pollfd ended{.fd = process, .events = POLLIN, .revents = 0};
    ::poll(&ended, 1, 10'000);
    ::close(process);
}

} // namespace

std::vector<Scenario> mount_scenarios() {
    std::vector<Scenario> all;
    all.push_back({.name = "first-start",
                   .request =
                       [](Stage &stage) {
                           auto kept =
                               stage.world.journal().keep_note("node-id", "node-a", Step::node_record);
                           return kept ? *kept : std::string("error");
                       },
                   .with_start = true});
    all.push_back({.name = "mount-new",
                   .prepare = [](Stage &stage) { made(stage, "db"); },
                   .request = [](Stage &stage) { return ask_mount(stage, "db", "u1"); },
                   .expected = {.volumes = {{"db", {.uses = 1, .uses_after_reboot = 1}}}}});
    all.push_back({.name = "mount-new-xfs",
                   .prepare = [](Stage &stage) { made(stage, "db", kXfs, "xfs"); },
                   .request = [](Stage &stage) { return ask_mount(stage, "db", "u1"); },
                   .expected = {.volumes = {{"db", {.uses = 1, .uses_after_reboot = 1, .fstype = "xfs"}}}}});
    all.push_back({.name = "mount-subfolder",
                   .prepare =
                       [](Stage &stage) {
                           auto created = stage.world.create(
                               {.name = "db", .bytes = kSmall, .root = {.subfolder = "inner"}});
                           if (!created)
                               throw std::runtime_error(created.error().message);
                       },
                   .request = [](Stage &stage) { return ask_mount(stage, "db", "u1"); },
                   .expected = {.volumes = {{"db", {.uses = 1, .uses_after_reboot = 1}}}}});
    all.push_back({.name = "mount-again",
                   .prepare = [](Stage &stage) { filled(stage, "db", "kept"); },
                   .request = [](Stage &stage) { return ask_mount(stage, "db", "u1"); },
                   .expected = {.volumes = {{"db", {.uses = 1, .uses_after_reboot = 1, .marker = "kept"}}}}});
    all.push_back({.name = "mount-delivered",
                   .prepare = [](Stage &stage) { filled(stage, "db", "kept"); },
                   .request =
                       [](Stage &stage) {
                           // Who had the answer does not ask again.
                           if (stage.world.volumes().get({.name_or_id = "db"})->uses == 0)
                               ask_mount(stage, "db", "u1");
                           stage.world.volumes().mount_delivered({.name_or_id = "db"}, "u1");
                           stage.world.settle();
                           return std::string("delivered");
                       },
                   .expected = {.volumes = {{"db", {.uses = 1, .uses_after_reboot = 1, .marker = "kept"}}}}});
    all.push_back({.name = "mount-for-a-second-caller",
                   .prepare =
                       [](Stage &stage) {
                           filled(stage, "db", "kept");
                           held(stage, "db", "u1");
                       },
                   .request = [](Stage &stage) { return ask_mount(stage, "db", "u2"); },
                   .expected = {.volumes = {{"db", {.uses = 2, .uses_after_reboot = 1, .marker = "kept"}}}}});
    all.push_back(
        {.name = "mount-what-another-node-formatted",
         .prepare =
             [](Stage &stage) {
                 made(stage, "db");
                 on_other_node(stage, [](Stage &there) { filled(there, "db", "theirs"); });
             },
         .request = [](Stage &stage) { return ask_mount(stage, "db", "u1"); },
         .expected = {.volumes = {{"db", {.uses = 1, .uses_after_reboot = 1, .marker = "theirs"}}}}});
    all.push_back({.name = "mount-refused",
                   .prepare =
                       [](Stage &stage) {
                           made(stage, "db");
                           scribble(stage);
                       },
                   .request = [](Stage &stage) { return ask_mount(stage, "db", "u1"); },
                   .expected = {.volumes = {{"db", {.never_mounted = true}}}}});
    all.push_back({.name = "mount-after-a-crash-behind-mkfs",
                   .prepare = [](Stage &stage) { made(stage, "db"); },
                   .first_crash = Point{Step::act_format, Moment::after},
                   .request = [](Stage &stage) { return ask_mount(stage, "db", "u1"); },
                   .expected = {.volumes = {{"db", {.uses = 1, .uses_after_reboot = 1}}}},
                   .with_start = true});
    all.push_back({.name = "mount-grown",
                   .prepare =
                       [](Stage &stage) {
                           filled(stage, "db", "kept");
                           ask_extend(stage, "db", 2 * kSmall);
                       },
                   .request = [](Stage &stage) { return ask_mount(stage, "db", "u1"); },
                   .expected = {.volumes = {{"db", {.uses = 1, .uses_after_reboot = 1, .marker = "kept"}}}}});
    all.push_back({.name = "start-with-a-mounted-volume",
                   .prepare =
                       [](Stage &stage) {
                           filled(stage, "db", "kept");
                           held(stage, "db", "u1");
                       },
                   .request = [](Stage &) { return std::string("started"); },
                   .expected = {.volumes = {{"db", {.uses = 1, .marker = "kept"}}}},
                   .with_start = true});
    all.push_back({.name = "unmount",
                   .prepare =
                       [](Stage &stage) {
                           filled(stage, "db", "kept");
                           held(stage, "db", "u1");
                       },
                   .request = [](Stage &stage) { return ask_unmount(stage, "db", "u1"); },
                   .expected = {.volumes = {{"db", {.marker = "kept"}}}}});
    all.push_back({.name = "unmount-by-one-of-two",
                   .prepare =
                       [](Stage &stage) {
                           filled(stage, "db", "kept");
                           held(stage, "db", "u1");
                           held(stage, "db", "u2");
                       },
                   .request = [](Stage &stage) { return ask_unmount(stage, "db", "u2"); },
                   .expected = {.volumes = {{"db", {.uses = 1, .marker = "kept"}}}}});
    all.push_back({.name = "unmount-busy",
                   .prepare =
                       [](Stage &stage) {
                           filled(stage, "db", "kept");
                           held(stage, "db", "u1");
                           sit(stage, "db");
                       },
                   .request = [](Stage &stage) { return ask_unmount(stage, "db", "u1"); },
                   .expected = {.volumes = {{"db", {.uses = 1, .marker = "kept", .shows_error = true}}}},
                   .without_power_cut = true,
                   .unmount_patience = std::chrono::milliseconds(300),
                   .finish = let_go});
    all.push_back({.name = "unmount-what-the-backend-took-away",
                   .prepare =
                       [](Stage &stage) {
                           filled(stage, "db", "kept");
                           held(stage, "db", "u1");
                       },
                   .request = [](Stage &stage) { return ask_unmount(stage, "db", "u1"); },
                   .expected = {.volumes = {{"db", {.marker = "kept", .attachment_may_stay = true}}}},
                   .wrap = [](std::shared_ptr<Driver> inner,
                              const std::atomic<bool> &faults) -> std::shared_ptr<Driver> {
                       return std::make_shared<Forgetful>(std::move(inner), faults);
                   }});
    all.push_back({.name = "engine-restart",
                   .prepare =
                       [](Stage &stage) {
                           stage.world.volumes().engine_seen({.pid = 11, .start_ticks = 1});
                           filled(stage, "db", "kept");
                           held(stage, "db", "u1");
                       },
                   .request =
                       [](Stage &stage) {
                           stage.world.volumes().engine_seen({.pid = 12, .start_ticks = 2});
                           stage.world.settle();
                           return std::string("seen");
                       },
                   .expected = {.volumes = {{"db", {.marker = "kept"}}}}});
    return all;
}

} // namespace drover::crash
