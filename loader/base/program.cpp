#include "loader/base/program.hpp"

#include "loader/base/child_call.hpp"
#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace drover {
namespace {

constexpr std::size_t kKeptOutput = 16UL * 1024;

// What posix_spawn needs, freed together.
class SpawnPlan {
public:
    explicit SpawnPlan(int output) {
        posix_spawn_file_actions_init(&actions_);
        posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions_, output, 1);
        posix_spawn_file_actions_adddup2(&actions_, output, 2);
        posix_spawn_file_actions_addclosefrom_np(&actions_, 3);
        posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setpgroup(&attributes_, 0);
        posix_spawnattr_setflags(&attributes_,
                                 POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    ~SpawnPlan() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }
    SpawnPlan(const SpawnPlan &) = delete;
    SpawnPlan &operator=(const SpawnPlan &) = delete;

    // 0 or an errno.
    int spawn(const Program &program, pid_t &pid) const {
        std::vector<std::string> words{program.file.string()};
        words.insert(words.end(), program.arguments.begin(), program.arguments.end());
        std::vector<char *> argv;
        argv.reserve(words.size() + 1);
        for (auto &word : words)
            argv.push_back(word.data());
        argv.push_back(nullptr);
        // Its messages are looked at, so its language is fixed; nothing of ours leaks into it.
        std::string path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
        std::string locale = "LC_ALL=C";
        char *const environment[] = {path.data(), locale.data(), nullptr};
        return posix_spawn(&pid, words.front().c_str(), &actions_, &attributes_, argv.data(), environment);
    }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

// Takes what is there now. False at the end of the output.
bool drain(int fd, std::string &output) {
    char buffer[4096];
    for (;;) {
        const ssize_t n = ::read(fd, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        if (n == 0)
            return false;
        output.append(buffer, static_cast<std::size_t>(n));
        if (output.size() > 2 * kKeptOutput)
            output.erase(0, output.size() - kKeptOutput);
    }
}

// Follows the program until it has ended; a child of it that keeps the output open is not waited for. False:
// the deadline came first.
bool follow(int process, int output_fd, Deadline deadline, std::string &output) {
    bool open = true;
    for (;;) {
        pollfd waits[] = {{.fd = process, .events = POLLIN, .revents = 0},
                          {.fd = open ? output_fd : -1, .events = POLLIN, .revents = 0}};
        const int ready = ::poll(waits, 2, deadline.poll_timeout_ms());
        if (ready < 0 && errno != EINTR)
            return false;
        if (ready <= 0) {
            if (deadline.has_passed())
                return false;
            continue;
        }
        if (open && waits[1].revents != 0)
            open = drain(output_fd, output);
        if (waits[0].revents != 0) {
            if (open)
                (void)drain(output_fd, output);
            return true;
        }
    }
}

} // namespace

Result<ProgramResult> run_program(const Program &program, Deadline deadline) {
    const std::string name = program.file.filename().string();
    if (!program.file.is_absolute())
        return fail(Code::internal, fmt::format("program {} has no absolute path", program.file.string()));
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return fail_errno(errno, fmt::format("running {}: making a pipe", name));
    const UniqueFd output_fd(ends[0]);
    UniqueFd write_end(ends[1]);
    ::fcntl(output_fd.get(), F_SETFL, O_NONBLOCK);

    pid_t pid = -1;
    const int spawned = SpawnPlan(write_end.get()).spawn(program, pid);
    write_end.reset();
    if (spawned == ENOENT || spawned == EACCES) {
        return fail(Code::unsupported,
                    fmt::format("{} cannot be run ({}): install the package {}", program.file.string(),
                                std::strerror(spawned), program.package));
    }
    if (spawned != 0)
        return fail_errno(spawned, fmt::format("running {}", program.file.string()));

    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    ProgramResult result;
    const bool in_time = process && follow(process.get(), output_fd.get(), deadline, result.output);
    if (!in_time) {
        ::kill(-pid, SIGKILL);
        reap(pid);
        return fail(Error{
            .code = Code::deadline,
            .message = fmt::format("{} was killed: it did not end in time{}{}", name,
                                   result.output.empty() ? "" : "; it said: ", last_lines(result.output)),
            .retryable = true,
            .state_unknown = true});
    }
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    ::kill(-pid, SIGKILL); // helpers it may have left behind
    if (result.output.size() > kKeptOutput)
        result.output.erase(0, result.output.size() - kKeptOutput);
    if (WIFSIGNALED(status)) {
        return fail(Error{.code = Code::internal,
                          .message = fmt::format("{} was ended by signal {} ({})", name, WTERMSIG(status),
                                                 ::sigdescr_np(WTERMSIG(status))),
                          .state_unknown = true});
    }
    result.exit_code = WEXITSTATUS(status);
    return result;
}

std::string last_lines(const std::string &output) {
    constexpr std::size_t kMost = 400;
    std::string text;
    bool line_ended = false;
    for (const char c : output.size() > kMost ? output.substr(output.size() - kMost) : output) {
        if (c == '\n' || c == '\r') {
            line_ended = !text.empty();
            continue;
        }
        if (line_ended)
            text += "; ";
        line_ended = false;
        text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    }
    return text;
}

} // namespace drover
