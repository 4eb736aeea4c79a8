#include "reservation.hpp"

#include "files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <vector>

namespace loopback {
namespace {

constexpr std::string_view kImage = "a volume's image";
constexpr std::uint64_t kPiece = 1U << 30U;
constexpr std::uint32_t kExtentsAtOnce = 128;

std::uint64_t shared_bytes(int file) {
    std::vector<std::byte> buffer(sizeof(fiemap) + kExtentsAtOnce * sizeof(fiemap_extent));
    std::uint64_t shared = 0;
    for (std::uint64_t at = 0;;) {
        fiemap map; // ends in an array of no size, which braces cannot fill
        std::memset(&map, 0, sizeof map);
        map.fm_start = at;
        map.fm_length = FIEMAP_MAX_OFFSET - at;
        map.fm_flags = FIEMAP_FLAG_SYNC;
        map.fm_extent_count = kExtentsAtOnce;
        std::memcpy(buffer.data(), &map, sizeof map);
        if (::ioctl(file, FS_IOC_FIEMAP, buffer.data()) != 0) {
            if (errno == EOPNOTSUPP || errno == ENOTTY || errno == EINVAL)
                return shared; // a filesystem that cannot tell cannot share either
            throw failure("cannot ask for the blocks of", kImage, errno);
        }
        std::memcpy(&map, buffer.data(), sizeof map);
        bool is_last = map.fm_mapped_extents == 0;
        for (std::uint32_t i = 0; i < std::min(map.fm_mapped_extents, kExtentsAtOnce); ++i) {
            fiemap_extent extent{};
            std::memcpy(&extent, buffer.data() + sizeof map + i * sizeof extent, sizeof extent);
            if ((extent.fe_flags & FIEMAP_EXTENT_SHARED) != 0)
                shared += extent.fe_length;
            is_last = is_last || (extent.fe_flags & FIEMAP_EXTENT_LAST) != 0;
            at = extent.fe_logical + extent.fe_length;
        }
        if (is_last)
            return shared;
    }
}

void refuse_without_room(int file, std::uint64_t bytes, std::uint64_t shared) {
    const auto blocks = static_cast<std::uint64_t>(status_of(file, kImage).st_blocks);
    const std::uint64_t there = std::min(bytes, blocks * 512);
    const std::uint64_t missing = bytes - there + std::min(shared, there);
    struct statvfs space {};
    if (::fstatvfs(file, &space) != 0)
        throw failure("cannot look at the filesystem of", kImage, errno);
    const std::uint64_t free_bytes = std::uint64_t{space.f_bfree} * space.f_frsize;
    if (missing > free_bytes) {
        throw drv::Error(drv::Code::no_space, "reserving all of the volume takes " + std::to_string(missing) +
                                                  " bytes more, and the filesystem of root_path has " +
                                                  std::to_string(free_bytes) + " free");
    }
}

void allocate(const drv::Call &call, int file, std::uint64_t bytes, int mode, std::string_view stage) {
    for (std::uint64_t at = 0; at < bytes;) {
        call.throw_if_cancelled();
        const std::uint64_t piece = std::min(kPiece, bytes - at);
        if (::fallocate(file, mode, static_cast<off_t>(at), static_cast<off_t>(piece)) != 0) {
            if (errno == EINTR)
                continue;
            if (errno == EOPNOTSUPP && mode != 0) {
                throw drv::Error(drv::Code::conflict,
                                 "the volume shares blocks with a snapshot or a clone, and the filesystem of "
                                 "root_path cannot give it its own; make a clone with that profile instead");
            }
            throw failure("cannot reserve space for", kImage, errno);
        }
        at += piece;
        call.progress(static_cast<std::uint32_t>(static_cast<double>(at) / static_cast<double>(bytes) * 1000),
                      stage);
    }
}

} // namespace

bool has_shared_blocks(int file) {
    return shared_bytes(file) > 0;
}

void reserve_all(const drv::Call &call, int file, std::uint64_t bytes) {
    const std::uint64_t shared = shared_bytes(file);
    refuse_without_room(file, bytes, shared);
    if (shared > 0)
        allocate(call, file, bytes, FALLOC_FL_UNSHARE_RANGE, "copying shared blocks");
    allocate(call, file, bytes, 0, "reserving space");
}

void give_back_unwritten(int file, std::uint64_t bytes) {
    // What was reserved and never written counts as a hole, while it still has space.
    for (std::uint64_t at = 0; at < bytes;) {
        const off_t hole = ::lseek(file, static_cast<off_t>(at), SEEK_HOLE);
        if (hole < 0 || static_cast<std::uint64_t>(hole) >= bytes)
            return;
        const off_t data = ::lseek(file, hole, SEEK_DATA);
        if (data < 0 && errno != ENXIO)
            throw failure("cannot look for holes in", kImage, errno);
        const std::uint64_t end = data < 0 ? bytes : std::min(static_cast<std::uint64_t>(data), bytes);
        if (::fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, hole,
                        static_cast<off_t>(end) - hole) != 0) {
            if (errno == EOPNOTSUPP)
                return;
            throw failure("cannot give back the space of", kImage, errno);
        }
        at = end;
    }
}

} // namespace loopback
