#include "conformance/suite/op_trace.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

namespace drover::conformance {
namespace {

TEST(OpTrace, NamesTheLastOp) {
    auto trace = OpTrace::make();
    ASSERT_TRUE(trace);
    EXPECT_EQ(trace->last(), "");
    trace->begin("create", "volume-1");
    EXPECT_EQ(trace->last(), "create of volume-1");
    EXPECT_TRUE(trace->is_running());
    trace->end();
    EXPECT_FALSE(trace->is_running());
    EXPECT_EQ(trace->last(), "create of volume-1");
    trace->begin("probe", "");
    EXPECT_EQ(trace->last(), "probe");
}

TEST(OpTrace, OutlivesTheProcessThatWroteIt) {
    auto trace = OpTrace::make();
    ASSERT_TRUE(trace);
    const pid_t child = ::fork();
    if (child == 0) {
        trace->begin("attach", "volume-2");
        ::_exit(1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(trace->last(), "attach of volume-2");
    EXPECT_TRUE(trace->is_running());
}

TEST(OpTrace, CutsWhatIsTooLong) {
    auto trace = OpTrace::make();
    ASSERT_TRUE(trace);
    trace->begin(std::string(1000, 'o'), std::string(70000, 's'));
    EXPECT_LT(trace->last().size(), 300U);
}

} // namespace
} // namespace drover::conformance
