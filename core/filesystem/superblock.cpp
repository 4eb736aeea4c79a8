#include "core/filesystem/superblock.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstddef>

namespace drover::filesystem {
namespace {

constexpr std::uint64_t kExtMagic = 0xef53;
using Superblock = std::array<unsigned char, 1024>;

Result<Superblock> read_superblock(const BlockDevice &device, int fd, std::uint64_t offset) {
    Superblock block{};
    const ssize_t n = ::pread(fd, block.data(), block.size(), static_cast<off_t>(offset));
    if (n < 0)
        return fail_errno(errno, fmt::format("reading device {} at byte {}", describe(device), offset));
    if (static_cast<std::size_t>(n) != block.size()) {
        return fail(Code::unreachable,
                    fmt::format("device {} cannot be read at byte {}", describe(device), offset));
    }
    return block;
}

std::uint64_t little(const Superblock &block, std::size_t offset, std::size_t bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes; i-- > 0;)
        value = value << 8U | block.at(offset + i);
    return value;
}

std::uint64_t big(const Superblock &block, std::size_t offset, std::size_t bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i)
        value = value << 8U | block.at(offset + i);
    return value;
}

tl::unexpected<Error> no_filesystem(const BlockDevice &device, std::string_view fstype) {
    return fail(Code::invalid, fmt::format("device {} has no {} that can be read", describe(device), fstype));
}

Result<Layout> ext4_layout(const BlockDevice &device, const Superblock &block, std::uint64_t device_bytes) {
    const std::uint64_t log_block = little(block, 0x18, 4);
    const std::uint64_t per_group = little(block, 0x20, 4);
    if (little(block, 0x38, 2) != kExtMagic || log_block > 6 || per_group == 0)
        return no_filesystem(device, "ext4");
    const std::uint64_t block_bytes = 1024ULL << log_block;
    const bool is_64bit = (little(block, 0x60, 4) & 0x80U) != 0;
    const std::uint64_t blocks = little(block, 0x4, 4) | (is_64bit ? little(block, 0x150, 4) << 32U : 0);
    const std::uint64_t room = device_bytes / block_bytes > blocks ? device_bytes / block_bytes - blocks : 0;

    // A new last group must hold its own tables and 50 blocks, else resize2fs leaves the room unused.
    const std::uint64_t inode_table = little(block, 0x28, 4) * little(block, 0x58, 2) / block_bytes;
    const std::uint64_t descriptor_bytes = is_64bit ? little(block, 0xfe, 2) : 32;
    const std::uint64_t descriptors = (blocks / per_group + 2) * descriptor_bytes / block_bytes + 1;
    const std::uint64_t least_group = 3 + inode_table + descriptors + little(block, 0xce, 2) + 50;
    const std::uint64_t first = little(block, 0x14, 4);
    const bool last_group_is_full = (blocks - first) % per_group == 0;
    return Layout{.filesystem_bytes = blocks * block_bytes,
                  .can_grow = last_group_is_full ? room > least_group : room > 0};
}

Result<Layout> xfs_layout(const BlockDevice &device, const Superblock &block, std::uint64_t device_bytes) {
    constexpr std::uint64_t kMagic = 0x58465342; // "XFSB"
    constexpr std::uint64_t kLeastGroup = 64;    // blocks
    const std::uint64_t block_bytes = big(block, 4, 4);
    if (big(block, 0, 4) != kMagic || block_bytes < 512 || block_bytes > 65536)
        return no_filesystem(device, "xfs");
    const std::uint64_t blocks = big(block, 8, 8);
    return Layout{.filesystem_bytes = blocks * block_bytes,
                  .can_grow = device_bytes / block_bytes >= blocks + kLeastGroup};
}

// CRC32c as ext4 keeps it: seeded with all ones, not inverted at the end.
std::uint32_t crc32c(const Superblock &block, std::size_t bytes) {
    constexpr std::uint32_t kPolynomial = 0x82f63b78; // reversed
    std::uint32_t crc = 0xffffffff;
    for (std::size_t i = 0; i < bytes; ++i) {
        crc ^= block.at(i);
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? kPolynomial : 0U);
    }
    return crc;
}

} // namespace

Result<bool> is_ext4_in_order(const BlockDevice &device, int fd) {
    constexpr std::uint64_t kCleanlyUnmounted = 1; // and neither 2, errors, nor 4, orphans being cleared
    constexpr std::uint64_t kJournalToReplay = 0x4;
    constexpr std::uint64_t kChecksums = 0x400;
    constexpr std::uint64_t kOrphansListed = 0x10000;
    constexpr std::size_t kChecksumAt = 0x3fc;
    auto block = read_superblock(device, fd, 1024);
    if (!block)
        return fail(std::move(block).error());
    const std::uint64_t read_only_features = little(*block, 0x64, 4);
    const std::uint64_t most_mounts = little(*block, 0x36, 2);
    const bool mounts_are_counted = most_mounts != 0 && most_mounts < 0x8000; // else it is 0 or negative
    return little(*block, 0x38, 2) == kExtMagic && (read_only_features & kChecksums) != 0 &&
           crc32c(*block, kChecksumAt) == little(*block, kChecksumAt, 4) &&
           little(*block, 0x3a, 2) == kCleanlyUnmounted &&
           (little(*block, 0x60, 4) & kJournalToReplay) == 0 && (read_only_features & kOrphansListed) == 0 &&
           little(*block, 0xe8, 4) == 0 &&                      // no inode on the list of orphans
           little(*block, 0x194, 4) == 0 &&                     // no error was ever counted
           !mounts_are_counted && little(*block, 0x44, 4) == 0; // no check is due by count or time
}

Result<bool> has_ext_backup(const BlockDevice &device, int fd, std::uint64_t device_bytes) {
    for (const std::uint64_t offset : {8193ULL * 1024, 16384ULL * 2048, 32768ULL * 4096}) {
        if (offset + Superblock().size() > device_bytes)
            continue;
        auto block = read_superblock(device, fd, offset);
        if (!block)
            return fail(std::move(block).error());
        if (little(*block, 0x38, 2) == kExtMagic && little(*block, 0x5a, 2) == 1) // of group 1
            return true;
    }
    return false;
}

Result<Layout> read_layout(const BlockDevice &device, int fd, std::string_view fstype) {
    auto bytes = size_of(device, fd);
    if (!bytes)
        return fail(std::move(bytes).error());
    auto block = read_superblock(device, fd, fstype == "xfs" ? 0 : 1024);
    if (!block)
        return fail(std::move(block).error());
    return fstype == "xfs" ? xfs_layout(device, *block, *bytes) : ext4_layout(device, *block, *bytes);
}

} // namespace drover::filesystem
