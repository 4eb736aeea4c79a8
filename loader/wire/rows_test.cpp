#include "loader/records.hpp"
#include "loader/wire/calls.hpp"
#include "loader/wire/opening.hpp"
#include "loader/wire/rows.hpp"

#include <gtest/gtest.h>

#include <string>

namespace drover::wire {
namespace {

drv_str text(std::string_view value) {
    return {value.data(), value.size()};
}

std::string_view fields_of(std::span<const char> frame) {
    return {frame.data() + kHeaderBytes, frame.size() - kHeaderBytes};
}

Field only_field(FrameWriter &out) {
    FieldReader in(fields_of(out.finish()));
    Field field;
    EXPECT_TRUE(in.next(field));
    EXPECT_TRUE(in.ok());
    return field;
}

drv_volume good_volume() {
    drv_volume volume{};
    volume.struct_size = sizeof volume;
    volume.state = DRV_VOLUME_CREATING;
    volume.flags = DRV_VOLUME_SNAPSHOT;
    volume.id = text("id-1");
    volume.name = text("a name");
    volume.backend_id = text("backend");
    volume.pool = text("pool");
    volume.profile = text("gold");
    volume.parent = text("parent");
    volume.bytes = 4096;
    volume.used_bytes = 17;
    volume.created_unix_ns = DRV_UNKNOWN;
    return volume;
}

// What the host's own checks make of a record, here and after the way over the wire.
void expect_same(const drv_volume *volume) {
    BackendVolume here;
    const RecordProblem problem_here = copy_volume(volume, here);
    FrameWriter out;
    out.begin(Kind::rows, 0);
    write_volume(out, volume);
    RowReader reader;
    const drv_volume *row = nullptr;
    ASSERT_TRUE(reader.volume(only_field(out), &row));
    BackendVolume there;
    EXPECT_EQ(copy_volume(row, there), problem_here);
    if (!problem_here) {
        EXPECT_EQ(there, here);
    }
}

TEST(WireRows, AVolumeArrivesAsItWas) {
    drv_volume volume = good_volume();
    expect_same(&volume);
    const drv_str nodes[] = {text("node-a"), text("node-b")};
    const drv_kv attrs[] = {{text("k"), text("v")}, {text("empty"), text("")}};
    volume.attached_nodes = nodes;
    volume.attached_count = 2;
    volume.attrs = attrs;
    volume.attr_count = 2;
    volume.created_unix_ns = 5;
    expect_same(&volume);
}

TEST(WireRows, WhatBreaksTheContractArrivesAsSuch) {
    expect_same(nullptr);
    drv_volume volume = good_volume();
    volume.struct_size = 16;
    expect_same(&volume);
    volume = good_volume();
    volume.pool = {nullptr, 5};
    expect_same(&volume);
    volume = good_volume();
    volume.name = {"x", std::uint64_t{1} << 40};
    expect_same(&volume);
    volume = good_volume();
    volume.name = text("caf\xE9");
    expect_same(&volume);
    volume = good_volume();
    volume.attr_count = 2;
    expect_same(&volume);
    volume = good_volume();
    const drv_str node = text("n");
    volume.attached_nodes = &node;
    volume.attached_count = std::uint64_t{1} << 40;
    expect_same(&volume);
    volume = good_volume();
    volume.struct_size = sizeof volume + 64; // of a later minor
    expect_same(&volume);
}

void expect_same(const drv_connection &connection) {
    Connection here;
    bool known_here = false;
    const RecordProblem problem_here = copy_connection(&connection, here, &known_here);
    FrameWriter out;
    out.begin(Kind::rows, 0);
    write_connection(out, &connection);
    RowReader reader;
    const drv_connection *row = nullptr;
    ASSERT_TRUE(reader.connection(only_field(out), &row));
    Connection there;
    bool known_there = false;
    EXPECT_EQ(copy_connection(row, there, &known_there), problem_here);
    EXPECT_EQ(known_there, known_here);
    if (!problem_here && known_here) {
        EXPECT_EQ(there, here);
    }
}

TEST(WireRows, AConnectionArrivesAsItWas) {
    const drv_str portals[] = {text("10.0.0.1:3260"), text("")};
    const drv_str targets[] = {text("iqn.a"), text("iqn.b")};
    drv_connection good{};
    good.struct_size = sizeof good;
    good.protocol = DRV_PROTO_ISCSI;
    good.device = good.auth_secret_key = text("");
    good.wwid = text("naa.1");
    good.lun = 7;
    good.portals = portals;
    good.targets = targets;
    good.portal_count = 2;
    good.auth_user = text("user");
    expect_same(good);
    drv_connection wrong = good;
    wrong.portals = nullptr;
    expect_same(wrong);
    wrong = good;
    wrong.targets = nullptr;
    expect_same(wrong);
    wrong = good;
    wrong.portal_count = std::uint64_t{1} << 50;
    expect_same(wrong);
    wrong = good;
    wrong.protocol = 9;
    expect_same(wrong);
    wrong = good;
    wrong.wwid = text("");
    expect_same(wrong);
}

TEST(WireRows, ProfilesAndCapabilitiesArriveAsTheyWere) {
    drv_profile profile{};
    profile.struct_size = sizeof profile;
    profile.flags = DRV_PROFILE_DEFAULT;
    profile.name = text("gold");
    profile.description = text("the fast one");
    FrameWriter out;
    out.begin(Kind::rows, 0);
    write_profile(out, &profile);
    RowReader reader;
    const drv_profile *row = nullptr;
    ASSERT_TRUE(reader.profile(only_field(out), &row));
    Profile copy;
    ASSERT_EQ(copy_profile(row, copy), std::nullopt);
    EXPECT_TRUE(copy.is_default);
    EXPECT_EQ(copy.description, "the fast one");

    drv_caps caps{};
    caps.struct_size = sizeof caps;
    caps.protocols = 6;
    caps.max_bytes = DRV_UNKNOWN;
    caps.free_bytes = 12;
    out.begin(Kind::rows, 0);
    write_capabilities(out, caps);
    drv_caps read{};
    ASSERT_TRUE(RowReader::capabilities(only_field(out), read));
    EXPECT_EQ(read.protocols, 6U);
    EXPECT_EQ(read.max_bytes, DRV_UNKNOWN);
    EXPECT_EQ(read.free_bytes, 12U);
}

TEST(WireCalls, ArgumentsArriveTerminated) {
    const std::string id = "an-id-that-goes-on";
    const drv_kv attrs[] = {{text("a"), text("1")}};
    const drv_create_req request{.struct_size = sizeof request,
                                 .flags = 1,
                                 .bytes = 77,
                                 .id = {id.data(), 5},
                                 .name = text("name"),
                                 .pool = text(""),
                                 .profile = text(""),
                                 .attrs = attrs,
                                 .attr_count = 1};
    drv_call context{};
    context.deadline_ns = 99;
    context.request_id = text("request-7");
    FrameWriter out;
    begin_call(out, 3, WireOp::clone, context, 5);
    out.text(Tag::source_id, std::string_view("source"));
    write_arguments(out, request);
    const auto frame = out.finish();
    CallArguments in;
    ASSERT_TRUE(in.read(fields_of(frame)));
    EXPECT_EQ(in.op(), WireOp::clone);
    EXPECT_EQ(in.deadline_ns(), 99U);
    EXPECT_EQ(in.request_id(), "request-7");
    EXPECT_EQ(in.log_levels(), 5U);
    const drv_create_req copy = in.create();
    EXPECT_EQ(std::string(copy.id.data), "an-id");
    EXPECT_EQ(std::string(copy.pool.data), "");
    EXPECT_EQ(copy.bytes, 77U);
    ASSERT_EQ(copy.attr_count, 1U);
    EXPECT_EQ(std::string(copy.attrs[0].value.data), "1");
    EXPECT_EQ(std::string(in.source_id().data), "source");
}

TEST(WireCalls, TheOutcomeArrivesWithTheDriversWords) {
    Outcome outcome{.status = DRV_E_NO_SPACE,
                    .failure = Error{.message = "full",
                                     .vendor_code = "E-1",
                                     .retryable = true,
                                     .state_unknown = true,
                                     .retry_after = std::chrono::seconds(3)},
                    .failure_code = -9};
    FrameWriter out;
    out.begin(Kind::result, 1);
    write_outcome(out, outcome);
    OutcomeReader reader;
    FieldReader fields(fields_of(out.finish()));
    for (Field field; fields.next(field);)
        ASSERT_TRUE(reader.take(field));
    const auto read = std::move(reader).finish();
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->status, DRV_E_NO_SPACE);
    EXPECT_EQ(read->failure_code, -9);
    ASSERT_TRUE(read->failure.has_value());
    EXPECT_EQ(read->failure->message, "full");
    EXPECT_EQ(read->failure->retry_after, std::chrono::seconds(3));
    EXPECT_TRUE(read->failure->retryable && read->failure->state_unknown);
    EXPECT_FALSE(OutcomeReader().finish().has_value());
}

TEST(WireOpening, HelloIsCheckedAsADescriptorIs) {
    DriverDescription driver{.name = "acme", .version = "1", .vendor = "Acme", .serial = true};
    driver.config_keys = {{.name = "token", .help = "h", .kind = KeyKind::string, .secret = true}};
    FrameWriter out;
    write_hello(out, driver);
    const auto read = read_hello(fields_of(out.finish()), "/drivers/acme.so");
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_TRUE(read->serial);
    ASSERT_EQ(read->config_keys.size(), 1U);
    EXPECT_TRUE(read->config_keys[0].secret);
    EXPECT_FALSE(read_hello(fields_of(out.finish()), "/drivers/other.so").has_value());

    write_hello(out, fail(Code::invalid, "no driver"));
    const auto refused = read_hello(fields_of(out.finish()), "/drivers/acme.so");
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Code::invalid);
    EXPECT_EQ(refused.error().message, "no driver");
    EXPECT_FALSE(read_hello("", "/drivers/acme.so").has_value());
}

TEST(WireOpening, SettingsArrive) {
    OpenArguments arguments{.agent_version = "1", .backend = "b", .node_id = "n", .settings = {}};
    arguments.settings.values = {{"address", "x"}, {"empty", ""}};
    arguments.settings.secrets = {{"token", "hunter2"}};
    FrameWriter out;
    begin_call(out, 1, WireOp::open, drv_call{.deadline_ns = DRV_UNKNOWN, .request_id = {"", 0}}, 0);
    write_open(out, arguments);
    OpenArguments read;
    ASSERT_TRUE(read_open(fields_of(out.finish()), read));
    EXPECT_EQ(read.settings.values, arguments.settings.values);
    EXPECT_EQ(read.settings.secrets, arguments.settings.secrets);
    EXPECT_EQ(read.backend, "b");
    out.wipe();
    EXPECT_EQ(std::string(out.finish().data() + kHeaderBytes, 8), std::string(8, '\0'));
}

} // namespace
} // namespace drover::wire
