#include "loader/services/run_program.hpp"

#include "loader/base/child_call.hpp"
#include "loader/base/deadline.hpp"
#include "loader/base/unique_fd.hpp"
#include "loader/driver_text.hpp"
#include "loader/invoke.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace drover {
namespace {

constexpr std::uint64_t kMaxTexts = 4096;
constexpr std::size_t kPiece = 32768;
constexpr std::size_t kLastPieces = 32; // 1 MiB, the largest pipe
// Over the numbers that the child is to have, so that no dup2 there overwrites one.
constexpr int kFirstFree = 16;
// For a caller that gives no descriptor to wait on.
constexpr int kLookAgainMs = 20;
constexpr std::string_view kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// What execve is given, all made before the fork.
class Prepared {
public:
    // A sentence about what is wrong with the request.
    std::optional<std::string> fill(const drv_exec_req &request) {
        if (request.flags != 0)
            return fmt::format("unknown flags {:#x}", request.flags);
        if (!take(request.program, program_) || !program_.starts_with('/'))
            return "the program is no absolute path";
        if (request.argument_count > kMaxTexts || request.environment_count > kMaxTexts)
            return fmt::format("more than {} arguments or variables", kMaxTexts);
        for (std::uint64_t i = 0; i < request.argument_count; ++i) {
            if (!take(request.arguments[i], arguments_.emplace_back()))
                return fmt::format("argument {} is no text without NUL bytes", i + 1);
        }
        bool has_path = false;
        bool has_language = false;
        for (std::uint64_t i = 0; i < request.environment_count; ++i) {
            std::string name;
            std::string value;
            if (!take(request.environment[i].key, name) || !take(request.environment[i].value, value) ||
                name.empty() || name.find('=') != std::string::npos)
                return fmt::format("variable {} of the environment is none", i + 1);
            has_path = has_path || name == "PATH";
            has_language = has_language || name == "LANG";
            environment_.push_back(fmt::format("{}={}", name, value));
        }
        if (!has_path)
            environment_.push_back(fmt::format("PATH={}", kPath));
        if (!has_language)
            environment_.emplace_back("LANG=C.UTF-8");
        argv_.push_back(program_.data());
        for (std::string &each : arguments_)
            argv_.push_back(each.data());
        argv_.push_back(nullptr);
        for (std::string &each : environment_)
            envp_.push_back(each.data());
        envp_.push_back(nullptr);
        return std::nullopt;
    }
    [[nodiscard]] const char *program() const noexcept { return program_.c_str(); }
    [[nodiscard]] char *const *argv() const noexcept { return argv_.data(); }
    [[nodiscard]] char *const *envp() const noexcept { return envp_.data(); }

private:
    static bool take(drv_str text, std::string &to) {
        if (text.data == nullptr || std::memchr(text.data, '\0', text.len) != nullptr)
            return false;
        to.assign(view_of(text));
        return true;
    }

    std::string program_;
    std::vector<std::string> arguments_;
    std::vector<std::string> environment_;
    std::vector<char *> argv_;
    std::vector<char *> envp_;
};

struct Pipe {
    UniqueFd read, write;
    bool open() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0)
            return false;
        read = UniqueFd(::fcntl(ends[0], F_DUPFD_CLOEXEC, kFirstFree));
        write = UniqueFd(::fcntl(ends[1], F_DUPFD_CLOEXEC, kFirstFree));
        ::close(ends[0]);
        ::close(ends[1]);
        return read && write;
    }
};

// In the child: only what is safe after a fork of a process with threads. Never returns; tells the errno of a
// failure by `problem`.
[[noreturn]] void become(const Prepared &prepared, int input, int output, int errors, int problem,
                         pid_t parent) noexcept {
    int error = 0;
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != parent || ::setsid() < 0 ||
        ::dup2(input, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(errors, 2) < 0 || ::dup2(problem, 3) < 0 ||
        ::fcntl(3, F_SETFD, FD_CLOEXEC) != 0 || ::syscall(SYS_close_range, 4U, ~0U, 0U) != 0 ||
        ::chdir("/") != 0)
        error = errno;
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; ++signal)
        ::sigaction(signal, &action, nullptr); // two of them refuse, rightly
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (error == 0) {
        ::execve(prepared.program(), prepared.argv(), prepared.envp());
        error = errno;
    }
    (void)!::write(3, &error, sizeof error);
    ::_exit(127);
}

class Run {
public:
    Run(const drv_call *call, const drv_exec_req &request, const drv_exec_sink &sink) noexcept
        : call_(call), input_(view_of(request.input)), sink_(sink) {}
    ~Run() {
        if (pid_ <= 0)
            return;
        // The session's number stays its own until the program is reaped, and that comes last.
        ::kill(-pid_, SIGKILL);
        ::kill(pid_, SIGKILL); // where it had no session yet
        reap(pid_);            // not here, when dead storage keeps it
    }
    Run(const Run &) = delete;
    Run &operator=(const Run &) = delete;

    // errno of what could not be done; 0: it runs.
    int start(const Prepared &prepared) {
        Pipe problem;
        const UniqueFd input = input_file();
        if (!input || !out_.open() || !err_.open() || !problem.open())
            return errno;
        // No signal may run a handler of ours in the child.
        sigset_t all;
        sigset_t before;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        const pid_t parent = ::getpid();
        pid_ = ::fork();
        if (pid_ == 0)
            become(prepared, input.get(), out_.write.get(), err_.write.get(), problem.write.get(), parent);
        const int fork_error = errno;
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        if (pid_ < 0)
            return fork_error;
        out_.write.reset();
        err_.write.reset();
        problem.write.reset();
        int error = 0;
        ssize_t got = 0;
        do { // until exec has closed it
            got = ::read(problem.read.get(), &error, sizeof error);
        } while (got < 0 && errno == EINTR);
        if (got == static_cast<ssize_t>(sizeof error))
            return error;
        process_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
        for (const UniqueFd *fd : {&out_.read, &err_.read})
            ::fcntl(fd->get(), F_SETFL, O_NONBLOCK);
        return process_ ? 0 : errno;
    }

