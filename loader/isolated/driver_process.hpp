// One process of drover-driver-host, from its start to its end, as the agent sees it: its lanes, its log
// lines, what it prints, and how it ended. It is not started again; see remote_instance.hpp for that.
//
// A lane is a socket with a thread of the child behind it that serves one call at a time. A caller takes a
// lane, writes, and reads the answer on its own thread: no thread of ours stands between the caller and the
// driver, which is most of what a cheap call would cost. A thread of each process does the rest: it started
// the process, reads the control socket and what the process prints, and waits for its end. It keeps the
// object until then, so nobody has to wait for a process that the kernel does not let go.
#pragma once

#include "loader/base/deadline.hpp"
#include "loader/base/error.hpp"
#include "loader/base/unique_fd.hpp"
#include "loader/driver.hpp"
#include "loader/host.hpp"
#include "loader/isolated/spawn.hpp"
#include "loader/wire/calls.hpp"
#include "loader/wire/channel.hpp"

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace drover {

struct IsolationOptions;

struct Lane {
    UniqueFd fd;
    std::uint64_t number = 0;
    std::uint64_t last_call = 0;
    std::atomic<wire::WireOp> running{}; // none: 0
    wire::FrameReceiver receiver;
    wire::FrameWriter writer;
};

class DriverProcess {
public:
    using LogSink = std::function<void(LogLevel, std::string_view)>;

    // Starts it, if it may be started, and waits for its hello. An error has the child's own words where it
    // had any.
    static Result<std::shared_ptr<DriverProcess>>
    start(const IsolationOptions &options, const std::filesystem::path &driver, Deadline deadline);
    ~DriverProcess() = default; // it has ended by then; who needs it no more calls kill() or finish()
    DriverProcess(const DriverProcess &) = delete;
    DriverProcess &operator=(const DriverProcess &) = delete;

    [[nodiscard]] const DriverDescription &description() const noexcept { return description_; }
    [[nodiscard]] pid_t pid() const noexcept { return process_.pid; }

    // Where its log lines go. Once it returned, the sink before is called no more.
    void log_to(LogSink sink);

    // A log frame, from the control socket or a lane. False: nonsense.
    [[nodiscard]] bool take_log(std::string_view fields);

    // A lane of the caller's own until it is given back. Waits while all are in use. A lane on which a call
    // did not end is not given back but dropped.
    Result<Lane *> take_lane(Deadline deadline);
    void give_back(Lane *lane) noexcept;
    // Tells the child about the call that runs on the lane; does not wait.
    void tell(wire::Kind kind, const Lane &lane);

    [[nodiscard]] bool has_ended() const noexcept { return has_ended_.load(std::memory_order_acquire); }
    // May calls begin? Not when it has ended or is being killed.
    [[nodiscard]] bool is_usable() const noexcept {
        return !has_ended() && !is_condemned_.load(std::memory_order_acquire);
    }
    // Ends it now. The first reason given is the one that how_it_ended() tells. Any thread.
    void kill(std::string reason);
    // False: it still runs after that time.
    bool wait_for_end(std::chrono::nanoseconds limit);
    // "(pid 12) was killed by signal 11 (Segmentation fault) while it ran get; it printed last: ...".
    [[nodiscard]] std::string how_it_ended();
    // After the driver was closed: lets it end by itself within the limit, else kills it.
    void finish(std::chrono::nanoseconds limit);

private:
    DriverProcess() = default;
    void supervise(const IsolationOptions &options, const std::filesystem::path &driver);
    bool read_control();
    bool read_output();
    void take_control_frame(const wire::Frame &frame);
    void note_end();

    SpawnedProcess process_; // set by the supervisor before start() goes on
    DriverDescription description_;
    std::filesystem::path driver_;

    std::mutex mutex_; // guards what follows
    std::condition_variable changed_;
    std::optional<Result<void>> spawned_;
    std::optional<Result<DriverDescription>> hello_;
    std::vector<std::unique_ptr<Lane>> lanes_;
    std::vector<Lane *> free_;
    std::condition_variable lane_free_;
    std::size_t waiting_ = 0; // for it
    std::string kill_reason_;
    std::string last_output_;
    std::string end_;
    std::string ran_;

    std::mutex log_mutex_;
    LogSink log_;
    wire::FrameReceiver receiver_; // the supervisor's
    std::mutex control_mutex_;     // one frame after the other
    std::atomic<bool> has_ended_ = false;
    std::atomic<bool> is_condemned_ = false;
};

} // namespace drover
