// A container engine as the agent sees it: exactly the requests dockerd sends, over the real socket, byte for
// byte. And a running agent to send them to. The engine can be another process each time, since the agent
// looks at who connects.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace drover::testing {

struct Answer {
    int status = 0; // 0: the connection ended without an answer
    std::string body;
};

// One connection to a unix socket, kept alive between requests.
class Connection {
public:
    explicit Connection(const std::filesystem::path &socket);
    ~Connection();
    Connection(const Connection &) = delete;
    Connection &operator=(const Connection &) = delete;

    [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
    void send(std::string_view bytes) const;
    Answer receive();
    void close();
    // As Debian's dockerd 20.10 sends it: an empty Host, no Content-Type.
    Answer post(std::string_view path, std::string_view body);
    Answer get(std::string_view path);

private:
    int fd_ = -1;
    std::string rest_;
};

// One request on a connection of its own.
Answer post(const std::filesystem::path &socket, std::string_view path, std::string_view body);
Answer get(const std::filesystem::path &socket, std::string_view path);
// The same from a child process that calls itself `comm`, as a restarted engine would be.
Answer post_as(const char *comm, const std::filesystem::path &socket, std::string_view path,
               std::string_view body);

// drover-agent itself, from the build, on a folder of the test's own.
class RunningAgent {
public:
    // `backends` is YAML that stands in for `dataset:`; empty: loopback below the folder. Starts at once.
    explicit RunningAgent(std::string backends = {}, std::string more = {});
    ~RunningAgent();
    RunningAgent(const RunningAgent &) = delete;
    RunningAgent &operator=(const RunningAgent &) = delete;

    void start();
    void kill_hard(); // -9
    // Ends it with SIGTERM; its exit status.
    int stop();
    [[nodiscard]] bool runs() const;
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    // Runs another agent on the same agent.yml to its end: its exit status, and what it said.
    std::pair<int, std::string> run_another() const;

    [[nodiscard]] std::filesystem::path folder() const { return folder_; }
    [[nodiscard]] std::filesystem::path config() const { return folder_ / "agent.yml"; }
    [[nodiscard]] std::filesystem::path api() const { return folder_ / "run" / "api.sock"; }
    [[nodiscard]] std::filesystem::path docker(const std::string &name = "drover") const {
        return folder_ / "plugins" / (name + ".sock");
    }
    [[nodiscard]] std::string log() const;
    // Waits until GET `path` on the API answers a body that contains `text`; false at the limit.
    [[nodiscard]] bool until(const std::string &path, const std::string &text) const;

private:
    std::filesystem::path folder_;
    pid_t pid_ = -1;
};

// The children of the agent that run its drivers.
std::vector<pid_t> driver_processes(const RunningAgent &agent);

std::filesystem::path built();
std::filesystem::path programs();
std::filesystem::path drivers();

} // namespace drover::testing
