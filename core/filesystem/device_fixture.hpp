// For this folder's tests: loop devices with filesystems on them, in a mount namespace of the test's own.
#pragma once

#include "core/filesystem/format.hpp"
#include "core/filesystem/mount.hpp"
#include "core/filesystem/testing/loop_device.hpp"
#include "core/filesystem/testing/private_mounts.hpp"
#include "loader/base/program.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <fstream>

namespace drover::filesystem {

using testing_devices::LoopDevice;
using namespace std::chrono_literals;

inline constexpr std::uint64_t kMiB = 1024ULL * 1024;
inline constexpr const char *kUuid = "3b1f0e0a-7d51-4c7e-9d0e-5f1a2b3c4d5e";

class DeviceTest : public testing_devices::PrivateMounts {
protected:
    static BlockDevice device_of(const LoopDevice &loop) {
        return {loop.path(), loop.number_major(), loop.number_minor()};
    }
    static Deadline soon() { return Deadline::after(60s); }
    static void run(const std::string &file, std::vector<std::string> arguments) {
        auto result = run_program({.file = file, .arguments = std::move(arguments), .package = file}, soon());
        ASSERT_TRUE(result.has_value()) << result.error().message;
        ASSERT_EQ(result->exit_code, 0) << result->output;
    }
    static void make(const LoopDevice &loop, const std::string &fstype, const std::string &uuid = kUuid) {
        auto made = format(device_of(loop), {.fstype = fstype, .uuid = uuid, .zeroed = true}, soon());
        ASSERT_TRUE(made.has_value()) << made.error().message;
    }
    void mount_at(const LoopDevice &loop, const std::filesystem::path &target,
                  const std::string &fstype) const {
        auto mounted = mount(device_of(loop), target, fstype, {}, soon());
        ASSERT_TRUE(mounted.has_value()) << mounted.error().message;
    }
    static Result<void> unmount_from(const LoopDevice &loop, const std::filesystem::path &target,
                                     Deadline deadline = soon()) {
        return unmount(target, loop.number_major(), loop.number_minor(), deadline);
    }
    static void write_file(const std::filesystem::path &file, const std::string &text) {
        std::ofstream out(file, std::ios::binary);
        out << text;
        ASSERT_TRUE(out.flush().good()) << file;
    }
    static std::string read_file(const std::filesystem::path &file) {
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    [[nodiscard]] std::filesystem::path target() const { return folder() / "volumes" / "v"; }
};

} // namespace drover::filesystem
