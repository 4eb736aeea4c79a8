#include "loader/isolated/driver_process.hpp"

#include "loader/driver_text.hpp"
#include "loader/isolated.hpp"
#include "loader/wire/opening.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <thread>

namespace drover {
namespace {

constexpr std::size_t kMaxLanes = 64;
constexpr std::size_t kKeptOutput = 4096;
constexpr std::size_t kToldOutput = 512;
// A frame may be the child's last; what a flood sends is not waited for.
constexpr int kFramesAtOnce = 256;
constexpr int kLastLooks = 64;
// How long a caller waits in recv() before it looks whether the call was cancelled.
constexpr suseconds_t kFirstWaitUs = 2000;

void send_signal(const UniqueFd &process, int signal) noexcept {
    ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0);
}

std::string describe(const siginfo_t &info) {
    if (info.si_code == CLD_EXITED)
        return fmt::format("ended with exit status {}", info.si_status);
    return fmt::format("was killed by signal {} ({})", info.si_status, ::strsignal(info.si_status));
}

Result<std::unique_ptr<Lane>> make_lane(std::uint64_t number, UniqueFd &far) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return fail_errno(errno, "no socket for a call of the driver");
    auto lane = std::make_unique<Lane>();
    lane->fd = UniqueFd(ends[0]);
    lane->number = number;
    far = UniqueFd(ends[1]);
    const timeval wait{.tv_sec = 0, .tv_usec = kFirstWaitUs};
    if (::setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0)
        return fail_errno(errno, "the socket of a call of the driver");
    return lane;
}

} // namespace

Result<std::shared_ptr<DriverProcess>> DriverProcess::start(const IsolationOptions &options,
                                                            const std::filesystem::path &driver,
                                                            Deadline deadline) {
    if (options.may_start) {
        if (auto allowed = options.may_start(driver); !allowed)
            return fail(std::move(allowed).error());
    }
    const std::shared_ptr<DriverProcess> made(new DriverProcess);
    DriverProcess &self = *made;
    self.driver_ = driver;
    std::thread([made, options, driver] { made->supervise(options, driver); }).detach();
    std::unique_lock lock(self.mutex_);
    self.changed_.wait(lock, [&] { return self.spawned_.has_value(); });
    if (!*self.spawned_)
        return fail(std::move(*self.spawned_).error());
    const auto settled = [&] { return self.hello_.has_value() || self.has_ended(); };
    if (deadline.is_never()) {
        self.changed_.wait(lock, settled);
    } else if (!self.changed_.wait_until(lock, deadline.when(), settled)) {
        lock.unlock();
        self.kill("it did not load the driver in time");
        return fail(Error{
            .code = Code::deadline,
            .message = fmt::format("{}: its process did not load it before the deadline", driver.native()),
            .retryable = true});
    }
    if (!self.hello_) {
        lock.unlock();
        return fail(Error{.code = Code::gone,
                          .message = fmt::format("{}: the process that was to load it {}", driver.native(),
                                                 self.how_it_ended()),
                          .retryable = true});
    }
    if (!*self.hello_) // it ends by itself
        return fail(std::move(*self.hello_).error());
    self.description_ = std::move(**self.hello_);
    return made;
}

void DriverProcess::log_to(LogSink sink) {
    const std::lock_guard lock(log_mutex_);
    log_ = std::move(sink);
}

