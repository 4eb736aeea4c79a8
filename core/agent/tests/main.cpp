// In a mount namespace of its own, so that nothing the agent mounts is left behind.
#include <gtest/gtest.h>

#include <csignal>
#include <iostream>
#include <sched.h>
#include <sys/mount.h>

int main(int argc, char **argv) {
    ::testing::InitGoogleTest(&argc, argv);
    std::signal(SIGPIPE, SIG_IGN);
    if (!::testing::GTEST_FLAG(list_tests) &&
        (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)) {
        std::cerr << "these tests mount filesystems: run them as root\n";
        return 1;
    }
    return RUN_ALL_TESTS();
}
