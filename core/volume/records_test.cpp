#include "core/volume/records.hpp"

#include <gtest/gtest.h>

#include <string>

namespace drover {
namespace {

VolumeRecord full_record() {
    return {.id = "11111111-2222-5333-8444-555555555555",
            .name = "db \"one\"",
            .backend = "fast",
            .bytes = 123456789012345,
            .profile = "gold",
            .pool = "p1",
            .created_unix_ns = 1'700'000'000'123'456'789,
            .created_by_us = false,
            .source = VolumeSource{.kind = VolumeSource::Kind::snapshot, .volume = "v", .snapshot = "s"},
            .intent = true,
            .adopting = "naa.2",
            .owner = "naa.1",
            .desired = plan::Desired::mount,
            .fstype = "xfs",
            .fs_uuid = "u",
            .format = plan::Format::started,
            .format_token = "t",
            .root = {.mode = 0700, .uid = 999, .gid = 998, .subfolder = "data"},
            .root_prepared = true,
            .connection = Connection{.protocol = Protocol::iscsi,
                                     .device = "",
                                     .wwid = "624a9370",
                                     .lun = 300,
                                     .paths = {{"10.0.0.1:3260", "iqn.a"}, {"10.0.0.2:3260", "iqn.b"}},
                                     .auth_user = "u",
                                     .auth_secret_key = "chap",
                                     .attributes = {{"k", "v"}}},
            .extend_to = 5,
            .grow_pending = true,
            .retyping = NewShape{.profile = "silver", .pool = "p2", .may_migrate = true},
            .releasing = true,
            .reverting = "r",
            .frozen = true,
            .uses = {{"id1", {.count = 2, .delivered = true}},
                     {"id2", {.count = 1, .delivered = false, .ending = true}}}};
}

TEST(Records, AVolumeComesBackAsItWasWritten) {
    const auto record = full_record();
    const auto again = decode_volume(encode(record));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, record);
    EXPECT_EQ(again->uses, record.uses);
    EXPECT_EQ(again->connection, record.connection);
    EXPECT_EQ(again->root, record.root);
    EXPECT_EQ(again->adopting, "naa.2");
    EXPECT_EQ(again->retyping, record.retyping);
    EXPECT_TRUE(again->releasing);
    EXPECT_EQ(again->use_count(), 2U);
    const auto plain = decode_volume(encode(VolumeRecord{.id = "i", .name = "n"}));
    ASSERT_TRUE(plain) << plain.error().message;
    EXPECT_EQ(*plain, (VolumeRecord{.id = "i", .name = "n"}));
}

TEST(Records, ASnapshotComesBackAsItWasWritten) {
    const SnapshotRecord record{.id = "s",
                                .name = "before",
                                .volume_id = "v",
                                .backend = "b",
                                .bytes = 1,
                                .created_unix_ns = 2,
                                .filesystem_consistent = true,
                                .formatted = true,
                                .fstype = "ext4",
                                .fs_uuid = "u",
                                .state = SnapshotRecord::State::deleting};
    const auto again = decode_snapshot(encode(record));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, record);
}

TEST(Records, EveryCutAndEveryLostByteIsAnErrorAndNeverAnotherRecord) {
    const std::string text = encode(full_record());
    for (std::size_t i = 0; i < text.size(); ++i) {
        EXPECT_FALSE(decode_volume(text.substr(0, i))) << i;
        std::string without = text;
        without.erase(i, 1);
        const auto record =
            decode_volume(without); // may still be a record (a shorter name), but must not crash
        if (record) {
            EXPECT_NE(*record, full_record()) << i;
        }
    }
}

TEST(Records, WrongRowsAreRefusedWithTheFieldsName) {
    const auto refused = [](std::string text, std::string_view from, std::string_view to) {
        const auto at = text.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        text.replace(at, from.size(), to);
        const auto record = decode_volume(text);
        EXPECT_FALSE(record) << text;
        return record ? std::string() : record.error().message;
    };
    const std::string good = encode(full_record());
    EXPECT_NE(refused(good, R"("v":1)", R"("v":2)").find("version 2"), std::string::npos);
    EXPECT_NE(refused(good, R"("intent":true)", R"("intent":1)").find("intent"), std::string::npos);
    EXPECT_NE(refused(good, R"("bytes":123456789012345)", R"("bytes":-1)").find("bytes"), std::string::npos);
    EXPECT_NE(refused(good, R"("desired":"mount")", R"("desired":"format")").find("desired"),
              std::string::npos);
    EXPECT_NE(refused(good, R"("protocol":2)", R"("protocol":9)").find("protocol"), std::string::npos);
    EXPECT_NE(refused(good, R"("intent":true,)", R"("intent":true,"new":1,)").find("new"), std::string::npos);
    EXPECT_NE(refused(good, R"("owner":"naa.1",)", "").find("owner"), std::string::npos);
    EXPECT_NE(refused(good, R"("uid":999)", R"("uid":99999999999)").find("uid"), std::string::npos);
    EXPECT_NE(refused(good, R"("use":"id2")", R"("use":"id1")").find("the same use twice"),
              std::string::npos);
}

// Two of these would add up to none, and a volume that nobody uses is unmounted.
TEST(Records, CountsThatCouldWrapAreRefused) {
    VolumeRecord record = full_record();
    record.uses = {{"a", {.count = std::uint64_t{1} << 63}}, {"b", {.count = std::uint64_t{1} << 63}}};
    ASSERT_EQ(record.use_count(), 0U);
    const auto again = decode_volume(encode(record));
    ASSERT_FALSE(again);
    EXPECT_NE(again.error().message.find("uses: a count of 9223372036854775808"), std::string::npos);
}

TEST(Records, WhatARowHoldsCannotBreakTheLineOfAMessage) {
    const std::string good = encode(full_record());
    const auto message_of = [&](std::string_view from, std::string_view to) {
        std::string text = good;
        text.replace(text.find(from), from.size(), to);
        const auto record = decode_volume(text);
        return record ? std::string("it was read") : record.error().message;
    };
    EXPECT_EQ(message_of(R"("desired":"mount")", R"("desired":"mo\n\u001bunt")"),
              "cannot read a volume row of the state: desired: unknown value \"mo  unt\"");
    EXPECT_EQ(message_of(R"("v":1)", R"("v":1,"a\nb":1)"),
              "cannot read a volume row of the state: a b: unknown field");
}

} // namespace
} // namespace drover