Result<Lane *> DriverProcess::take_lane(Deadline deadline) {
    std::unique_lock lock(mutex_);
    const auto available = [&] { return !free_.empty() || lanes_.size() < kMaxLanes || has_ended(); };
    if (!available()) {
        ++waiting_;
        bool is_available = true;
        if (deadline.is_never()) {
            lane_free_.wait(lock, available);
        } else {
            is_available = lane_free_.wait_until(lock, deadline.when(), available);
        }
        --waiting_;
        if (!is_available) {
            return fail_retryable(Code::deadline, fmt::format("it did not begin: {} calls of the driver were "
                                                              "running already until its deadline",
                                                              kMaxLanes));
        }
    }
    if (!free_.empty()) {
        Lane *const lane = free_.back();
        free_.pop_back();
        return lane;
    }
    UniqueFd far;
    auto made = make_lane(lanes_.size() + 1, far);
    if (!made)
        return fail(std::move(made).error());
    wire::FrameWriter frame;
    frame.begin(wire::Kind::lane, 0);
    frame.number(wire::Tag::lane, (*made)->number);
    {
        const std::lock_guard control_lock(control_mutex_);
        // When it cannot be sent, the far end is closed with `far`, and the call sees that.
        wire::send_with_descriptor(process_.control.get(), frame.finish(), far.get());
    }
    return lanes_.emplace_back(std::move(*made)).get();
}

void DriverProcess::give_back(Lane *lane) noexcept {
    lane->running.store(wire::WireOp{}, std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    free_.push_back(lane); // has room: see supervise()
    if (waiting_ > 0)
        lane_free_.notify_one();
}

void DriverProcess::tell(wire::Kind kind, const Lane &lane) {
    wire::FrameWriter frame;
    frame.begin(kind, lane.last_call);
    frame.number(wire::Tag::lane, lane.number);
    const auto bytes = frame.finish();
    const std::lock_guard lock(control_mutex_);
    // A child that does not read is one that will be killed.
    (void)::send(process_.control.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void DriverProcess::kill(std::string reason) {
    const std::lock_guard lock(mutex_);
    if (has_ended() || !process_.process)
        return;
    if (kill_reason_.empty())
        kill_reason_ = std::move(reason);
    is_condemned_.store(true, std::memory_order_release);
    send_signal(process_.process, SIGKILL);
}

bool DriverProcess::wait_for_end(std::chrono::nanoseconds limit) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] { return has_ended(); });
}

std::string DriverProcess::how_it_ended() {
    const std::lock_guard lock(mutex_);
    std::string text = fmt::format("(pid {}) ", process_.pid);
    if (!has_ended()) {
        text += fmt::format("does not end, though it was killed because {}", kill_reason_);
    } else if (!kill_reason_.empty()) {
        text += fmt::format("was stopped by the agent because {}", kill_reason_);
    } else {
        text += end_;
    }
    if (!ran_.empty())
        text += fmt::format(" while it ran {}", ran_);
    if (!last_output_.empty()) {
        const std::string_view all = last_output_;
        text += fmt::format("; it printed last: {}",
                            one_line(all.substr(all.size() - std::min(all.size(), kToldOutput))));
    }
    return text;
}

void DriverProcess::finish(std::chrono::nanoseconds limit) {
    ::shutdown(process_.control.get(), SHUT_WR);
    if (!wait_for_end(limit))
        kill("it did not end after the driver was closed");
    wait_for_end(limit);
}

void DriverProcess::supervise(const IsolationOptions &options, const std::filesystem::path &driver) {
    auto spawned = spawn_driver_host(options.program, driver, options.run_as);
    {
        const std::lock_guard lock(mutex_);
        free_.reserve(kMaxLanes);
        lanes_.reserve(kMaxLanes);
        if (spawned) {
            process_ = std::move(*spawned);
            spawned_.emplace();
        } else {
            spawned_.emplace(fail(std::move(spawned).error()));
            has_ended_ = true;
        }
    }
    changed_.notify_all();
    bool is_running = spawned_->has_value();
    bool more = false;
    bool listens = true;
    bool prints = true;
    while (is_running) {
        std::array<pollfd, 3> fds = {{{process_.process.get(), POLLIN, 0},
                                      {listens ? process_.control.get() : -1, POLLIN, 0},
                                      {prints ? process_.output.get() : -1, POLLIN, 0}}};
        ::poll(fds.data(), fds.size(), more ? 0 : -1);
        if (fds[2].revents != 0)
            prints = read_output();
        more = listens && (more || fds[1].revents != 0) && read_control();
        // Closed, by the end of the process or by the driver: the process's end will be told by its own
        // descriptor, and without this one there is nothing to listen to.
        listens = listens && (more || (fds[1].revents & (POLLHUP | POLLERR)) == 0);
        is_running = fds[0].revents == 0;
    }
    if (!spawned_->has_value())
        return;
    // What it forked goes with it, before its number can be somebody else's.
    ::kill(-process_.pid, SIGKILL);
    read_output();
    for (int i = 0; i < kLastLooks && read_control(); ++i) {
    }
    note_end();
}

