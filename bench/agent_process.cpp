#include "bench/agent_process.hpp"

#include "bench/processes.hpp"
#include "core/http/client.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <poll.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace drover::bench {

namespace {

using namespace std::chrono_literals;

constexpr auto kStartLimit = 60s;
constexpr auto kSettleLimit = 60s;

void pause_for(std::chrono::milliseconds time) {
    (void)::poll(nullptr, 0, static_cast<int>(time.count()));
}

} // namespace

AgentProcess::AgentProcess(const Workplace &workplace, const std::string &name, const std::string &backend)
    : folder_(workplace.path() / name) {
    std::filesystem::create_directory(folder_);
    std::ofstream(folder_ / "agent.yml")
        << "version: 1\ndataset:\n  backend: " << backend << '\n'
        << (backend == "loopback" ? fmt::format("  root_path: {}/backend\n", folder_.string()) : "")
        << fmt::format("agent:\n  state-dir: {0}/state\n  run-dir: {0}/run\n  mount-root: {0}/mnt\n"
                       "  driver-dir: {1}/drivers\n  node-id: bench\n"
                       "docker:\n  plugin-dir: {0}/plugins\n",
                       folder_.string(), workplace.path().string());
    start();
}

AgentProcess::~AgentProcess() {
    stop();
}

void AgentProcess::restart() {
    stop();
    start();
}

void AgentProcess::start() {
    const std::string program = build_folder() / "bin" / "drover-agent";
    const std::string config = folder_ / "agent.yml";
    const std::string log = folder_ / "agent.log";
    pid_ = ::fork();
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        ::dup2(out, STDOUT_FILENO);
        ::dup2(out, STDERR_FILENO);
        ::execl(program.c_str(), program.c_str(), "--config", config.c_str(), nullptr);
        ::_exit(127);
    }
    http::Client client(folder_ / "run" / "api.sock");
    const auto limit = Deadline::after(kStartLimit);
    while (!limit.has_passed()) {
        const auto health = client.send({.target = "/v2/health"}, limit);
        if (health && health->body.find("\"ready\"") != std::string::npos)
            return;
        if (::waitpid(pid_, nullptr, WNOHANG) != 0) {
            pid_ = -1;
            throw std::runtime_error(fmt::format("the agent ended at once:\n{}", last_words()));
        }
        pause_for(5ms);
    }
    stop();
    throw std::runtime_error(
        fmt::format("the agent was not ready within {} s:\n{}", kStartLimit.count(), last_words()));
}

void AgentProcess::stop() noexcept {
    if (pid_ <= 0)
        return;
    ::kill(pid_, SIGTERM);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
}

void AgentProcess::settle(std::chrono::milliseconds quiet) const {
    const auto limit = Deadline::after(kSettleLimit);
    auto quiet_since = std::chrono::steady_clock::now();
    auto seen = std::pair(cpu_time(pid_), voluntary_switches(pid_));
    while (std::chrono::steady_clock::now() - quiet_since < quiet) {
        if (limit.has_passed()) {
            throw std::runtime_error(
                fmt::format("the agent does not come to rest within {} s", kSettleLimit.count()));
        }
        pause_for(20ms);
        const auto now = std::pair(cpu_time(pid_), voluntary_switches(pid_));
        if (now != seen)
            quiet_since = std::chrono::steady_clock::now();
        seen = now;
    }
}

std::string AgentProcess::last_words() const {
    constexpr std::size_t kMost = 2000;
    std::ifstream in(folder_ / "agent.log", std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (text.size() > kMost)
        text.erase(0, text.size() - kMost);
    return text;
}

} // namespace drover::bench
