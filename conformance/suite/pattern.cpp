#include "conformance/suite/pattern.hpp"

#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/fs.h>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <vector>

namespace drover::conformance {
namespace {

using Difference = Result<std::optional<std::string>>;

constexpr std::array<std::uint64_t, 5> kFileSizes{0, 1, 4096, 65537, (std::uint64_t{1} << 20) + 3};
constexpr std::size_t kReadAtOnce = std::size_t{1} << 20;

// splitmix64: every block starts with its own place, so a block of another place or volume is told at once.
void fill(std::vector<unsigned char> &block, std::uint64_t seed, std::uint64_t offset) {
    std::uint64_t state = seed ^ (offset * 0x9E3779B97F4A7C15ULL);
    for (std::size_t i = 0; i < block.size(); i += sizeof state) {
        state += 0x9E3779B97F4A7C15ULL;
        std::uint64_t word = state;
        word = (word ^ (word >> 30U)) * 0xBF58476D1CE4E5B9ULL;
        word = (word ^ (word >> 27U)) * 0x94D049BB133111EBULL;
        word ^= word >> 31U;
        std::memcpy(&block[i], &word, std::min(sizeof word, block.size() - i));
    }
}

std::vector<std::uint64_t> offsets_in(std::uint64_t bytes) {
    std::vector<std::uint64_t> offsets;
    for (std::uint64_t at = 0; at + kPatternBlock <= bytes; at += kPatternStride)
        offsets.push_back(at);
    if (bytes >= kPatternBlock)
        offsets.push_back((bytes - kPatternBlock) / kPatternBlock * kPatternBlock);
    return offsets;
}

Result<void> write_all(int fd, const std::vector<unsigned char> &data, std::uint64_t offset,
                       const std::filesystem::path &file) {
    for (std::size_t done = 0; done < data.size();) {
        const ssize_t count =
            ::pwrite(fd, &data[done], data.size() - done, static_cast<off_t>(offset + done));
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            return fail_errno(count == 0 ? ENOSPC : errno,
                              fmt::format("{}: byte {} cannot be written", file.native(), offset + done));
        }
        done += static_cast<std::size_t>(count);
    }
    return {};
}

Result<std::size_t> read_some(int fd, unsigned char *to, std::size_t size, std::uint64_t offset,
                              const std::filesystem::path &file) {
    std::size_t done = 0;
    while (done < size) {
        const ssize_t count = ::pread(fd, to + done, size - done, static_cast<off_t>(offset + done));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail_errno(errno, fmt::format("{}: byte {} cannot be read", file.native(), offset + done));
        if (count == 0)
            break;
        done += static_cast<std::size_t>(count);
    }
    return done;
}

// Opened, with nothing of it left in this kernel's caches.
Result<UniqueFd> open_cold(const std::filesystem::path &file) {
    UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd)
        return fail_errno(errno, fmt::format("{} cannot be opened", file.native()));
    struct stat status {};
    if (::fstat(fd.get(), &status) == 0 && S_ISBLK(status.st_mode)) {
        ::ioctl(fd.get(), BLKFLSBUF, 0); // NOLINT(cppcoreguidelines-pro-type-vararg)
    } else {
        ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_DONTNEED);
    }
    return fd;
}

std::string what_is_there(const std::vector<unsigned char> &found) {
    if (std::all_of(found.begin(), found.end(), [](unsigned char byte) { return byte == 0; }))
        return "zeros";
    return fmt::format("other bytes (beginning {:02x} {:02x} {:02x} {:02x})", found.at(0), found.at(1),
                       found.at(2), found.at(3));
}

} // namespace