// True: there may be more.
bool DriverProcess::read_control() {
    wire::Frame frame;
    for (int i = 0; i < kFramesAtOnce; ++i) {
        switch (receiver_.next(process_.control.get(), MSG_DONTWAIT, frame)) {
        case wire::FrameReceiver::Got::frame:
            take_control_frame(frame);
            break;
        case wire::FrameReceiver::Got::nonsense:
            kill("it sent what is no message");
            return false;
        case wire::FrameReceiver::Got::nothing:
        case wire::FrameReceiver::Got::closed:
            return false;
        }
    }
    return !has_ended();
}

void DriverProcess::take_control_frame(const wire::Frame &frame) {
    if (frame.header.kind == wire::Kind::hello) {
        auto hello = wire::read_hello(frame.fields, driver_);
        {
            const std::lock_guard lock(mutex_);
            if (!hello_)
                hello_.emplace(std::move(hello));
        }
        changed_.notify_all();
        return;
    }
    if (frame.header.kind == wire::Kind::log && !take_log(frame.fields))
        kill("it sent a log line that cannot be read");
}

bool DriverProcess::take_log(std::string_view fields) {
    wire::FieldReader reader(fields);
    std::uint64_t level = 0;
    drv_str message{"", 0};
    for (wire::Field field; reader.next(field);) {
        if (field.tag == wire::Tag::level)
            level = field.number;
        if (field.tag == wire::Tag::message && !field.is_unreadable)
            message = field.text();
    }
    if (!reader.ok())
        return false;
    if (level < static_cast<std::uint64_t>(LogLevel::debug) ||
        level > static_cast<std::uint64_t>(LogLevel::error))
        level = static_cast<std::uint64_t>(LogLevel::warn);
    const std::lock_guard lock(log_mutex_);
    if (log_)
        log_(static_cast<LogLevel>(level), {message.data, message.len});
    return true;
}

// False: nothing can come any more.
bool DriverProcess::read_output() {
    std::array<char, kKeptOutput> bytes;
    for (int i = 0; i < kFramesAtOnce; ++i) {
        const ssize_t got = ::read(process_.output.get(), bytes.data(), bytes.size());
        if (got <= 0)
            return got < 0 && (errno == EAGAIN || errno == EINTR);
        const std::lock_guard lock(mutex_);
        last_output_.append(bytes.data(), static_cast<std::size_t>(got));
        if (last_output_.size() > kKeptOutput)
            last_output_.erase(0, last_output_.size() - kKeptOutput);
    }
    return true;
}

void DriverProcess::note_end() {
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(process_.pid), &info, WEXITED) != 0 && errno == EINTR) {
    }
    {
        const std::lock_guard lock(mutex_);
        end_ = describe(info);
        for (const auto &lane : lanes_) {
            const auto op = lane->running.load(std::memory_order_relaxed);
            if (op != wire::WireOp{})
                ran_ += fmt::format("{}{}", ran_.empty() ? "" : ", ", wire::name_of(op));
            // A child of the child may hold the other end.
            ::shutdown(lane->fd.get(), SHUT_RDWR);
        }
        has_ended_.store(true, std::memory_order_release);
    }
    changed_.notify_all();
    lane_free_.notify_all();
}

} // namespace drover
