// A test fixture with a mount namespace of its own, so that what a test mounts nobody else sees and the
// kernel removes it with the process.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <sched.h>
#include <stdexcept>
#include <string>
#include <sys/mount.h>
#include <unistd.h>

namespace drover::testing_devices {

class PrivateMounts : public testing::Test {
protected:
    void SetUp() override {
        if (::geteuid() != 0)
            GTEST_SKIP() << "needs root for loop devices and mounts";
        if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
            GTEST_SKIP() << "needs the right to make a mount namespace";
        std::string name = (std::filesystem::temp_directory_path() / "drover-mounts-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::runtime_error("mkdtemp failed");
        folder_ = name;
        // A filesystem of its own: what a crashed test leaves in it goes with the namespace.
        ASSERT_EQ(::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=64m,mode=0700"), 0);
    }
    void TearDown() override {
        if (folder_.empty())
            return;
        // Whatever the test still has mounted below goes first; in a namespace of one process this hurts
        // nobody.
        ::umount2(folder_.c_str(), MNT_DETACH);
        ::rmdir(folder_.c_str());
    }
    [[nodiscard]] const std::filesystem::path &folder() const { return folder_; }

private:
    std::filesystem::path folder_;
};

} // namespace drover::testing_devices
