// What travels between the agent and a driver's own process: frames of fields. A frame is a header (length of
// the rest, kind, call) and its fields; a field is a tag, a length, and its bytes. Little endian, everything
// a multiple of 8 bytes.
//
//   number   tag with kNumberBit | 8 | the value
//   text     tag | length | bytes, then 1 to 8 zeros: so text is terminated, as the ABI promises drivers
//   group    tag | length | fields, then 8 zeros
//
// A reader passes over tags it does not know: the wire grows as the ABI's structs do. Neither side believes
// the other: every length is held against what is there, and nothing is copied before it was checked.
#pragma once

#include "drover/abi/types.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace drover::wire {

// Of the frames, not of the ABI; told in hello. The agent and its drover-driver-host may be of two releases
// for a moment, while a package is upgraded.
inline constexpr std::uint64_t kProtocol = 1;
inline constexpr std::size_t kMaxFrameBytes = 16U << 20;
// Longer text is only told of, never sent: every reader of the host refuses it anyway.
inline constexpr std::size_t kMaxTextBytes = 1U << 20;

enum class Kind : std::uint32_t {
    hello = 1,    // child to agent, once: what the driver says of itself, or why it cannot be used
    call = 2,     // agent to child, on a lane
    rows = 3,     // child to agent: records and the page's token, in the order they were emitted
    progress = 4, // child to agent
    result = 5,   // child to agent: ends the call; may hold the last rows as well
    log = 6,      // child to agent, on the control socket
    lane = 7,     // agent to child, on the control socket, with a descriptor: one more lane
    cancel = 8,   // agent to child, on the control socket: the caller gave up
    stop = 9,     // agent to child, on the control socket: no more rows are wanted
};

inline constexpr std::uint32_t kNumberBit = 1U << 31;
// In a text's tag: the text is not there, only its length and whether it had a pointer. So a driver's
// nonsense reaches the checks that have a sentence for it.
inline constexpr std::uint32_t kUnreadableBit = 1U << 30;

enum class Tag : std::uint32_t;

struct Header {
    std::uint32_t length = 0; // of the fields
    Kind kind = Kind::hello;
    std::uint64_t call = 0;
};
inline constexpr std::size_t kHeaderBytes = 16;

// Nothing when the length is none that a frame can have. `bytes` holds at least kHeaderBytes.
std::optional<Header> read_header(const char *bytes) noexcept;

// Builds one frame after the other in the same memory.
class FrameWriter {
public:
    void begin(Kind kind, std::uint64_t call);
    void number(Tag tag, std::uint64_t value);
    void text(Tag tag, std::string_view value);
    void text(Tag tag, drv_str value); // also what is no text; see kUnreadableBit
    // A group: open, its fields, close with what open gave.
    [[nodiscard]] std::size_t open(Tag tag);
    void close(std::size_t group);
    // Takes back everything since size() was `size`.
    void rewind(std::size_t size) noexcept { size_ = size; }

    [[nodiscard]] std::size_t size() const noexcept { return size_; } // with the header
    // Did any text have to be left out since begin()?
    [[nodiscard]] bool has_unreadable() const noexcept { return has_unreadable_; }
    // Makes it a frame of another kind.
    void become(Kind kind) noexcept;
    // The whole frame, until the next begin(). It must not be over kMaxFrameBytes.
    [[nodiscard]] std::span<const char> finish();
    // Overwrites what was written with zeros: for frames that held secrets.
    void wipe() noexcept;

private:
    char *grow(std::size_t bytes);

    std::vector<char> bytes_;
    std::size_t size_ = 0;
    bool has_unreadable_ = false;
};

struct Field {
    Tag tag{};
    std::uint64_t number = 0; // of a number
    std::string_view bytes;   // of a text or group; bytes.data()[bytes.size()] is '\0'
    bool is_number = false;
    bool is_unreadable = false;

    // What the driver gave; the pointer of an unreadable one must not be followed.
    [[nodiscard]] drv_str text() const noexcept;
};

// Walks the fields of a frame or a group. After next() said false, ok() tells an end from nonsense.
class FieldReader {
public:
    explicit FieldReader(std::string_view fields) noexcept : rest_(fields) {}
    bool next(Field &field) noexcept;
    [[nodiscard]] bool ok() const noexcept { return ok_; }

private:
    bool broken() noexcept;

    std::string_view rest_;
    bool ok_ = true;
};

} // namespace drover::wire
