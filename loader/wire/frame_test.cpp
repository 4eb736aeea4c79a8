#include "loader/wire/frame.hpp"
#include "loader/wire/tags.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace drover::wire {
namespace {

std::string_view fields_of(std::span<const char> frame) {
    return {frame.data() + kHeaderBytes, frame.size() - kHeaderBytes};
}

TEST(WireFrame, CarriesNumbersTextsAndGroups) {
    FrameWriter out;
    out.begin(Kind::rows, 7);
    out.number(Tag::bytes, ~std::uint64_t{0});
    for (std::size_t size = 0; size < 20; ++size)
        out.text(Tag::name, std::string(size, 'x'));
    const std::size_t group = out.open(Tag::volume);
    out.number(Tag::state, 1);
    out.close(group);
    const auto frame = out.finish();

    const auto header = read_header(frame.data());
    ASSERT_TRUE(header.has_value());
    EXPECT_EQ(header->kind, Kind::rows);
    EXPECT_EQ(header->call, 7U);
    EXPECT_EQ(header->length, frame.size() - kHeaderBytes);
    FieldReader in(fields_of(frame));
    Field field;
    ASSERT_TRUE(in.next(field));
    EXPECT_EQ(field.number, ~std::uint64_t{0});
    for (std::size_t size = 0; size < 20; ++size) {
        ASSERT_TRUE(in.next(field));
        EXPECT_EQ(field.bytes, std::string(size, 'x'));
        EXPECT_EQ(field.bytes.data()[size], '\0');
    }
    ASSERT_TRUE(in.next(field));
    EXPECT_EQ(field.tag, Tag::volume);
    FieldReader inner(field.bytes);
    ASSERT_TRUE(inner.next(field));
    EXPECT_EQ(field.number, 1U);
    EXPECT_FALSE(inner.next(field));
    EXPECT_TRUE(inner.ok());
    EXPECT_FALSE(in.next(field));
    EXPECT_TRUE(in.ok());
}

TEST(WireFrame, TextThatIsNoneIsOnlyToldOf) {
    FrameWriter out;
    out.begin(Kind::rows, 0);
    out.text(Tag::name, drv_str{nullptr, 5});
    out.text(Tag::name, drv_str{"x", std::uint64_t{1} << 40});
    out.text(Tag::name, drv_str{nullptr, 0});
    EXPECT_TRUE(out.has_unreadable());
    FieldReader in(fields_of(out.finish()));
    Field field;
    ASSERT_TRUE(in.next(field));
    EXPECT_EQ(field.text().data, nullptr);
    EXPECT_EQ(field.text().len, 5U);
    ASSERT_TRUE(in.next(field));
    EXPECT_NE(field.text().data, nullptr);
    EXPECT_EQ(field.text().len, std::uint64_t{1} << 40);
    ASSERT_TRUE(in.next(field));
    EXPECT_FALSE(field.is_unreadable);
    EXPECT_EQ(field.text().len, 0U);
}

// Every length and every byte of a frame, wrong in turn: read within its bounds, or refused.
TEST(WireFrame, LiesAboutLengthsAreRefused) {
    FrameWriter out;
    out.begin(Kind::rows, 0);
    out.text(Tag::name, std::string_view("twelve bytes"));
    out.number(Tag::bytes, 3);
    out.text(Tag::pool, drv_str{nullptr, 9});
    const auto whole = out.finish();
    const std::string good(fields_of(whole));
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (const int change : {0x01, 0x40, 0x80, 0xFF}) {
            // On the heap and of this size, for AddressSanitizer to see a read behind it.
            std::vector<char> bytes(good.begin(), good.end());
            bytes[at] = static_cast<char>(bytes[at] ^ change);
            FieldReader in({bytes.data(), bytes.size()});
            for (Field field; in.next(field);) {
                if (!field.is_number) {
                    EXPECT_GE(field.bytes.data(), bytes.data());
                    EXPECT_LT(field.bytes.data() + field.bytes.size(), bytes.data() + bytes.size());
                }
                if (field.is_unreadable) {
                    EXPECT_TRUE(field.text().data == nullptr || field.text().len > kMaxTextBytes);
                }
            }
        }
    }
    for (std::size_t size = 1; size < good.size(); ++size) {
        std::vector<char> bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
        FieldReader in({bytes.data(), bytes.size()});
        std::size_t fields = 0;
        for (Field field; in.next(field);)
            ++fields;
        EXPECT_LE(fields, 2U) << size;
    }
}

TEST(WireFrame, AHeaderThatNoFrameCanHaveIsRefused) {
    const auto header = [](std::uint32_t length) {
        char bytes[kHeaderBytes] = {};
        std::memcpy(bytes, &length, sizeof length);
        return read_header(bytes).has_value();
    };
    EXPECT_TRUE(header(0));
    EXPECT_TRUE(header(64));
    EXPECT_FALSE(header(7));
    EXPECT_FALSE(header(static_cast<std::uint32_t>(kMaxFrameBytes)));
    EXPECT_FALSE(header(0xFFFFFFF8U));
}

TEST(WireFrame, TakesBackWhatWasWritten) {
    FrameWriter out;
    out.begin(Kind::rows, 0);
    const std::size_t before = out.size();
    out.text(Tag::name, std::string_view("no"));
    out.rewind(before);
    out.text(Tag::name, std::string_view("yes"));
    FieldReader in(fields_of(out.finish()));
    Field field;
    ASSERT_TRUE(in.next(field));
    EXPECT_EQ(field.bytes, "yes");
    EXPECT_FALSE(in.next(field));
}

} // namespace
} // namespace drover::wire
