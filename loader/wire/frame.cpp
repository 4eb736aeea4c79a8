#include "loader/wire/frame.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace drover::wire {
namespace {

static_assert(std::endian::native == std::endian::little, "the wire is the memory's own order");

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

} // namespace

std::optional<Header> read_header(const char *bytes) noexcept {
    const Header header{.length = load<std::uint32_t>(bytes),
                        .kind = static_cast<Kind>(load<std::uint32_t>(bytes + 4)),
                        .call = load<std::uint64_t>(bytes + 8)};
    if (header.length % 8 != 0 || header.length > kMaxFrameBytes - kHeaderBytes)
        return std::nullopt;
    return header;
}

char *FrameWriter::grow(std::size_t bytes) {
    if (size_ + bytes > bytes_.size())
        bytes_.resize(std::max(size_ + bytes, 2 * bytes_.size()));
    char *const at = bytes_.data() + size_;
    size_ += bytes;
    return at;
}

void FrameWriter::begin(Kind kind, std::uint64_t call) {
    size_ = 0;
    has_unreadable_ = false;
    char *const at = grow(kHeaderBytes);
    store(at, std::uint32_t{0});
    store(at + 4, static_cast<std::uint32_t>(kind));
    store(at + 8, call);
}

void FrameWriter::number(Tag tag, std::uint64_t value) {
    char *const at = grow(kFieldHeader + sizeof value);
    store(at, static_cast<std::uint32_t>(tag) | kNumberBit);
    store(at + 4, std::uint32_t{sizeof value});
    store(at + kFieldHeader, value);
}

void FrameWriter::text(Tag tag, std::string_view value) {
    text(tag, drv_str{value.empty() ? "" : value.data(), value.size()});
}

void FrameWriter::text(Tag tag, drv_str value) {
    if (value.len > kMaxTextBytes || (value.data == nullptr && value.len != 0)) {
        has_unreadable_ = true;
        char *const at = grow(kFieldHeader + padded(kUnreadableBytes));
        store(at, static_cast<std::uint32_t>(tag) | kUnreadableBit);
        store(at + 4, static_cast<std::uint32_t>(kUnreadableBytes));
        store(at + kFieldHeader, value.len);
        store(at + kFieldHeader + 8, std::uint64_t{value.data == nullptr ? 1U : 0U});
        store(at + kFieldHeader + 16, std::uint64_t{0});
        return;
    }
    const std::size_t room = padded(value.len);
    char *const at = grow(kFieldHeader + room);
    store(at, static_cast<std::uint32_t>(tag));
    store(at + 4, static_cast<std::uint32_t>(value.len));
    store(at + kFieldHeader + room - 8, std::uint64_t{0});
    if (value.len != 0)
        std::memcpy(at + kFieldHeader, value.data, value.len);
}

std::size_t FrameWriter::open(Tag tag) {
    const std::size_t group = size_;
    char *const at = grow(kFieldHeader);
    store(at, static_cast<std::uint32_t>(tag));
    store(at + 4, std::uint32_t{0});
    return group;
}

void FrameWriter::close(std::size_t group) {
    const std::size_t bytes = size_ - group - kFieldHeader;
    store(grow(8), std::uint64_t{0});
    store(bytes_.data() + group + 4, static_cast<std::uint32_t>(bytes));
}

void FrameWriter::become(Kind kind) noexcept {
    store(bytes_.data() + 4, static_cast<std::uint32_t>(kind));
}

std::span<const char> FrameWriter::finish() {
    store(bytes_.data(), static_cast<std::uint32_t>(size_ - kHeaderBytes));
    return {bytes_.data(), size_};
}

void FrameWriter::wipe() noexcept {
    if (!bytes_.empty())
        ::explicit_bzero(bytes_.data(), bytes_.size());
}

drv_str Field::text() const noexcept {
    if (is_unreadable)
        return {load<std::uint64_t>(bytes.data() + 8) != 0 ? nullptr : "", load<std::uint64_t>(bytes.data())};
    return {bytes.data() == nullptr ? "" : bytes.data(), bytes.size()};
}

bool FieldReader::broken() noexcept {
    ok_ = false;
    rest_ = {};
    return false;
}

bool FieldReader::next(Field &field) noexcept {
    if (rest_.empty())
        return false;
    if (rest_.size() < kFieldHeader)
        return broken();
    const auto tag = load<std::uint32_t>(rest_.data());
    const std::size_t length = load<std::uint32_t>(rest_.data() + 4);
    const char *const bytes = rest_.data() + kFieldHeader;
    const std::size_t room = rest_.size() - kFieldHeader;
    field.tag = static_cast<Tag>(tag & ~(kNumberBit | kUnreadableBit));
    field.is_number = (tag & kNumberBit) != 0;
    field.is_unreadable = (tag & kUnreadableBit) != 0;
    if (field.is_number) {
        if (length != sizeof field.number || room < sizeof field.number || field.is_unreadable)
            return broken();
        field.number = load<std::uint64_t>(bytes);
        field.bytes = {};
        rest_.remove_prefix(kFieldHeader + sizeof field.number);
        return true;
    }
    if (length > kMaxFrameBytes || padded(length) > room || bytes[length] != '\0')
        return broken();
    field.number = 0;
    field.bytes = {bytes, length};
    if (field.is_unreadable) {
        if (length != kUnreadableBytes)
            return broken();
        const auto told = load<std::uint64_t>(bytes);
        const auto is_null = load<std::uint64_t>(bytes + 8);
        // Anything else could be followed by somebody.
        if (is_null > 1 || (is_null == 1 ? told == 0 : told <= kMaxTextBytes))
            return broken();
    }
    rest_.remove_prefix(kFieldHeader + padded(length));
    return true;
}

} // namespace drover::wire
