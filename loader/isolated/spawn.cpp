#include "loader/isolated/spawn.hpp"

#include "loader/isolated/owned_folder.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <string>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace drover {
namespace {

constexpr int kFirstFree = 16; // over the numbers that the child is to have

// dup2 in the child must not overwrite what a later one still needs.
UniqueFd out_of_the_way(UniqueFd fd) {
    return UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, kFirstFree));
}

class Actions {
public:
    Actions() { ::posix_spawn_file_actions_init(&actions_); }
    ~Actions() { ::posix_spawn_file_actions_destroy(&actions_); }
    Actions(const Actions &) = delete;
    Actions &operator=(const Actions &) = delete;
    // errno values; 0 is good. A store of -1 is none.
    int fill(int control, int output, int store) {
        int error = ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
        for (const auto &[from, to] : {std::pair{output, 1}, std::pair{output, 2}, std::pair{control, 3}}) {
            if (error == 0)
                error = ::posix_spawn_file_actions_adddup2(&actions_, from, to);
        }
        if (error == 0 && store >= 0)
            error = ::posix_spawn_file_actions_adddup2(&actions_, store, 4);
        return error != 0 ? error : ::posix_spawn_file_actions_addclosefrom_np(&actions_, store >= 0 ? 5 : 4);
    }
    [[nodiscard]] const posix_spawn_file_actions_t *get() const { return &actions_; }

private:
    posix_spawn_file_actions_t actions_{};
};

class SpawnAttributes {
public:
    SpawnAttributes() {
        ::posix_spawnattr_init(&attributes_);
        sigset_t signals;
        ::sigemptyset(&signals);
        ::posix_spawnattr_setsigmask(&attributes_, &signals);
        ::sigfillset(&signals);
        ::posix_spawnattr_setsigdefault(&attributes_, &signals);
        ::posix_spawnattr_setflags(
            &attributes_,
            static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID));
    }
    ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }
    SpawnAttributes(const SpawnAttributes &) = delete;
    SpawnAttributes &operator=(const SpawnAttributes &) = delete;
    [[nodiscard]] const posix_spawnattr_t *get() const { return &attributes_; }

private:
    posix_spawnattr_t attributes_{};
};

} // namespace

Result<SpawnedProcess> spawn_driver_host(const std::filesystem::path &program,
                                         const std::filesystem::path &driver,
                                         const std::optional<RunAs> &run_as) {
    const auto cannot = [&](int error) {
        return fail_errno(error,
                          fmt::format("{} cannot be started for {}", program.native(), driver.native()));
    };
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return cannot(errno);
    SpawnedProcess started;
    started.control = UniqueFd(ends[0]);
    const UniqueFd control = out_of_the_way(UniqueFd(ends[1]));
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return cannot(errno);
    started.output = UniqueFd(ends[0]);
    const UniqueFd output = out_of_the_way(UniqueFd(ends[1]));
    if (!control || !output)
        return cannot(errno);
    if (::fcntl(started.output.get(), F_SETFL, O_NONBLOCK) != 0)
        return cannot(errno);

    UniqueFd store;
    std::string who;
    if (run_as) {
        const Account &account = run_as->account;
        who = fmt::format("--as={}:{}:{}", account.uid, account.gid, fmt::join(account.groups, ","));
        if (!run_as->store_folder.empty()) {
            auto opened = open_owned_folder(run_as->store_folder, account);
            if (!opened)
                return fail(std::move(opened).error());
            store = out_of_the_way(std::move(*opened));
            if (!store)
                return cannot(errno);
        }
    }

    Actions actions;
    const SpawnAttributes attributes;
    if (const int error = actions.fill(control.get(), output.get(), store.get()); error != 0)
        return cannot(error);
    std::string name = "drover-driver-host";
    std::string file = driver.native();
    std::array<char *, 4> arguments = {name.data(), file.data(), run_as ? who.data() : nullptr, nullptr};
    std::string path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    std::string language = "LANG=C.UTF-8";
    std::array<char *, 3> environment = {path.data(), language.data(), nullptr};
    if (const int error = ::posix_spawn(&started.pid, program.c_str(), actions.get(), attributes.get(),
                                        arguments.data(), environment.data());
        error != 0)
        return cannot(error);
    // It is not reaped before the caller does it, so the number cannot be another process's by now.
    started.process = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, started.pid, 0)));
    if (!started.process) {
        const int error = errno;
        ::kill(started.pid, SIGKILL);
        ::waitpid(started.pid, nullptr, 0);
        return cannot(error);
    }
    return started;
}

} // namespace drover