Result<void> write_pattern(const std::filesystem::path &device, std::uint64_t seed, std::uint64_t bytes) {
    const UniqueFd fd(::open(device.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd)
        return fail_errno(errno, fmt::format("{} cannot be opened for writing", device.native()));
    std::vector<unsigned char> block(kPatternBlock);
    for (const std::uint64_t offset : offsets_in(bytes)) {
        fill(block, seed, offset);
        if (auto written = write_all(fd.get(), block, offset, device); !written)
            return written;
    }
    if (::fsync(fd.get()) != 0)
        return fail_errno(errno, fmt::format("{} cannot be flushed", device.native()));
    return {};
}

Difference check_pattern(const std::filesystem::path &device, std::uint64_t seed, std::uint64_t bytes) {
    const auto fd = open_cold(device);
    if (!fd)
        return fail(fd.error());
    std::vector<unsigned char> wanted(kPatternBlock);
    std::vector<unsigned char> found(kPatternBlock);
    for (const std::uint64_t offset : offsets_in(bytes)) {
        fill(wanted, seed, offset);
        const auto count = read_some(fd->get(), found.data(), found.size(), offset, device);
        if (!count)
            return fail(count.error());
        if (*count != found.size())
            return fmt::format("the device ends within byte {}", offset + *count);
        if (found != wanted) {
            return fmt::format("{} at byte {} instead of the data that was written", what_is_there(found),
                               offset);
        }
    }
    return std::nullopt;
}

Difference check_zero(const std::filesystem::path &device, std::uint64_t from, std::uint64_t to) {
    const auto fd = open_cold(device);
    if (!fd)
        return fail(fd.error());
    std::vector<unsigned char> found(kReadAtOnce);
    for (std::uint64_t at = from; at < to;) {
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(kReadAtOnce, to - at));
        const auto count = read_some(fd->get(), found.data(), size, at, device);
        if (!count)
            return fail(count.error());
        if (*count != size)
            return fmt::format("the device ends at byte {}, before {}", at + *count, to);
        const auto end = found.begin() + static_cast<std::ptrdiff_t>(size);
        const auto dirty = std::find_if(found.begin(), end, [](unsigned char byte) { return byte != 0; });
        if (dirty != end) {
            return fmt::format("byte {} is {:#04x}", at + static_cast<std::uint64_t>(dirty - found.begin()),
                               *dirty);
        }
        at += size;
    }
    return std::nullopt;
}

Result<void> write_files(const std::filesystem::path &folder, std::uint64_t seed) {
    for (const std::uint64_t size : kFileSizes) {
        const auto file = folder / fmt::format("pattern-{}", size);
        const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
        if (!fd)
            return fail_errno(errno, fmt::format("{} cannot be made", file.native()));
        std::vector<unsigned char> data(size);
        fill(data, seed, size);
        if (auto written = write_all(fd.get(), data, 0, file); !written)
            return written;
        if (::fsync(fd.get()) != 0)
            return fail_errno(errno, fmt::format("{} cannot be flushed", file.native()));
    }
    const UniqueFd directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || ::fsync(directory.get()) != 0)
        return fail_errno(errno, fmt::format("{} cannot be flushed", folder.native()));
    return {};
}

Difference check_files(const std::filesystem::path &folder, std::uint64_t seed) {
    for (const std::uint64_t size : kFileSizes) {
        const auto file = folder / fmt::format("pattern-{}", size);
        std::error_code error;
        const auto there = std::filesystem::file_size(file, error);
        if (error)
            return fmt::format("the file {} is missing", file.filename().native());
        if (there != size)
            return fmt::format("the file {} has {} bytes", file.filename().native(), there);
        const auto fd = open_cold(file);
        if (!fd)
            return fail(fd.error());
        std::vector<unsigned char> wanted(size);
        std::vector<unsigned char> found(size);
        fill(wanted, seed, size);
        const auto count = read_some(fd->get(), found.data(), found.size(), 0, file);
        if (!count)
            return fail(count.error());
        if (found != wanted)
            return fmt::format("the file {} has other bytes", file.filename().native());
    }
    return std::nullopt;
}

} // namespace drover::conformance