    drv_status wait(drv_exec_end &end) {
        bool is_running = true;
        while (is_running) {
            if (const drv_status stopped = over(); stopped != DRV_OK)
                return stopped;
            const int cancelled = call_->ops->cancel_fd(call_);
            std::array<pollfd, 4> fds = {{{process_.get(), POLLIN, 0},
                                          {out_.read.get(), POLLIN, 0},
                                          {err_.read.get(), POLLIN, 0},
                                          {cancelled, POLLIN, 0}}};
            ::poll(fds.data(), fds.size(), cancelled < 0 ? kLookAgainMs : -1);
            is_running = fds[0].revents == 0;
            if (!is_running) // what it left running would write on; what it wrote itself is there by now
                ::kill(-pid_, SIGKILL);
            for (const auto &[from, stream] : {std::pair{&out_.read, std::uint32_t{DRV_EXEC_STDOUT}},
                                               std::pair{&err_.read, std::uint32_t{DRV_EXEC_STDERR}}}) {
                if (const drv_status said = hand_over(*from, stream, !is_running); said != DRV_OK)
                    return said;
            }
        }
        siginfo_t info{};
        while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED) != 0 && errno == EINTR) {
        }
        pid_ = -1;
        end.how = info.si_code == CLD_EXITED ? DRV_EXEC_EXITED : DRV_EXEC_KILLED;
        end.code = static_cast<std::uint64_t>(info.si_status);
        return DRV_OK;
    }

private:
    [[nodiscard]] drv_status over() const {
        if (call_->ops->cancelled(call_) == 0)
            return DRV_OK;
        const auto now = static_cast<std::uint64_t>(Deadline::Clock::now().time_since_epoch().count());
        return now >= call_->deadline_ns ? DRV_E_DEADLINE : DRV_E_CANCELLED;
    }

    // In memory, so that nobody has to feed a program that may not want to read.
    UniqueFd input_file() const {
        const UniqueFd made(::memfd_create("drv.exec input", MFD_CLOEXEC));
        if (!made)
            return {};
        for (std::string_view rest = input_; !rest.empty();) {
            const ssize_t count = ::write(made.get(), rest.data(), rest.size());
            if (count < 0 && errno == EINTR)
                continue;
            if (count < 0)
                return {};
            rest.remove_prefix(static_cast<std::size_t>(count));
        }
        if (::lseek(made.get(), 0, SEEK_SET) != 0)
            return {};
        return UniqueFd(::fcntl(made.get(), F_DUPFD_CLOEXEC, kFirstFree));
    }

    // One piece, or, at the end, what a pipe can hold: whoever else has its other end may write for ever.
    drv_status hand_over(UniqueFd &from, std::uint32_t stream, bool is_last) {
        for (std::size_t pieces = is_last ? kLastPieces : 1; from && pieces > 0; --pieces) {
            const ssize_t count = ::read(from.get(), piece_.data(), piece_.size());
            if (count < 0 && errno == EINTR)
                continue;
            if (count < 0 && errno == EAGAIN)
                return DRV_OK;
            if (count <= 0) {
                from.reset();
                return DRV_OK;
            }
            const drv_status said = invoke(sink_.output, sink_.data, stream,
                                           drv_str{piece_.data(), static_cast<std::uint64_t>(count)});
            if (said != DRV_OK)
                return said;
        }
        return DRV_OK;
    }

    const drv_call *call_;
    const std::string_view input_;
    const drv_exec_sink &sink_;
    pid_t pid_ = -1;
    UniqueFd process_;
    Pipe out_;
    Pipe err_;
    std::array<char, kPiece> piece_{};
};

} // namespace

drv_status run_program(const drv_call *call, const drv_exec_req *request, const drv_exec_sink *sink,
                       drv_exec_end *end, const std::function<void(std::string_view sentence)> &to_log) {
    const auto refuse = [&](drv_status code, const std::string &why) {
        to_log(fmt::format("drv.exec/1: {}", why));
        return code;
    };
    if (end == nullptr || !DRV_HAS(end, drv_exec_end, code) || request == nullptr ||
        !DRV_HAS(request, drv_exec_req, input) || sink == nullptr || !DRV_HAS(sink, drv_exec_sink, output))
        return refuse(DRV_E_INVALID, "a struct is missing, or smaller than this revision's first one");
    Prepared prepared;
    if (const auto problem = prepared.fill(*request))
        return refuse(DRV_E_INVALID, *problem);
    if (call->ops->cancelled(call) != 0) {
        const auto now = static_cast<std::uint64_t>(Deadline::Clock::now().time_since_epoch().count());
        return now >= call->deadline_ns ? DRV_E_DEADLINE : DRV_E_CANCELLED;
    }
    Run run(call, *request, *sink);
    if (const int error = run.start(prepared); error != 0) {
        if (error == ENOENT || error == ENOTDIR)
            return DRV_E_NOT_FOUND;
        const bool is_files_fault = error == EACCES || error == ENOEXEC || error == E2BIG ||
                                    error == EISDIR || error == ELOOP || error == ENAMETOOLONG ||
                                    error == ETXTBSY;
        return refuse(
            is_files_fault ? DRV_E_INVALID : DRV_E_INTERNAL,
            fmt::format("{} cannot be run: {}", prepared.program(), std::generic_category().message(error)));
    }
    return run.wait(*end);
}

} // namespace drover
