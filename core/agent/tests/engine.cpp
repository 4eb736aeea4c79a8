#include "core/agent/tests/engine.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <linux/fs.h>
#include <linux/loop.h>
#include <poll.h>
#include <sstream>
#include <stdexcept>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace drover::testing {

namespace {

constexpr int kLimitMs = 60'000;

std::string read_all(const std::filesystem::path &file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::string post_bytes(std::string_view path, std::string_view body) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: \r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\nAccept: application/vnd.docker.plugins.v1.2+json\r\n\r\n" +
           std::string(body);
}

} // namespace

std::filesystem::path built() {
    const char *folder = std::getenv("DROVER_TEST_BUILD_DIR");
    if (folder == nullptr)
        throw std::runtime_error("DROVER_TEST_BUILD_DIR is not set; run this through ctest");
    return folder;
}

std::filesystem::path programs() {
    return built() / "bin";
}

std::filesystem::path drivers() {
    return built() / "drivers";
}

Connection::Connection(const std::filesystem::path &socket) {
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = socket.string();
    if (path.size() >= sizeof address.sun_path)
        throw std::runtime_error("socket path too long: " + path);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    if (::connect(fd_, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        close();
}

Connection::~Connection() {
    close();
}

void Connection::close() {
    if (fd_ >= 0)
        ::close(fd_);
    fd_ = -1;
}

void Connection::send(std::string_view bytes) const {
    while (!bytes.empty() && fd_ >= 0) {
        const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

Answer Connection::receive() {
    const auto more = [&] {
        pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
        if (fd_ < 0 || ::poll(&waiting, 1, kLimitMs) != 1)
            return false;
        char buffer[65536];
        const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
        if (got <= 0)
            return false;
        rest_.append(buffer, static_cast<std::size_t>(got));
        return true;
    };
    std::size_t head = std::string::npos;
    while ((head = rest_.find("\r\n\r\n")) == std::string::npos) {
        if (!more())
            return {};
    }
    std::string header = rest_.substr(0, head);
    std::transform(header.begin(), header.end(), header.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::size_t length = 0;
    if (const auto at = header.find("content-length:"); at != std::string::npos)
        length = std::stoul(header.substr(at + 15));
    while (rest_.size() < head + 4 + length) {
        if (!more())
            return {};
    }
    Answer answer{.status = std::stoi(header.substr(9, 3)), .body = rest_.substr(head + 4, length)};
    rest_.erase(0, head + 4 + length);
    return answer;
}

Answer Connection::post(std::string_view path, std::string_view body) {
    send(post_bytes(path, body));
    return receive();
}

Answer Connection::get(std::string_view path) {
    send("GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return receive();
}

Answer post(const std::filesystem::path &socket, std::string_view path, std::string_view body) {
    return Connection(socket).post(path, body);
}

Answer get(const std::filesystem::path &socket, std::string_view path) {
    return Connection(socket).get(path);
}

Answer post_as(const char *comm, const std::filesystem::path &socket, std::string_view path,
               std::string_view body) {
    int answer_pipe[2];
    if (::pipe2(answer_pipe, O_CLOEXEC) != 0)
        throw std::runtime_error("pipe failed");
    const pid_t child = ::fork();
    if (child == 0) {
        ::prctl(PR_SET_NAME, comm);
        const Answer answer = post(socket, path, body);
        const std::string text = std::to_string(answer.status) + " " + answer.body;
        (void)!::write(answer_pipe[1], text.data(), text.size());
        ::_exit(0);
    }
    ::close(answer_pipe[1]);
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::read(answer_pipe[0], buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<std::size_t>(got));
    ::close(answer_pipe[0]);
    ::waitpid(child, nullptr, 0);
    const auto space = text.find(' ');
    if (space == std::string::npos)
        return {};
    return {.status = std::stoi(text.substr(0, space)), .body = text.substr(space + 1)};
}

RunningAgent::RunningAgent(std::string backends, std::string more) {
    std::string pattern = "/tmp/drover-agent-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr)
        throw std::runtime_error("mkdtemp failed");
    folder_ = pattern;
    if (backends.empty())
        backends = "dataset:\n  backend: loopback\n  root_path: {}/loopback\n";
    for (auto at = backends.find("{}"); at != std::string::npos; at = backends.find("{}"))
        backends.replace(at, 2, folder_.string());
    for (auto at = more.find("{}"); at != std::string::npos; at = more.find("{}"))
        more.replace(at, 2, folder_.string());
    const std::string folder = folder_.string();
    const bool own_drivers = more.find("driver-dir") != std::string::npos;
    std::ofstream(config()) << "version: 1\n"
                            << backends << "agent:\n  state-dir: " << folder
                            << "/state\n  run-dir: " << folder << "/run\n  mount-root: " << folder
                            << "/mnt\n  node-id: test-node\n"
                            << (own_drivers ? "" : "  driver-dir: " + drivers().string() + "\n") << more
                            << "docker:\n  plugin-dir: " << folder
                            << "/plugins\n  default-size: 64MiB\nlogging:\n  level: debug\n";
    start();
}

RunningAgent::~RunningAgent() {
    if (pid_ > 0)
        kill_hard();
    // Everything was done in this program's own mount namespace; devices are not part of one.
    std::ifstream table("/proc/self/mountinfo");
    std::vector<std::string> targets;
    for (std::string line; std::getline(table, line);) {
        std::istringstream fields(line);
        std::string field;
        for (int i = 0; i < 5; ++i)
            fields >> field;
        if (field.starts_with(folder_.string() + "/"))
            targets.push_back(field);
    }
    for (auto target = targets.rbegin(); target != targets.rend(); ++target)
        ::umount2(target->c_str(), MNT_DETACH);
    std::error_code ignored;
    for (const auto &block : std::filesystem::directory_iterator("/sys/block", ignored)) {
        const auto is_ours = [&] {
            return read_all(block.path() / "loop" / "backing_file").starts_with(folder_.string() + "/");
        };
        if (!is_ours())
            continue;
        const int device = ::open(("/dev/" + block.path().filename().string()).c_str(), O_RDWR | O_CLOEXEC);
        if (device < 0)
            continue;
        // It may have gone by itself just now, and have been taken by somebody else. While it is open it
        // stays.
        if (is_ours())
            ::ioctl(device, LOOP_CLR_FD, 0);
        ::close(device);
    }
    // Empty mount points are immutable.
    for (const auto &point : std::filesystem::directory_iterator(folder_ / "mnt", ignored)) {
        const int fd = ::open(point.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        int flags = 0;
        if (fd >= 0 && ::ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
            flags &= ~FS_IMMUTABLE_FL;
            ::ioctl(fd, FS_IOC_SETFLAGS, &flags);
        }
        ::close(fd);
    }
    std::filesystem::remove_all(folder_, ignored);
}

void RunningAgent::start() {
    pid_ = ::fork();
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int log =
            ::open((folder_ / "agent.log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        ::dup2(log, STDOUT_FILENO);
        ::dup2(log, STDERR_FILENO);
        const std::string program = programs() / "drover-agent";
        ::execl(program.c_str(), program.c_str(), "--config", config().c_str(), nullptr);
        ::_exit(127);
    }
    if (!until("/v2/health", "{"))
        throw std::runtime_error("the agent does not answer:\n" + log());
}

bool RunningAgent::runs() const {
    siginfo_t ended{};
    return pid_ > 0 && ::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           ended.si_pid == 0;
}

void RunningAgent::kill_hard() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

int RunningAgent::stop() {
    ::kill(pid_, SIGTERM);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::pair<int, std::string> RunningAgent::run_another() const {
    const std::string command =
        (programs() / "drover-agent").string() + " --config " + config().string() + " 2>&1";
    FILE *output = ::popen(command.c_str(), "r"); // NOLINT(cert-env33-c): a path of this test's own
    std::string text;
    char buffer[4096];
    while (std::fgets(buffer, sizeof buffer, output) != nullptr)
        text += buffer;
    const int status = ::pclose(output);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128, text};
}

std::string RunningAgent::log() const {
    return read_all(folder_ / "agent.log");
}

bool RunningAgent::until(const std::string &path, const std::string &text) const {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::milliseconds(kLimitMs);
    while (std::chrono::steady_clock::now() < limit) {
        Connection connection(api());
        if (connection.is_open() && connection.get(path).body.find(text) != std::string::npos)
            return true;
        if (pid_ > 0 && !runs())
            return false; // it ended
        ::poll(nullptr, 0, 20);
    }
    return false;
}

std::vector<pid_t> driver_processes(const RunningAgent &agent) {
    std::vector<pid_t> found;
    const auto tasks = "/proc/" + std::to_string(agent.pid()) + "/task";
    std::error_code ignored;
    for (const auto &task : std::filesystem::directory_iterator(tasks, ignored)) {
        std::ifstream children(task.path() / "children");
        for (pid_t child = 0; children >> child;) {
            std::ifstream comm("/proc/" + std::to_string(child) + "/comm");
            std::string name;
            if (std::getline(comm, name) && name == "drover-driver-h") // as the kernel cuts it
                found.push_back(child);
        }
    }
    return found;
}

} // namespace drover::testing
