// What only extensions send: their rows and their arguments.
#include "loader/wire/calls.hpp"
#include "loader/wire/rows.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace drover::wire {
namespace {

drv_str text(std::string_view value) {
    return {value.data(), value.size()};
}

std::string_view view(drv_str value) {
    return {value.data, value.len};
}

std::string_view fields_of(std::span<const char> frame) {
    return {frame.data() + kHeaderBytes, frame.size() - kHeaderBytes};
}

template <typename Row>
Field written(FrameWriter &out, void (*write)(FrameWriter &, const Row *), const Row *row) {
    out.begin(Kind::rows, 0);
    write(out, row);
    FieldReader in(fields_of(out.finish()));
    Field field;
    EXPECT_TRUE(in.next(field));
    EXPECT_TRUE(in.ok());
    return field;
}

drv_group a_group() {
    drv_group group{};
    group.struct_size = sizeof group;
    group.id = text("group-1");
    group.name = text("db");
    group.backend_id = text("pgroup-7");
    group.parent = text("");
    group.created_unix_ns = 9;
    return group;
}

TEST(WireExtensionRows, AGroupArrivesAsItWas) {
    drv_group group = a_group();
    const std::array<drv_str, 2> members = {text("vol-1"), text("vol-2")};
    const drv_kv attribute = {text("kind"), text("strict")};
    group.members = members.data();
    group.member_count = members.size();
    group.attrs = &attribute;
    group.attr_count = 1;
    FrameWriter out;
    RowReader reader;
    const drv_group *row = nullptr;
    ASSERT_TRUE(reader.group(written(out, write_group, &group), &row));
    ASSERT_NE(row, nullptr);
    EXPECT_EQ(row->struct_size, sizeof(drv_group));
    EXPECT_EQ(view(row->id), "group-1");
    EXPECT_EQ(view(row->name), "db");
    EXPECT_EQ(view(row->backend_id), "pgroup-7");
    EXPECT_EQ(view(row->parent), "");
    EXPECT_EQ(row->created_unix_ns, 9U);
    ASSERT_EQ(row->member_count, 2U);
    EXPECT_EQ(view(row->members[1]), "vol-2");
    ASSERT_EQ(row->attr_count, 1U);
    EXPECT_EQ(view(row->attrs[0].value), "strict");
}

TEST(WireExtensionRows, AGroupThatBreaksTheContractArrivesAsSuch) {
    FrameWriter out;
    RowReader reader;
    const drv_group *row = nullptr;
    ASSERT_TRUE(reader.group(written<drv_group>(out, write_group, nullptr), &row));
    EXPECT_EQ(row, nullptr);

    drv_group group = a_group();
    group.struct_size = 24;
    ASSERT_TRUE(reader.group(written(out, write_group, &group), &row));
    EXPECT_EQ(row->struct_size, 24U);

    group = a_group();
    group.name = {nullptr, 7};
    group.member_count = 3; // and no members
    ASSERT_TRUE(reader.group(written(out, write_group, &group), &row));
    EXPECT_EQ(row->name.data, nullptr);
    EXPECT_EQ(row->name.len, 7U);
    EXPECT_EQ(row->members, nullptr);
    EXPECT_EQ(row->member_count, 3U);

    group = a_group();
    const drv_str member = text("vol");
    group.members = &member;
    group.member_count = std::uint64_t{1} << 40;
    ASSERT_TRUE(reader.group(written(out, write_group, &group), &row));
    EXPECT_NE(row->members, nullptr);
    EXPECT_EQ(row->member_count, std::uint64_t{1} << 40);
}

// A count with a pointer that a reader would follow is what no writer says.
TEST(WireExtensionRows, ALieAboutMembersIsNonsense) {
    FrameWriter out;
    out.begin(Kind::rows, 0);
    const std::size_t group = out.open(Tag::group_row);
    out.number(Tag::member_count, 5);
    out.close(group);
    FieldReader in(fields_of(out.finish()));
    Field field;
    ASSERT_TRUE(in.next(field));
    RowReader reader;
    const drv_group *row = nullptr;
    EXPECT_FALSE(reader.group(field, &row));
}

TEST(WireExtensionRows, StatisticsArriveAsTheyWere) {
    drv_stats stats{};
    stats.struct_size = sizeof stats;
    stats.id = text("vol-1");
    stats.taken_unix_ns = 1;
    stats.epoch = 2;
    stats.read_ops = 3;
    stats.write_ops = 4;
    stats.read_bytes = 5;
    stats.write_bytes = 6;
    stats.read_latency_ns_sum = DRV_UNKNOWN;
    stats.write_latency_ns_sum = 8;
    stats.used_bytes = 9;
    stats.provisioned_bytes = 10;
    stats.total_bytes = 11;
    stats.saved_permille = DRV_UNKNOWN;
    FrameWriter out;
    RowReader reader;
    const drv_stats *row = nullptr;
    ASSERT_TRUE(reader.stats(written(out, write_stats, &stats), &row));
    ASSERT_NE(row, nullptr);
    EXPECT_EQ(view(row->id), "vol-1");
    EXPECT_EQ(row->taken_unix_ns, 1U);
    EXPECT_EQ(row->epoch, 2U);
    EXPECT_EQ(row->read_ops, 3U);
    EXPECT_EQ(row->write_ops, 4U);
    EXPECT_EQ(row->read_bytes, 5U);
    EXPECT_EQ(row->write_bytes, 6U);
    EXPECT_EQ(row->read_latency_ns_sum, DRV_UNKNOWN);
    EXPECT_EQ(row->write_latency_ns_sum, 8U);
    EXPECT_EQ(row->used_bytes, 9U);
    EXPECT_EQ(row->provisioned_bytes, 10U);
    EXPECT_EQ(row->total_bytes, 11U);
    EXPECT_EQ(row->saved_permille, DRV_UNKNOWN);
    ASSERT_TRUE(reader.stats(written<drv_stats>(out, write_stats, nullptr), &row));
    EXPECT_EQ(row, nullptr);
}

TEST(WireExtensionRows, LimitsArriveAsTheyWere) {
    const drv_qos limits{.struct_size = sizeof limits,
                         .reserved = 0,
                         .limits = 9,
                         .max_iops = 1,
                         .min_iops = 2,
                         .burst_iops = 3,
                         .max_bytes_per_second = 4};
    FrameWriter out;
    out.begin(Kind::result, 0);
    write_limits(out, limits);
    FieldReader in(fields_of(out.finish()));
    Field field;
    ASSERT_TRUE(in.next(field));
    drv_qos read{};
    ASSERT_TRUE(RowReader::limits(field, read));
    EXPECT_EQ(read.limits, 9U);
    EXPECT_EQ(read.max_iops, 1U);
    EXPECT_EQ(read.min_iops, 2U);
    EXPECT_EQ(read.burst_iops, 3U);
    EXPECT_EQ(read.max_bytes_per_second, 4U);
}

// What the child makes of a call that the agent wrote.
template <typename Request>
CallArguments arrived(FrameWriter &out, WireOp op, const Request &request) {
    drv_call context{};
    context.deadline_ns = DRV_UNKNOWN;
    context.request_id = text("");
    begin_call(out, 1, op, context, 0);
    write_arguments(out, request);
    CallArguments in;
    EXPECT_TRUE(in.read(fields_of(out.finish())));
    EXPECT_EQ(in.op(), op);
    return in;
}

TEST(WireExtensionCalls, GroupsArrive) {
    const std::array<drv_str, 2> add = {text("a"), text("b")};
    const drv_str remove = text("c");
    FrameWriter out;
    const auto in = arrived(out, WireOp::group_update,
                            drv_group_req{.struct_size = sizeof(drv_group_req),
                                          .reserved = 0,
                                          .flags = 1,
                                          .id = text("g"),
                                          .name = text("n"),
                                          .add = add.data(),
                                          .add_count = add.size(),
                                          .remove = &remove,
                                          .remove_count = 1});
    const drv_group_req group = in.group();
    EXPECT_EQ(group.flags, 1U);
    EXPECT_EQ(view(group.id), "g");
    EXPECT_EQ(view(group.name), "n");
    ASSERT_EQ(group.add_count, 2U);
    EXPECT_EQ(std::string(group.add[1].data), "b");
    ASSERT_EQ(group.remove_count, 1U);
    EXPECT_EQ(view(group.remove[0]), "c");

    const drv_kv snapshot = {text("vol-1"), text("snap-1")};
    const auto second = arrived(out, WireOp::group_snapshot,
                                drv_group_snapshot_req{.struct_size = sizeof(drv_group_snapshot_req),
                                                       .reserved = 0,
                                                       .flags = 0,
                                                       .group_id = text("g"),
                                                       .id = text("s"),
                                                       .name = text(""),
                                                       .snapshots = &snapshot,
                                                       .snapshot_count = 1});
    const drv_group_snapshot_req taken = second.group_snapshot();
    EXPECT_EQ(view(taken.group_id), "g");
    EXPECT_EQ(view(taken.id), "s");
    ASSERT_EQ(taken.snapshot_count, 1U);
    EXPECT_EQ(view(taken.snapshots[0].key), "vol-1");
    EXPECT_EQ(view(taken.snapshots[0].value), "snap-1");
}

TEST(WireExtensionCalls, AdoptionRetypeAndLimitsArrive) {
    FrameWriter out;
    const auto first = arrived(out, WireOp::adopt_snapshot,
                               drv_adopt_req{.struct_size = sizeof(drv_adopt_req),
                                             .reserved = 0,
                                             .flags = 2,
                                             .backend_id = text("naa.6"),
                                             .id = text("s"),
                                             .name = text("n"),
                                             .volume_id = text("v")});
    EXPECT_EQ(first.adopt().flags, 2U);
    EXPECT_EQ(view(first.adopt().backend_id), "naa.6");
    EXPECT_EQ(view(first.adopt().id), "s");
    EXPECT_EQ(view(first.adopt().name), "n");
    EXPECT_EQ(view(first.adopt().volume_id), "v");

    const auto second = arrived(out, WireOp::retype,
                                drv_retype_req{.struct_size = sizeof(drv_retype_req),
                                               .reserved = 0,
                                               .flags = DRV_RETYPE_MAY_MIGRATE,
                                               .id = text("v"),
                                               .profile = text("gold"),
                                               .pool = text("")});
    EXPECT_EQ(second.retype().flags, std::uint64_t{DRV_RETYPE_MAY_MIGRATE});
    EXPECT_EQ(view(second.retype().profile), "gold");
    EXPECT_EQ(view(second.retype().pool), "");

    const auto third = arrived(out, WireOp::qos_set,
                               drv_qos{.struct_size = sizeof(drv_qos),
                                       .reserved = 0,
                                       .limits = DRV_QOS_MAX_IOPS,
                                       .max_iops = 500,
                                       .min_iops = 0,
                                       .burst_iops = 0,
                                       .max_bytes_per_second = 0});
    EXPECT_EQ(third.limits().struct_size, sizeof(drv_qos));
    EXPECT_EQ(third.limits().limits, std::uint64_t{DRV_QOS_MAX_IOPS});
    EXPECT_EQ(third.limits().max_iops, 500U);
}

TEST(WireExtensionCalls, ASnapshotIdWithoutItsVolumeIsNonsense) {
    drv_call context{};
    context.request_id = text("");
    FrameWriter out;
    begin_call(out, 1, WireOp::group_snapshot, context, 0);
    out.text(Tag::snapshot_id, std::string_view("s"));
    CallArguments in;
    EXPECT_FALSE(in.read(fields_of(out.finish())));
}

} // namespace
} // namespace drover::wire
