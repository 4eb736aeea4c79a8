#include "loader/host/hardening.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <initializer_list>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace drover::host {
namespace {

// A driver keeps names and sizes, not data. What it maps as files does not count; the stacks of its threads
// do, as reserved (8 MiB each).
constexpr rlim_t kDataBytes = rlim_t{1536} << 20;
constexpr rlim_t kDescriptors = 4096;

void lower(__rlimit_resource resource, rlim_t most) {
    rlimit limit{};
    if (::getrlimit(resource, &limit) != 0)
        return;
    limit.rlim_max = limit.rlim_max < most ? limit.rlim_max : most;
    limit.rlim_cur = limit.rlim_cur < limit.rlim_max ? limit.rlim_cur : limit.rlim_max;
    ::setrlimit(resource, &limit);
}

void not_obeyed(int /*signal*/) {}

} // namespace

void harden(int last_fd) {
    ::closefrom(last_fd + 1);
    for (int fd = 3; fd <= last_fd; ++fd) // programs that the driver runs have no business with them
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
        ::prctl(PR_SET_DUMPABLE, 0) != 0) {
        std::perror("drover-driver-host: prctl");
        std::_Exit(1);
    }
    lower(RLIMIT_CORE, 0);
    lower(RLIMIT_NOFILE, kDescriptors);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    lower(RLIMIT_DATA, kDataBytes); // sanitizers reserve far more than they use
#endif
    // Handlers and not SIG_IGN, which programs that the driver runs would inherit.
    struct sigaction action {};
    action.sa_handler = &not_obeyed;
    action.sa_flags = SA_RESTART;
    for (const int signal : {SIGTERM, SIGINT, SIGHUP})
        ::sigaction(signal, &action, nullptr);
    ::signal(SIGPIPE, SIG_IGN); // as in the agent
}

} // namespace drover::host
