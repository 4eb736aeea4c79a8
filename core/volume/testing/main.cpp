// The test program's main: everything below runs in a mount namespace of its own, so that nothing it mounts
// is left behind.
#include "core/volume/testing/world.hpp"

#include <spdlog/spdlog.h>

#include <iostream>

int main(int argc, char **argv) {
    ::testing::InitGoogleTest(&argc, argv);
    const bool listing = ::testing::GTEST_FLAG(list_tests);
    if (!listing && !drover::testing::enter_private_mount_namespace()) {
        std::cerr << "these tests mount filesystems: run them as root\n";
        return 1;
    }
    spdlog::set_level(std::getenv("DROVER_TEST_LOG") != nullptr ? spdlog::level::debug : spdlog::level::off);
    return RUN_ALL_TESTS();
}
