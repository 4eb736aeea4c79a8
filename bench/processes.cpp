#include "bench/processes.hpp"

#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <spawn.h>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <sys/mman.h>
#include <sys/wait.h>

namespace drover::bench {

namespace {

std::string content_of(const std::filesystem::path &file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// The number after "<key>:" in a file such as /proc/1/status; 0 when it has none.
std::uint64_t number_after(const std::string &text, std::string_view key) {
    const auto at = text.find(fmt::format("\n{}:", key));
    if (at == std::string::npos)
        return 0;
    return std::strtoull(text.c_str() + at + key.size() + 2, nullptr, 10);
}

} // namespace

std::chrono::nanoseconds run(const std::vector<std::string> &words) {
    const UniqueFd output(::memfd_create("output", MFD_CLOEXEC));
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output.get(), 1);
    posix_spawn_file_actions_adddup2(&actions, output.get(), 2);
    std::vector<std::string> copy = words;
    std::vector<char *> argv;
    argv.reserve(copy.size() + 1);
    for (auto &word : copy)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t pid = -1;
    const auto began = std::chrono::steady_clock::now();
    const int error = ::posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        throw std::runtime_error(fmt::format("{} cannot be run: {}", words.front(), std::strerror(error)));
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    const auto took = std::chrono::steady_clock::now() - began;
    if (status != 0) {
        throw ProgramFailed(fmt::format("{}", fmt::join(words, " ")),
                            WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                            content_of(fmt::format("/proc/self/fd/{}", output.get())));
    }
    return took;
}

std::chrono::nanoseconds cpu_time(pid_t process) {
    clockid_t clock = 0;
    timespec used{};
    if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &used) != 0)
        throw std::runtime_error(fmt::format("the CPU time of process {} cannot be read", process));
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

std::chrono::nanoseconds child_cpu_time(pid_t process) {
    const std::string stat = content_of(fmt::format("/proc/{}/stat", process));
    const auto name_end = stat.rfind(')');
    if (name_end == std::string::npos)
        throw std::runtime_error(fmt::format("process {} has ended", process));
    std::istringstream fields(stat.substr(name_end + 2));
    std::string skipped;
    constexpr int kFirst = 3; // the field after the name
    constexpr int kChildUser = 16;
    for (int field = kFirst; field < kChildUser; ++field)
        fields >> skipped;
    std::int64_t user = 0;
    std::int64_t system = 0;
    fields >> user >> system;
    return std::chrono::nanoseconds((user + system) * (1'000'000'000 / ::sysconf(_SC_CLK_TCK)));
}

std::uint64_t voluntary_switches(pid_t process) {
    std::uint64_t all = 0;
    for (const auto &thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", process)))
        all += number_after(content_of(thread.path() / "status"), "voluntary_ctxt_switches");
    return all;
}

std::uint64_t resident_bytes(pid_t process) {
    const auto kib = number_after(content_of(fmt::format("/proc/{}/status", process)), "VmRSS");
    if (kib == 0)
        throw std::runtime_error(fmt::format("the memory of process {} cannot be read", process));
    return kib * 1024;
}

} // namespace drover::bench
