// What a driver may do to its process. Only for tests that run it in a process of its own.
#include "fixture_ops.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace fixture {
namespace {

constexpr int kMostDescriptors = 256;

[[noreturn]] void hang() {
    while (true)
        pause();
}

drv_status leak(const drv_call *call) {
    constexpr std::size_t kPiece = 16U << 20;
    std::vector<char *> kept;
    for (std::size_t i = 0; i < 256; ++i) { // 4 GiB
        auto *piece = static_cast<char *>(std::malloc(kPiece));
        if (piece == nullptr) {
            for (char *one : kept)
                std::free(one);
            return failing(call, DRV_E_INTERNAL,
                           "no memory after " + std::to_string(i * kPiece >> 20) + " MiB");
        }
        std::memset(piece, 1, kPiece);
        kept.push_back(piece);
    }
    return failing(call, DRV_E_INTERNAL, "4 GiB and no limit");
}

void lie() {
    const std::string nonsense(64, '\xFF');
    for (int fd = 3; fd < kMostDescriptors; ++fd)
        (void)send(fd, nonsense.data(), nonsense.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

// "16-0-8837": the number of a system call, and its first arguments; the others are 0.
drv_status system_call(const drv_call *call, const std::string &numbers) {
    unsigned long given[6] = {};
    const char *at = numbers.c_str();
    for (unsigned long &number : given) {
        char *end = nullptr;
        number = std::strtoul(at, &end, 10);
        if (*end != '-')
            break;
        at = end + 1;
    }
    errno = 0;
    (void)syscall(static_cast<long>(given[0]), given[1], given[2], given[3], given[4], given[5], 0L);
    return failing(call, DRV_E_INTERNAL, "errno " + std::to_string(errno));
}

// A program that the driver runs, as one for a local disk may do.
drv_status run(const drv_call *call, const std::string &command) {
    const int status = std::system(command.c_str());
    return failing(call, DRV_E_INTERNAL,
                   WIFEXITED(status) ? "status " + std::to_string(WEXITSTATUS(status)) : "it did not end");
}

} // namespace

bool is_fault(string_view how) {
    return how.substr(0, 6) == "fault-";
}

drv_status fault(string_view how, drv_instance *self, const drv_call *call) {
    if (how == "fault-crash") {
        signal(SIGSEGV, SIG_DFL); // a sanitizer would make an exit of it
        raise(SIGSEGV);
    }
    if (how == "fault-exit")
        _exit(7);
    if (how == "fault-last-words") {
        (void)fprintf(stderr, "first line\nthe array spoke in tongues\n");
        abort();
    }
    if (how == "fault-hang")
        hang();
    if (how == "fault-spin") {
        for (std::atomic<unsigned> turns = 0;; ++turns) {
        }
    }
    constexpr string_view kCall = "fault-syscall-";
    if (how.substr(0, kCall.size()) == kCall)
        return system_call(call, std::string(how.substr(kCall.size())));
    constexpr string_view kRun = "fault-run-";
    if (how.substr(0, kRun.size()) == kRun)
        return run(call, std::string(how.substr(kRun.size())));
    if (how == "fault-leak")
        return leak(call);
    if (how == "fault-close") {
        for (int fd = 0; fd < kMostDescriptors; ++fd)
            close(fd);
        hang();
    }
    if (how == "fault-fork") { // the child keeps what its parent had open
        if (fork() == 0)
            hang();
        raise(SIGKILL);
    }
    if (how == "fault-lie") {
        lie();
        hang();
    }
    if (how == "fault-print") {
        (void)printf("not for stdout\n");
        (void)fflush(stdout);
    }
    if (how == "fault-flood") {
        for (int i = 0; i < 20000; ++i)
            self->host->log(self->host, DRV_LOG_INFO, text("a line that nobody needs"));
    }
    return DRV_OK;
}

void fault_in(string_view op, drv_instance *self, const drv_call *call) {
    const string_view faulty = config(self, "faulty");
    if (faulty.substr(0, faulty.find(' ')) != op)
        return;
    const auto how = faulty.find(' ');
    (void)fault(how == string_view::npos ? "fault-hang" : faulty.substr(how + 1), self, call);
}

} // namespace fixture
