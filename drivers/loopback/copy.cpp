#include "copy.hpp"

#include "files.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <vector>

namespace loopback {
namespace {

constexpr std::string_view kImage = "a volume's image";
constexpr std::uint64_t kPiece = 4U << 20U;
// Flushed now and then, so that the flush at the end is short and the page cache stays usable for others.
constexpr std::uint64_t kFlushEvery = 256U << 20U;
constexpr std::uint64_t kReservePiece = 1U << 30U;

off_t to_offset(std::uint64_t bytes) {
    return static_cast<off_t>(bytes);
}

// Copies one piece of data; returns how much was copied. 0: the source ends here.
class PieceCopier {
public:
    PieceCopier(int from, int to) : from_(from), to_(to) {}

    std::uint64_t copy(std::uint64_t at, std::uint64_t length) {
        if (in_kernel_) {
            off_t source = to_offset(at);
            off_t target = to_offset(at);
            const ssize_t done = ::copy_file_range(from_, &source, to_, &target, length, 0);
            if (done > 0)
                return static_cast<std::uint64_t>(done);
            if (done < 0 && errno == EINTR)
                return copy(at, length);
            if (done < 0 && errno != EXDEV && errno != EINVAL && errno != EOPNOTSUPP && errno != ENOSYS)
                throw failure("cannot copy", kImage, errno);
            in_kernel_ = false; // also for a 0, which some filesystems answer for what they cannot do
            buffer_.resize(kPiece);
        }
        const ssize_t got =
            ::pread(from_, buffer_.data(), std::min<std::uint64_t>(length, buffer_.size()), to_offset(at));
        if (got < 0)
            throw failure("cannot read", kImage, errno);
        for (ssize_t put = 0; put < got;) {
            const ssize_t done =
                ::pwrite(to_, buffer_.data() + put, static_cast<std::size_t>(got - put), to_offset(at) + put);
            if (done < 0 && errno != EINTR)
                throw failure("cannot write", kImage, errno);
            put += std::max<ssize_t>(done, 0);
        }
        return static_cast<std::uint64_t>(got);
    }

private:
    int from_, to_;
    bool in_kernel_ = true;
    std::vector<char> buffer_;
};

// Where data begins at or after `at`; `end` when there is only a hole.
std::uint64_t next(int file, std::uint64_t at, int what, std::uint64_t end) {
    const off_t found = ::lseek(file, to_offset(at), what);
    if (found >= 0)
        return std::min(static_cast<std::uint64_t>(found), end);
    if (errno == ENXIO)
        return end;
    if (errno == EINVAL) // a filesystem without holes: all is data
        return what == SEEK_DATA ? at : end;
    throw failure("cannot look for holes in", kImage, errno);
}

} // namespace

bool copy_image(const drv::Call &call, int from, int to, std::uint64_t bytes, bool may_share,
                std::string_view stage) {
    call.progress(0, stage);
    if (may_share && ::ioctl(to, FICLONE, from) == 0) {
        if (::ftruncate(to, to_offset(bytes)) != 0)
            throw failure("cannot set the size of", kImage, errno);
        call.progress(1000, stage);
        return true;
    }
    if (may_share && (errno == ENOSPC || errno == EDQUOT || errno == EIO))
        throw failure("cannot share the blocks of", kImage, errno);
    if (::ftruncate(to, to_offset(bytes)) != 0)
        throw failure("cannot set the size of", kImage, errno);
    PieceCopier copier(from, to);
    std::uint64_t unflushed = 0;
    for (std::uint64_t at = next(from, 0, SEEK_DATA, bytes); at < bytes;) {
        const std::uint64_t end = next(from, at, SEEK_HOLE, bytes);
        while (at < end) {
            call.throw_if_cancelled();
            const std::uint64_t done = copier.copy(at, std::min(kPiece, end - at));
            if (done == 0)
                throw failure("the source became shorter:", kImage, EIO);
            at += done;
            unflushed += done;
            if (unflushed >= kFlushEvery) {
                flush(to, kImage);
                unflushed = 0;
            }
            const auto part = static_cast<double>(at) / static_cast<double>(bytes);
            call.progress(static_cast<std::uint32_t>(part * 1000), stage);
        }
        at = next(from, at, SEEK_DATA, bytes);
    }
    call.throw_if_cancelled();
    call.progress(1000, stage);
    return false;
}

void set_size(const drv::Call &call, int file, std::uint64_t from_bytes, std::uint64_t bytes, bool reserve) {
    if (::ftruncate(file, to_offset(bytes)) != 0)
        throw failure("cannot set the size of", kImage, errno);
    if (!reserve)
        return;
    try {
        for (std::uint64_t at = from_bytes; at < bytes;) {
            call.throw_if_cancelled();
            const std::uint64_t piece = std::min(kReservePiece, bytes - at);
            if (::fallocate(file, 0, to_offset(at), to_offset(piece)) != 0) {
                if (errno == EINTR)
                    continue;
                throw failure("cannot reserve space for", kImage, errno);
            }
            at += piece;
            if (bytes - from_bytes > kReservePiece) {
                call.progress(static_cast<std::uint32_t>(static_cast<double>(at - from_bytes) /
                                                         static_cast<double>(bytes - from_bytes) * 1000),
                              "reserving space");
            }
        }
    } catch (...) {
        (void)::ftruncate(file, to_offset(from_bytes)); // give back what was taken
        throw;
    }
}

} // namespace loopback
