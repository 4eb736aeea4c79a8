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
#include <cstring>
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
    void enlarge(std::size_t bytes);
    void write_unreadable(Tag tag, drv_str value);

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
    bool broken() noexcept {
        ok_ = false;
        rest_ = {};
        return false;
    }

    std::string_view rest_;
    bool ok_ = true;
};

// ---- Inline, because a listing has a hundred thousand fields. ----

namespace detail {

constexpr std::size_t kFieldHeader = 8;
constexpr std::size_t kUnreadableBytes = 16;

// With at least one zero after the bytes.
constexpr std::size_t padded(std::size_t bytes) noexcept {
    return (bytes + 8) & ~std::size_t{7};
}

template <typename Number>
Number load(const char *from) noexcept {
    Number value{};
    std::memcpy(&value, from, sizeof value);
    return value;
}
template <typename Number>
void store(char *to, Number value) noexcept {
    std::memcpy(to, &value, sizeof value);
}

} // namespace detail

inline char *FrameWriter::grow(std::size_t bytes) {
    if (size_ + bytes > bytes_.size())
        enlarge(bytes);
    char *const at = bytes_.data() + size_;
    size_ += bytes;
    return at;
}

inline void FrameWriter::number(Tag tag, std::uint64_t value) {
    char *const at = grow(detail::kFieldHeader + sizeof value);
    detail::store(at, static_cast<std::uint32_t>(tag) | kNumberBit);
    detail::store(at + 4, std::uint32_t{sizeof value});
    detail::store(at + detail::kFieldHeader, value);
}

inline void FrameWriter::text(Tag tag, drv_str value) {
    if (value.len > kMaxTextBytes || (value.data == nullptr && value.len != 0)) {
        write_unreadable(tag, value);
        return;
    }
    const std::size_t room = detail::padded(value.len);
    char *const at = grow(detail::kFieldHeader + room);
    detail::store(at, static_cast<std::uint32_t>(tag));
    detail::store(at + 4, static_cast<std::uint32_t>(value.len));
    detail::store(at + detail::kFieldHeader + room - 8, std::uint64_t{0});
    if (value.len != 0)
        std::memcpy(at + detail::kFieldHeader, value.data, value.len);
}

inline drv_str Field::text() const noexcept {
    if (is_unreadable) {
        return {detail::load<std::uint64_t>(bytes.data() + 8) != 0 ? nullptr : "",
                detail::load<std::uint64_t>(bytes.data())};
    }
    return {bytes.data() == nullptr ? "" : bytes.data(), bytes.size()};
}

inline bool FieldReader::next(Field &field) noexcept {
    if (rest_.empty())
        return false;
    if (rest_.size() < detail::kFieldHeader)
        return broken();
    const auto tag = detail::load<std::uint32_t>(rest_.data());
    const std::size_t length = detail::load<std::uint32_t>(rest_.data() + 4);
    const char *const bytes = rest_.data() + detail::kFieldHeader;
    const std::size_t room = rest_.size() - detail::kFieldHeader;
    field.tag = static_cast<Tag>(tag & ~(kNumberBit | kUnreadableBit));
    field.is_number = (tag & kNumberBit) != 0;
    field.is_unreadable = (tag & kUnreadableBit) != 0;
    if (field.is_number) {
        if (length != sizeof field.number || room < sizeof field.number || field.is_unreadable)
            return broken();
        field.number = detail::load<std::uint64_t>(bytes);
        field.bytes = {};
        rest_.remove_prefix(detail::kFieldHeader + sizeof field.number);
        return true;
    }
    if (length > kMaxFrameBytes || detail::padded(length) > room || bytes[length] != '\0')
        return broken();
    field.number = 0;
    field.bytes = {bytes, length};
    if (field.is_unreadable) {
        if (length != detail::kUnreadableBytes)
            return broken();
        const auto told = detail::load<std::uint64_t>(bytes);
        const auto is_null = detail::load<std::uint64_t>(bytes + 8);
        // Anything else could be followed by somebody.
        if (is_null > 1 || (is_null == 1 ? told == 0 : told <= kMaxTextBytes))
            return broken();
    }
    rest_.remove_prefix(detail::kFieldHeader + detail::padded(length));
    return true;
}

} // namespace drover::wire
