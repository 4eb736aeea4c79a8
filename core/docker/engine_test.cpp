#include "core/docker/engine.hpp"
#include "core/http/testing/temp_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <unistd.h>

namespace drover {
namespace {

class EngineTest : public ::testing::Test {
protected:
    void process(const std::string &comm, const std::string &stat) {
        const auto folder = proc.path() / "77";
        std::filesystem::create_directories(folder);
        std::ofstream(folder / "comm") << comm << '\n';
        std::ofstream(folder / "stat") << stat << '\n';
    }
    http::testing::TempFolder proc;
};

constexpr const char *kAfterName = " S 1 77 77 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 12 0 98765 1 2 3";

TEST_F(EngineTest, is_dockerd_with_its_start_time) {
    process("dockerd", std::string("77 (dockerd)") + kAfterName);
    EXPECT_EQ(engine_of(77, proc.path()), (EngineIdentity{.pid = 77, .start_ticks = 98765}));
}

TEST_F(EngineTest, is_read_past_any_name) {
    process("dockerd", std::string("77 (a) S 1 (b c)") + kAfterName);
    EXPECT_EQ(engine_of(77, proc.path()), (EngineIdentity{.pid = 77, .start_ticks = 98765}));
}

TEST_F(EngineTest, is_no_other_program) {
    process("dockerd-x", std::string("77 (dockerd)") + kAfterName);
    EXPECT_FALSE(engine_of(77, proc.path()));
    EXPECT_FALSE(engine_of(::getpid()));
}

TEST_F(EngineTest, is_nothing_when_it_cannot_be_read) {
    EXPECT_FALSE(engine_of(78, proc.path()));
    EXPECT_FALSE(engine_of(0, proc.path()));
    EXPECT_FALSE(engine_of(-1, proc.path()));
    for (const char *stat : {"", "77", "77 (dockerd)", "77 (dockerd) S 1 2",
                             "77 (dockerd) S 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 x"}) {
        process("dockerd", stat);
        EXPECT_FALSE(engine_of(77, proc.path())) << stat;
    }
}

} // namespace
} // namespace drover
