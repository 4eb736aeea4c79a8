#include "loader/wire/channel.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

namespace drover::wire {
namespace {

// One batch of rows and a little more.
constexpr std::size_t kUsualBytes = 128U << 10;
// About what it takes to wake a process; then sleeping at once would have been as good.
constexpr std::chrono::microseconds kLookFor{16};
constexpr unsigned kLooksBeforeYield = 1;
constexpr unsigned kFailuresAllowed = 3;
constexpr unsigned kSleepsBetweenTries = 32;

} // namespace

bool FrameReceiver::take(Frame &frame, bool &is_nonsense) noexcept {
    const std::size_t there = end_ - begin_;
    if (there < kHeaderBytes)
        return false;
    const auto header = read_header(bytes_.get() + begin_);
    is_nonsense = !header.has_value();
    if (is_nonsense || there - kHeaderBytes < header->length)
        return false;
    frame.header = *header;
    frame.fields = {bytes_.get() + begin_ + kHeaderBytes, header->length};
    begin_ += kHeaderBytes + header->length;
    return true;
}

// A frame that is longer than the buffer gets a larger one as it arrives: its header alone reserves nothing.
void FrameReceiver::make_room() {
    if (begin_ == end_)
        begin_ = end_ = 0;
    if (end_ < capacity_)
        return;
    if (begin_ > 0) {
        std::memmove(bytes_.get(), bytes_.get() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
        return;
    }
    const std::size_t capacity = std::max(kUsualBytes, 2 * capacity_);
    std::unique_ptr<char[]> larger(new char[capacity]);
    if (end_ > 0)
        std::memcpy(larger.get(), bytes_.get(), end_);
    bytes_ = std::move(larger);
    capacity_ = capacity;
}

template <typename Receive>
FrameReceiver::Got FrameReceiver::next_by(Frame &frame, const Receive &receive) {
    while (true) {
        bool is_nonsense = false;
        if (take(frame, is_nonsense))
            return Got::frame;
        if (is_nonsense)
            return Got::nonsense;
        make_room();
        const ssize_t got = receive(bytes_.get() + end_, capacity_ - end_);
        if (got > 0) {
            end_ += static_cast<std::size_t>(got);
            continue;
        }
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return Got::nothing;
        return Got::closed;
    }
}

FrameReceiver::Got FrameReceiver::next(int fd, int flags, Frame &frame) {
    return next_by(frame, [&](char *to, std::size_t size) { return ::recv(fd, to, size, flags); });
}

FrameReceiver::Got FrameReceiver::next_soon(int fd, Frame &frame) {
    using Clock = std::chrono::steady_clock;
    if (looks_paid_ == 0 && ++slept_ < kSleepsBetweenTries)
        return next(fd, 0, frame);
    slept_ = 0;
    unsigned looks = 0;
    const auto end = Clock::now() + kLookFor;
    do {
        if (const Got got = next(fd, MSG_DONTWAIT, frame); got != Got::nothing) {
            // Not when somebody else had the core for that long.
            looks_paid_ =
                Clock::now() < end + kLookFor ? kFailuresAllowed : looks_paid_ - std::min(looks_paid_, 1U);
            return got;
        }
        if (++looks > kLooksBeforeYield)
            ::sched_yield(); // the other side may wait for this very core
    } while (Clock::now() < end);
    looks_paid_ -= std::min(looks_paid_, 1U);
    return next(fd, 0, frame);
}

FrameReceiver::Got FrameReceiver::next_with_descriptors(int fd, int flags, Frame &frame) {
    return next_by(frame, [&](char *to, std::size_t size) {
        iovec part{.iov_base = to, .iov_len = size};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const ssize_t got = ::recvmsg(fd, &message, flags | MSG_CMSG_CLOEXEC);
        if (got < 0)
            return got;
        for (cmsghdr *head = CMSG_FIRSTHDR(&message); head != nullptr; head = CMSG_NXTHDR(&message, head)) {
            if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
                continue;
            int descriptor = -1;
            std::memcpy(&descriptor, CMSG_DATA(head), sizeof descriptor);
            descriptors_.emplace_back(descriptor);
        }
        return got;
    });
}

UniqueFd FrameReceiver::take_descriptor() {
    if (descriptors_.empty())
        return {};
    UniqueFd first = std::move(descriptors_.front());
    descriptors_.pop_front();
    return first;
}

bool send_all(int fd, std::span<const char> bytes) noexcept {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            pollfd writable{fd, POLLOUT, 0};
            ::poll(&writable, 1, -1);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

bool send_with_descriptor(int fd, std::span<const char> bytes, int descriptor) noexcept {
    iovec part{.iov_base = const_cast<char *>(bytes.data()), .iov_len = bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof descriptor)> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr *const head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(head), &descriptor, sizeof descriptor);
    ssize_t sent = -1;
    do {
        sent = ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    return sent == static_cast<ssize_t>(bytes.size());
}

} // namespace drover::wire
