#include "loader/wire/frame.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace drover::wire {
namespace {

static_assert(std::endian::native == std::endian::little, "the wire is the memory's own order");

using detail::kFieldHeader;
using detail::kUnreadableBytes;
using detail::load;
using detail::padded;
using detail::store;

} // namespace

std::optional<Header> read_header(const char *bytes) noexcept {
    const Header header{.length = load<std::uint32_t>(bytes),
                        .kind = static_cast<Kind>(load<std::uint32_t>(bytes + 4)),
                        .call = load<std::uint64_t>(bytes + 8)};
    if (header.length % 8 != 0 || header.length > kMaxFrameBytes - kHeaderBytes)
        return std::nullopt;
    return header;
}

void FrameWriter::enlarge(std::size_t bytes) {
    bytes_.resize(std::max(size_ + bytes, 2 * bytes_.size()));
}

void FrameWriter::write_unreadable(Tag tag, drv_str value) {
    has_unreadable_ = true;
    char *const at = grow(kFieldHeader + padded(kUnreadableBytes));
    store(at, static_cast<std::uint32_t>(tag) | kUnreadableBit);
    store(at + 4, static_cast<std::uint32_t>(kUnreadableBytes));
    store(at + kFieldHeader, value.len);
    store(at + kFieldHeader + 8, std::uint64_t{value.data == nullptr ? 1U : 0U});
    store(at + kFieldHeader + 16, std::uint64_t{0});
}

void FrameWriter::begin(Kind kind, std::uint64_t call) {
    size_ = 0;
    has_unreadable_ = false;
    char *const at = grow(kHeaderBytes);
    store(at, std::uint32_t{0});
    store(at + 4, static_cast<std::uint32_t>(kind));
    store(at + 8, call);
}

void FrameWriter::text(Tag tag, std::string_view value) {
    text(tag, drv_str{value.empty() ? "" : value.data(), value.size()});
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

} // namespace drover::wire
