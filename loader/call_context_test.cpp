#include "loader/call_context.hpp"

#include <gtest/gtest.h>

#include <poll.h>
#include <thread>
#include <vector>

namespace drover {
namespace {

bool readable(int fd) {
    pollfd entry{fd, POLLIN, 0};
    return ::poll(&entry, 1, 0) == 1;
}

TEST(CancelSource, IsSeenByItsFlagAndByADescriptorMadeBefore) {
    CancelSource source;
    const int fd = source.fd();
    ASSERT_GE(fd, 0);
    EXPECT_FALSE(source.is_cancelled());
    EXPECT_FALSE(readable(fd));
    source.cancel();
    source.cancel();
    EXPECT_TRUE(source.is_cancelled());
    EXPECT_TRUE(readable(fd));
    EXPECT_EQ(source.fd(), fd);
}

TEST(CancelSource, ADescriptorMadeAfterwardsIsReadableAtOnce) {
    CancelSource source;
    source.cancel();
    EXPECT_TRUE(readable(source.fd()));
}

TEST(CancelSource, NeverLosesACancelThatRacesWithTheDescriptor) {
    for (int round = 0; round < 200; ++round) {
        CancelSource source;
        int fds[2] = {-1, -1};
        {
            std::jthread canceller([&] { source.cancel(); });
            std::jthread other([&] { fds[1] = source.fd(); });
            fds[0] = source.fd();
        }
        EXPECT_EQ(fds[0], fds[1]);
        EXPECT_TRUE(readable(fds[0]));
    }
}

} // namespace
} // namespace drover
