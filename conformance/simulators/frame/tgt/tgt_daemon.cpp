#include "conformance/simulators/frame/tgt/tgt_daemon.hpp"

#include "loader/base/program.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <sstream>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace drover::sim {
namespace fs = std::filesystem;
using namespace std::chrono_literals;
namespace {

constexpr const char *kServer = "/usr/sbin/tgtd";
constexpr const char *kAdmin = "/usr/sbin/tgtadm";
constexpr const char *kSocket = "TGT_IPC_SOCKET=control"; // in the working directory, which may be any depth
constexpr const char *kLog = "tgtd.log";
constexpr auto kPatience = 10s;
constexpr auto kPatienceWithAnEnd = 3s; // of a tgtd that has been killed
constexpr auto kPause = 10ms;

Result<void> require_programs() {
    for (const char *file : {kServer, kAdmin}) {
        if (::access(file, X_OK) != 0) {
            return fail(Code::unsupported,
                        fmt::format("the data plane tgt needs {}, which cannot be run ({}): install Debian's "
                                    "package tgt",
                                    file, std::strerror(errno)));
        }
    }
    return {};
}

Result<UniqueFd> lock_folder(const fs::path &folder) {
    UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd)
        return fail_errno(errno, fmt::format("opening the folder {}", folder.native()));
    for (const auto deadline = Deadline::after(kPatienceWithAnEnd);
         ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0;) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return fail_errno(errno, fmt::format("locking the folder {}", folder.native()));
        if (deadline.has_passed()) {
            return fail(Code::conflict,
                        fmt::format("the folder {} is in use by another drover-array-sim with the data plane "
                                    "tgt: end that one, or give this one another --data-dir",
                                    folder.native()));
        }
        ::poll(nullptr, 0, static_cast<int>(kPause.count()));
    }
    return fd;
}

// "Portal: 127.0.0.1:3260,1" and the like, without the group.
std::vector<std::string> portals_in(const std::string &output) {
    constexpr std::string_view kFront = "Portal: ";
    std::vector<std::string> portals;
    std::istringstream lines(output);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(kFront))
            portals.push_back(line.substr(kFront.size(), line.rfind(',') - kFront.size()));
    }
    return portals;
}

} // namespace

Result<std::unique_ptr<TgtDaemon>> TgtDaemon::start(const fs::path &data_folder) {
    if (auto there = require_programs(); !there)
        return fail(std::move(there).error());
    auto lock = lock_folder(data_folder);
    if (!lock)
        return fail(std::move(lock).error());
    const auto folder = data_folder / "tgt";
    std::error_code error;
    fs::remove_all(folder, error); // of a killed run
    if (!error)
        fs::create_directory(folder, error);
    if (!error)
        fs::permissions(folder, fs::perms::owner_all, error);
    if (error) {
        return fail(Code::internal,
                    fmt::format("the folder {} cannot be made anew: {}", folder.native(), error.message()));
    }
    // When it cannot listen on the portals of its command line, it listens on port 3260 of all addresses. So
    // it gets one that cannot fail, any free port of the loopback, until it has the right ones.
    auto program =
        KeptProgram::start({.file = kServer,
                            .arguments = {"--foreground", "--control-port=0", "--nr_iothreads=4", "--iscsi",
                                          "portal=127.0.0.1:0"},
                            .environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", kSocket},
                            .folder = folder,
                            .log = kLog,
                            .held = lock->get()});
    if (!program)
        return fail(std::move(program).error());
    std::unique_ptr<TgtDaemon> daemon(new TgtDaemon(std::move(*lock), folder, std::move(*program)));
    if (auto answers = daemon->wait_until_it_answers(); !answers)
        return fail(std::move(answers).error());
    return daemon;
}

Result<void> TgtDaemon::wait_until_it_answers() {
    const auto deadline = Deadline::after(kPatience);
    for (;;) {
        auto answer = ask("asking whether it is ready", {"--mode=portal", "--op=show"});
        if (answer) {
            has_answered_ = true;
            return {};
        }
        if (answer.error().code == Code::gone || deadline.has_passed())
            return fail(std::move(answer).error());
        program_.ending(Deadline::after(kPause)); // the next question tells of it
    }
}

Result<void> TgtDaemon::listen_on(const std::vector<std::string> &portals) {
    const auto before = ask("asking for its portals", {"--mode=portal", "--op=show"});
    if (!before)
        return fail(before.error());
    for (const auto &portal : portals) {
        auto done = tell(fmt::format("listening on {}", portal),
                         {"--mode=portal", "--op=new", "--param=portal=" + portal});
        if (!done) {
            // It gives the reason only to its log.
            return fail(Code::invalid,
                        fmt::format("tgtd cannot listen on {}: the address is none of this machine, or its "
                                    "port is taken; name another portal in the seed. It said: {}",
                                    portal, last_words()));
        }
    }
    for (const auto &portal : portals_in(*before)) {
        auto done = tell(fmt::format("closing {}", portal),
                         {"--mode=portal", "--op=delete", "--param=portal=" + portal});
        if (!done)
            return done;
    }
    return {};
}

Result<std::string> TgtDaemon::ask(std::string_view what, const std::vector<std::string> &arguments) {
    // run_program gives no environment and no folder. Errors have no arguments in them: they may be secret.
    Program program{
        .file = "/usr/bin/env",
        .arguments = {"--chdir=" + folder_.native(), kSocket, kAdmin, "--control-port=0", "--lld=iscsi"},
        .package = "coreutils"};
    program.arguments.insert(program.arguments.end(), arguments.begin(), arguments.end());
    auto ran = run_program(program, Deadline::after(kPatience));
    if (ran && ran->exit_code == 0)
        return std::move(ran->output);
    // What tgtd refuses is EINVAL; any other exit code is what became of the connection to it. It can break
    // before the end of tgtd is known, and at the start nobody listens yet.
    const bool is_broken = has_answered_ && ran && ran->exit_code != EINVAL;
    if (const auto &ending = program_.ending(Deadline::after(is_broken ? 2s : 0s))) {
        return fail(Code::gone, fmt::format("tgtadm, {}: tgtd {}; start the simulator again. tgtd said: {}",
                                            what, *ending, last_words()));
    }
    if (!ran)
        return fail(std::move(ran).error().with_context(fmt::format("tgtadm, {}", what)));
    return fail(Code::internal, fmt::format("tgtadm, {}: it failed with {}: {}", what, ran->exit_code,
                                            last_lines(ran->output)));
}

Result<void> TgtDaemon::tell(std::string_view what, const std::vector<std::string> &arguments) {
    auto asked = ask(what, arguments);
    if (!asked)
        return fail(std::move(asked).error());
    return {};
}

std::string TgtDaemon::last_words() const {
    std::ifstream file(folder_ / kLog);
    std::ostringstream text;
    text << file.rdbuf();
    return last_lines(text.str());
}

} // namespace drover::sim
