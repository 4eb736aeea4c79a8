#include "loader/wire/channel.hpp"
#include "loader/wire/tags.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <sys/socket.h>
#include <thread>

namespace drover::wire {
namespace {

struct Pair {
    Pair() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
        near = UniqueFd(ends[0]);
        far = UniqueFd(ends[1]);
    }
    UniqueFd near;
    UniqueFd far;
};

std::span<const char> frame_of(FrameWriter &out, std::uint64_t call, std::size_t bytes) {
    out.begin(Kind::rows, call);
    for (std::size_t done = 0; done < bytes; done += 65536)
        out.text(Tag::name, std::string(std::min<std::size_t>(bytes - done, 65536), 'x'));
    return out.finish();
}

TEST(WireChannel, FramesArriveWholeInAnyPieces) {
    Pair pair;
    FrameWriter out;
    const auto frame = frame_of(out, 9, 40);
    FrameReceiver in;
    Frame got;
    for (std::size_t i = 0; i < frame.size(); ++i) {
        EXPECT_EQ(in.next(pair.far.get(), MSG_DONTWAIT, got), FrameReceiver::Got::nothing);
        ASSERT_TRUE(send_all(pair.near.get(), frame.subspan(i, 1)));
    }
    ASSERT_EQ(in.next(pair.far.get(), 0, got), FrameReceiver::Got::frame);
    EXPECT_EQ(got.header.call, 9U);
    EXPECT_EQ(got.fields.size(), frame.size() - kHeaderBytes);
    ASSERT_TRUE(send_all(pair.near.get(), frame.first(20)));
    pair.near.reset();
    EXPECT_EQ(in.next(pair.far.get(), 0, got), FrameReceiver::Got::closed);
}

TEST(WireChannel, ManyAndLargeFramesKeepTheirOrder) {
    Pair pair;
    constexpr std::array<std::size_t, 6> kSizes = {1, 300000, 8, 5000000, 0, 70000};
    std::thread sender([&] {
        FrameWriter out;
        for (std::size_t i = 0; i < 30; ++i)
            EXPECT_TRUE(send_all(pair.near.get(), frame_of(out, i, kSizes[i % kSizes.size()])));
    });
    FrameReceiver in;
    Frame got;
    for (std::size_t i = 0; i < 30; ++i) {
        EXPECT_EQ(in.next(pair.far.get(), 0, got), FrameReceiver::Got::frame);
        EXPECT_EQ(got.header.call, i);
        EXPECT_GE(got.fields.size(), kSizes[i % kSizes.size()]);
    }
    sender.join();
}

TEST(WireChannel, AHeaderThatLiesEndsTheChannel) {
    Pair pair;
    const std::string lie(kHeaderBytes, '\xFF');
    ASSERT_TRUE(send_all(pair.near.get(), {lie.data(), lie.size()}));
    FrameReceiver in;
    Frame got;
    EXPECT_EQ(in.next(pair.far.get(), 0, got), FrameReceiver::Got::nonsense);
    EXPECT_EQ(in.next(pair.far.get(), 0, got), FrameReceiver::Got::nonsense);
}

TEST(WireChannel, DescriptorsComeWithTheirFrames) {
    Pair pair;
    Pair carried;
    FrameWriter out;
    ASSERT_TRUE(send_all(pair.near.get(), frame_of(out, 1, 8)));
    ASSERT_TRUE(send_with_descriptor(pair.near.get(), frame_of(out, 2, 8), carried.far.get()));
    ASSERT_TRUE(send_with_descriptor(pair.near.get(), frame_of(out, 3, 8), carried.near.get()));
    FrameReceiver in;
    Frame got;
    for (std::uint64_t call = 1; call <= 3; ++call) {
        ASSERT_EQ(in.next_with_descriptors(pair.far.get(), 0, got), FrameReceiver::Got::frame);
        EXPECT_EQ(got.header.call, call);
    }
    const UniqueFd first = in.take_descriptor();
    const UniqueFd second = in.take_descriptor();
    ASSERT_TRUE(first && second);
    EXPECT_FALSE(in.take_descriptor());
    ASSERT_EQ(::send(second.get(), "y", 1, 0), 1);
    char byte = 0;
    EXPECT_EQ(::recv(first.get(), &byte, 1, 0), 1);
    EXPECT_EQ(byte, 'y');
}

TEST(WireChannel, SendingToNobodyFails) {
    Pair pair;
    pair.far.reset();
    FrameWriter out;
    EXPECT_FALSE(send_all(pair.near.get(), frame_of(out, 1, 8)));
}

} // namespace
} // namespace drover::wire
