// Frames through a stream socket: what arrives is put together in a buffer and given out whole; one call of
// the kernel for what came at once. Each object is used by one thread.
#pragma once

#include "loader/base/unique_fd.hpp"
#include "loader/wire/frame.hpp"

#include <deque>
#include <memory>
#include <span>
#include <string_view>

namespace drover::wire {

struct Frame {
    Header header;
    std::string_view fields; // valid until the next call of next()
};

class FrameReceiver {
public:
    enum class Got {
        frame,
        nothing,  // not yet: the socket is non-blocking or its time-out passed
        closed,   // the other side ended, also in the middle of a frame
        nonsense, // no frame can begin like that; nothing after it can be read
    };
    // The next frame. Reads from the socket only when none is there already; `flags` are those of recv().
    Got next(int fd, int flags, Frame &frame);
    // The same, but looks again and again for a few microseconds before it sleeps in the kernel: where the
    // other side is awake on another core, an answer to a cheap call is there by then, and neither side has
    // to be woken, which would cost more than all the rest of the call. Where that does not pay (slow calls,
    // busy cores) it is given up, and tried again now and then.
    Got next_soon(int fd, Frame &frame);
    // The same as next() on a socket that also brings descriptors: they are kept, in the order they came.
    Got next_with_descriptors(int fd, int flags, Frame &frame);
    // The oldest descriptor that came; empty when there is none.
    [[nodiscard]] UniqueFd take_descriptor();

private:
    bool take(Frame &frame, bool &is_nonsense) noexcept;
    void make_room();
    template <typename Receive>
    Got next_by(Frame &frame, const Receive &receive);

    // Not a vector: what no frame needed is never touched, so an idle lane costs address space only.
    std::unique_ptr<char[]> bytes_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::deque<UniqueFd> descriptors_;
    unsigned looks_paid_ = 1; // how often in a row looking may still fail before it is given up
    unsigned slept_ = 0;      // since it was given up
};

// Sends it all, however long that takes. False: the other side is gone.
bool send_all(int fd, std::span<const char> bytes) noexcept;
// Sends a small frame with a descriptor, or not at all. Does not wait.
bool send_with_descriptor(int fd, std::span<const char> bytes, int descriptor) noexcept;

} // namespace drover::wire
