// What a driver must never do to the process that loads it, or leave in it. Nothing happens here without a
// fault.
#include "conformance/wrong_drivers/driver.hpp"

#include <clocale>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace wrong {
namespace {

void sleep_for_ever() {
    std::thread([] {
        while (true)
            ::pause();
    }).detach();
}

// A program that nobody waits for.
void start_program() {
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::execl("/bin/true", "true", nullptr);
        ::_exit(127);
    }
}

} // namespace

void while_loaded() {
    static bool is_first = true;
    if (!is_first)
        return;
    is_first = false;
    if (is(Fault::thread_at_load))
        sleep_for_ever();
    if (is(Fault::descriptor_at_load))
        static_cast<void>(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (is(Fault::program_at_load))
        start_program();
}

void while_opened(drv_instance *self, const drv_host_v1 * /*host*/) {
    static_cast<void>(memory_of(self));
    if (is(Fault::changes_directory) && ::chdir("/") != 0)
        std::abort();
    if (is(Fault::changes_umask))
        ::umask(0);
    if (is(Fault::changes_locale))
        std::setlocale(LC_ALL, "C.UTF-8");
    if (is(Fault::changes_environment))
        ::setenv("WRONG_DRIVER_WAS_HERE", "1", 1);
    if (is(Fault::changes_signal))
        std::signal(SIGCHLD, SIG_IGN);
    if (is(Fault::blocks_signal)) {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGUSR2);
        ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    }
    if (is(Fault::changes_limits)) {
        rlimit limit{};
        ::getrlimit(RLIMIT_CORE, &limit);
        limit.rlim_cur = limit.rlim_cur == 0 ? limit.rlim_max : 0;
        ::setrlimit(RLIMIT_CORE, &limit);
    }
}

void when_open_failed() {
    if (is(Fault::leaks_thread))
        sleep_for_ever();
}

// A table of backends with room for 64, and nobody ever leaves it.
void when_closed() {
    static int closed = 0;
    if (is(Fault::crashes_in_close) && ++closed > 64)
        std::abort();
}

void while_probing() {
    if (is(Fault::writes_to_stdout))
        static_cast<void>(::write(STDOUT_FILENO, "probing\n", 8));
    if (is(Fault::leaks_thread_of_probe))
        sleep_for_ever();
}

void while_destroying() {
    if (is(Fault::leaks_child))
        start_program();
}

} // namespace wrong
