#include "conformance/simulators/frame/volume_files.hpp"

#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace drover::sim {

namespace {

tl::unexpected<Error> fail_file(const std::filesystem::path &file, std::string_view what) {
    return fail_errno(errno, fmt::format("{} {}", file.native(), what));
}

// Copies [from, to) of the source to the same place.
bool copy_range(int source, int target, off_t from, off_t to) {
    std::array<char, 1U << 16U> bytes; // NOLINT(cppcoreguidelines-pro-type-member-init): pread fills it
    while (from < to) {
        const auto most = std::min<std::uint64_t>(static_cast<std::uint64_t>(to - from), bytes.size());
        const ssize_t got = ::pread(source, bytes.data(), most, from);
        if (got <= 0)
            return got == 0;
        for (ssize_t done = 0; done < got;) {
            const ssize_t put =
                ::pwrite(target, bytes.data() + done, static_cast<std::size_t>(got - done), from + done);
            if (put <= 0)
                return false;
            done += put;
        }
        from += got;
    }
    return true;
}

bool clear_range(int target, off_t from, off_t to) {
    if (from >= to || ::fallocate(target, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from, to - from) == 0)
        return true;
    if (errno != EOPNOTSUPP)
        return false;
    constexpr std::array<char, 1U << 16U> kZeroes{};
    while (from < to) {
        const auto most = std::min<std::uint64_t>(static_cast<std::uint64_t>(to - from), kZeroes.size());
        const ssize_t put = ::pwrite(target, kZeroes.data(), most, from);
        if (put <= 0)
            return false;
        from += put;
    }
    return true;
}

// Data and holes of the source, up to its end.
bool copy_sparse(int source, int target, off_t size) {
    for (off_t at = 0; at < size;) {
        off_t data = ::lseek(source, at, SEEK_DATA);
        if (data < 0) {
            if (errno != ENXIO)
                return false;
            data = size;
        }
        if (!clear_range(target, at, data))
            return false;
        if (data >= size)
            break;
        const off_t hole = ::lseek(source, data, SEEK_HOLE);
        if (hole < 0 || !copy_range(source, target, data, hole))
            return false;
        at = hole;
    }
    return true;
}

} // namespace

std::filesystem::path VolumeFiles::file_of(const std::string &serial) const {
    return folder_.empty() ? folder_ : folder_ / (serial + ".img");
}

Result<void> VolumeFiles::make(const std::string &serial, std::uint64_t bytes) const {
    if (folder_.empty())
        return {};
    const auto file = file_of(serial);
    const UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0)
        return fail_file(file, "cannot be made");
    return {};
}

Result<void> VolumeFiles::copy(const std::string &from, const std::string &to, std::uint64_t bytes) const {
    if (folder_.empty())
        return {};
    const auto source_file = file_of(from);
    const auto target_file = file_of(to);
    const UniqueFd source(::open(source_file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!source)
        return fail_file(source_file, "cannot be read");
    const UniqueFd target(::open(target_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!target)
        return fail_file(target_file, "cannot be made");
    struct stat about {};
    if (::fstat(source.get(), &about) != 0)
        return fail_file(source_file, "cannot be read");
    const bool is_shared =
        ::ftruncate(target.get(), about.st_size) == 0 && ::ioctl(target.get(), FICLONE, source.get()) == 0;
    if (!is_shared && !copy_sparse(source.get(), target.get(), about.st_size))
        return fail_file(target_file, fmt::format("cannot be copied from {}", source_file.native()));
    if (::ftruncate(target.get(), static_cast<off_t>(bytes)) != 0)
        return fail_file(target_file, "cannot be given its size");
    return {};
}

Result<void> VolumeFiles::resize(const std::string &serial, std::uint64_t bytes) const {
    if (folder_.empty())
        return {};
    const auto file = file_of(serial);
    if (::truncate(file.c_str(), static_cast<off_t>(bytes)) != 0)
        return fail_file(file, "cannot be given another size");
    return {};
}

Result<void> VolumeFiles::remove(const std::string &serial) const {
    if (folder_.empty())
        return {};
    const auto file = file_of(serial);
    if (::unlink(file.c_str()) != 0 && errno != ENOENT)
        return fail_file(file, "cannot be removed");
    return {};
}

std::uint64_t VolumeFiles::used_bytes(const std::string &serial) const {
    struct stat about {};
    if (folder_.empty() || ::stat(file_of(serial).c_str(), &about) != 0)
        return 0;
    return static_cast<std::uint64_t>(about.st_blocks) * 512;
}

} // namespace drover::sim
