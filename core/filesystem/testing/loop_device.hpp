// A real loop device for a test, gone with the process however it ends: its file has no name any more, and
// the kernel unbinds the device when the last user closes it.
#pragma once

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <linux/fs.h>
#include <linux/loop.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace drover::testing_devices {

class LoopDevice {
public:
    explicit LoopDevice(std::uint64_t bytes, bool read_only = false) {
        std::string name = (std::filesystem::temp_directory_path() / "drover-loop-XXXXXX").string();
        file_ = ::mkostemp(name.data(), O_CLOEXEC);
        must(file_ >= 0, "mkostemp");
        ::unlink(name.c_str());
        resize(bytes);
        bind(read_only);
    }
    ~LoopDevice() {
        ::close(device_);
        ::close(file_);
    }
    LoopDevice(const LoopDevice &) = delete;
    LoopDevice &operator=(const LoopDevice &) = delete;

    [[nodiscard]] const std::filesystem::path &path() const { return path_; }
    [[nodiscard]] unsigned number_major() const { return gnu_dev_major(status(device_).st_rdev); }
    [[nodiscard]] unsigned number_minor() const { return gnu_dev_minor(status(device_).st_rdev); }
    // As drover/abi/volume.h spells it.
    [[nodiscard]] std::string wwid() const {
        const struct stat info = status(file_);
        char text[64];
        (void)std::snprintf(text, sizeof text, "loop:%llx:%llx", static_cast<unsigned long long>(info.st_dev),
                            static_cast<unsigned long long>(info.st_ino));
        return text;
    }

    // Of the file; the device keeps its size until told.
    void resize(std::uint64_t bytes) const {
        must(::ftruncate(file_, static_cast<off_t>(bytes)) == 0, "ftruncate");
    }
    void refresh() const { must(::ioctl(device_, LOOP_SET_CAPACITY, 0) == 0, "LOOP_SET_CAPACITY"); }
    // Through the device, so that its cache is right.
    void write(std::uint64_t offset, const std::string &bytes) const {
        must(::pwrite(device_, bytes.data(), bytes.size(), static_cast<off_t>(offset)) ==
                 static_cast<ssize_t>(bytes.size()),
             "pwrite");
        must(::fsync(device_) == 0, "fsync");
    }
    void zero(std::uint64_t offset, std::uint64_t bytes) const { write(offset, std::string(bytes, '\0')); }
    [[nodiscard]] std::string read(std::uint64_t offset, std::size_t bytes) const {
        must(::ioctl(device_, BLKFLSBUF, 0) == 0, "BLKFLSBUF");
        std::string text(bytes, '\0');
        must(::pread(device_, text.data(), bytes, static_cast<off_t>(offset)) == static_cast<ssize_t>(bytes),
             "pread");
        return text;
    }
    // The file's content becomes this device's too: what an array's clone looks like.
    void copy_from(const LoopDevice &source) const {
        const auto bytes = static_cast<std::size_t>(status(source.file_).st_size);
        must(::fsync(source.device_) == 0, "fsync");
        off_t from = 0;
        while (from < static_cast<off_t>(bytes)) {
            const off_t data = ::lseek(source.file_, from, SEEK_DATA);
            if (data < 0)
                break;
            const off_t hole = ::lseek(source.file_, data, SEEK_HOLE);
            std::vector<char> piece(static_cast<std::size_t>(hole - data));
            must(::pread(source.file_, piece.data(), piece.size(), data) == hole - data, "pread");
            must(::pwrite(file_, piece.data(), piece.size(), data) == hole - data, "pwrite");
            from = hole;
        }
        must(::ioctl(device_, BLKFLSBUF, 0) == 0, "BLKFLSBUF");
    }

private:
    static void must(bool good, const char *what) {
        if (!good)
            throw std::system_error(errno, std::generic_category(), what);
    }
    static struct stat status(int fd) {
        struct stat info {};
        must(::fstat(fd, &info) == 0, "fstat");
        return info;
    }
    // Another test may take the free device first, so: until one is ours.
    void bind(bool read_only) {
        const int control = ::open("/dev/loop-control", O_RDWR | O_CLOEXEC);
        must(control >= 0, "/dev/loop-control");
        loop_config config{};
        config.fd = static_cast<__u32>(file_);
        config.info.lo_flags = LO_FLAGS_AUTOCLEAR | (read_only ? 1U * LO_FLAGS_READ_ONLY : 0U);
        for (int attempt = 0; attempt < 100 && device_ < 0; ++attempt) {
            const int number = ::ioctl(control, LOOP_CTL_GET_FREE);
            must(number >= 0, "LOOP_CTL_GET_FREE");
            path_ = "/dev/loop" + std::to_string(number);
            device_ = ::open(path_.c_str(), (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
            if (device_ >= 0 && ::ioctl(device_, LOOP_CONFIGURE, &config) != 0) {
                ::close(device_);
                device_ = -1;
            }
        }
        ::close(control);
        must(device_ >= 0, "LOOP_CONFIGURE");
    }

    int file_ = -1;
    int device_ = -1;
    std::filesystem::path path_;
};

} // namespace drover::testing_devices
