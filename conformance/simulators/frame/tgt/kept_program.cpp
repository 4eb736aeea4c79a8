#include "conformance/simulators/frame/tgt/kept_program.hpp"

#include <climits>
#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace drover::sim {
namespace {

constexpr int kNotStarted = 127; // as shells say it

// What the keeper needs, made before the fork.
struct Plan {
    std::filesystem::path folder;
    std::vector<std::string> words, environment;
    std::vector<char *> argv, envp; // of those
    int input, output, line, held;

    static std::vector<char *> pointers(std::vector<std::string> &texts) {
        std::vector<char *> result;
        result.reserve(texts.size() + 1);
        for (auto &text : texts)
            result.push_back(text.data());
        result.push_back(nullptr);
        return result;
    }
};

// Of a forked process: nothing that the parent has registered for its own end may run.
[[noreturn]] void end(int status) {
    for (;;)
        ::syscall(SYS_exit_group, status);
}

[[noreturn]] void become_program(const Plan &plan, pid_t keeper) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (::getppid() == keeper && ::chdir(plan.folder.c_str()) == 0)
        ::execve(plan.argv.front(), plan.argv.data(), plan.envp.data());
    end(kNotStarted);
}

int reap_child(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

// Until the line breaks. True: the program has ended before, and was reaped.
bool watch(int line, int program, pid_t child) {
    bool has_ended = false;
    for (;;) {
        pollfd waits[] = {{.fd = line, .events = 0, .revents = 0},
                          {.fd = has_ended ? -1 : program, .events = POLLIN, .revents = 0}};
        if (::poll(waits, 2, -1) < 0)
            continue;
        if (waits[0].revents != 0)
            return has_ended;
        if (!has_ended && waits[1].revents != 0) {
            const int status = reap_child(child);
            has_ended = true;
            if (::send(line, &status, sizeof status, MSG_NOSIGNAL) < 0)
                return true;
        }
    }
}

// All descriptors above the one and below the other.
void close_between(int low, int high) {
    if (low + 1 < high)
        ::close_range(static_cast<unsigned>(low) + 1, static_cast<unsigned>(high) - 1, 0);
}

[[noreturn]] void keep(const Plan &plan) {
    // Neither Ctrl-C nor a signal to the whole group is for the keeper, which has to clean up after it.
    ::setpgid(0, 0);
    sigset_t all;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    ::prctl(PR_SET_NAME, "array-sim-keep");
    // First away from the numbers that are given anew, whichever each of them has.
    constexpr int kFree = 3;
    const int input = ::fcntl(plan.input, F_DUPFD, kFree);
    const int output = ::fcntl(plan.output, F_DUPFD, kFree);
    const int line = ::fcntl(plan.line, F_DUPFD_CLOEXEC, kFree);
    const int held = plan.held < 0 ? line : ::fcntl(plan.held, F_DUPFD, line + 1);
    ::dup2(input, 0);
    ::dup2(output, 1);
    ::dup2(output, 2);
    close_between(2, line);
    close_between(line, held);
    close_between(held, INT_MAX);

    const pid_t keeper = ::getpid();
    const pid_t child = ::fork();
    if (child == 0)
        become_program(plan, keeper);
    const int program = child < 0 ? -1 : static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
    // Without one there is nothing to keep: the broken line tells it.
    if (program < 0 || !watch(line, program, child)) {
        if (child > 0) {
            ::kill(child, SIGKILL);
            reap_child(child);
        }
    }
    std::error_code error;
    std::filesystem::remove_all(plan.folder, error);
    end(0);
}

std::string words_for(int status) {
    if (WIFSIGNALED(status)) {
        const char *const name = ::sigdescr_np(WTERMSIG(status));
        return fmt::format("was ended by signal {} ({})", WTERMSIG(status), name != nullptr ? name : "?");
    }
    return fmt::format("ended with exit code {}", WEXITSTATUS(status));
}

} // namespace

Result<KeptProgram> KeptProgram::start(const BackgroundProgram &program) {
    const auto what = fmt::format("starting {}", program.file.native());
    const auto log = program.folder / program.log;
    const UniqueFd output(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (!output)
        return fail_errno(errno, fmt::format("{}: making {}", what, log.native()));
    const UniqueFd input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    int ends[2];
    if (!input || ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return fail_errno(errno, what);
    UniqueFd ours(ends[0]);
    const UniqueFd theirs(ends[1]);

    Plan plan{.folder = program.folder,
              .words = {program.file.string()},
              .environment = program.environment,
              .argv = {},
              .envp = {},
              .input = input.get(),
              .output = output.get(),
              .line = theirs.get(),
              .held = program.held};
    plan.words.insert(plan.words.end(), program.arguments.begin(), program.arguments.end());
    plan.argv = Plan::pointers(plan.words);
    plan.envp = Plan::pointers(plan.environment);
    const pid_t keeper = ::fork();
    if (keeper < 0)
        return fail_errno(errno, what);
    if (keeper == 0)
        keep(plan);
    return KeptProgram(keeper, std::move(ours));
}

KeptProgram::~KeptProgram() {
    line_.reset();
    if (keeper_ > 0)
        reap_child(keeper_);
}

const std::optional<std::string> &KeptProgram::ending(Deadline deadline) {
    while (!ending_) {
        pollfd wait{.fd = line_.get(), .events = POLLIN, .revents = 0};
        const int ready = ::poll(&wait, 1, deadline.poll_timeout_ms());
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            break;
        int status = 0;
        if (::recv(line_.get(), &status, sizeof status, MSG_DONTWAIT) == sizeof status) {
            ending_ = words_for(status);
        } else {
            ending_ = "was killed with the process that kept it";
        }
    }
    return ending_;
}

} // namespace drover::sim
