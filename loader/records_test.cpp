#include "loader/records.hpp"

#include <gtest/gtest.h>

namespace drover {
namespace {

drv_str text(std::string_view value) {
    return {value.data(), value.size()};
}

TEST(Records, AVolumeIsCopiedFieldByField) {
    const drv_str nodes[] = {text("n1"), text("n2")};
    const drv_kv attrs[] = {{text("tier"), text("1")}};
    const drv_volume from = {.struct_size = sizeof from,
                             .state = DRV_VOLUME_DELETING,
                             .flags = DRV_VOLUME_SNAPSHOT | DRV_VOLUME_WRITE_PROTECTED | 1ULL << 50,
                             .id = text("id"),
                             .name = text("name"),
                             .backend_id = text("b"),
                             .pool = text("pool"),
                             .profile = text("gold"),
                             .parent = text("parent"),
                             .bytes = 10,
                             .used_bytes = 5,
                             .created_unix_ns = 7,
                             .attached_nodes = nodes,
                             .attached_count = 2,
                             .attrs = attrs,
                             .attr_count = 1};
    BackendVolume to;
    ASSERT_EQ(copy_volume(&from, to), std::nullopt);
    const BackendVolume wanted = {.id = "id",
                                  .name = "name",
                                  .backend_id = "b",
                                  .pool = "pool",
                                  .profile = "gold",
                                  .parent = "parent",
                                  .state = VolumeState::deleting,
                                  .is_snapshot = true,
                                  .write_protected = true,
                                  .bytes = 10,
                                  .used_bytes = 5,
                                  .created_unix_ns = 7,
                                  .attached_nodes = {"n1", "n2"},
                                  .attributes = {{"tier", "1"}}};
    EXPECT_EQ(to, wanted);
}

TEST(Records, StatisticsKeepWhatTheBackendCountsAndNoMore) {
    const drv_kv attrs[] = {{text("shared"), text("12")}};
    drv_stats from{};
    from.struct_size = sizeof from;
    from.id = text("pool");
    from.taken_unix_ns = 9;
    from.epoch = 2;
    from.read_ops = from.write_ops = from.read_bytes = DRV_UNKNOWN;
    from.write_bytes = from.read_latency_ns_sum = from.write_latency_ns_sum = DRV_UNKNOWN;
    from.used_bytes = 5;
    from.provisioned_bytes = 40;
    from.total_bytes = 10;
    from.saved_permille = 250;
    from.attrs = attrs;
    from.attr_count = 1;
    BackendStats to;
    ASSERT_EQ(copy_stats(&from, to), std::nullopt);
    const BackendStats wanted = {.id = "pool",
                                 .taken_unix_ns = 9,
                                 .epoch = 2,
                                 .used_bytes = 5,
                                 .provisioned_bytes = 40,
                                 .total_bytes = 10,
                                 .saved_permille = 250,
                                 .attributes = {{"shared", "12"}}};
    EXPECT_EQ(to, wanted);
    from.id = text("");
    EXPECT_EQ(copy_stats(&from, to), "a statistics row whose \"id\" is empty");
    from.struct_size = 8;
    EXPECT_NE(copy_stats(&from, to), std::nullopt);
    EXPECT_NE(copy_stats(nullptr, to), std::nullopt);
}

TEST(Records, AGroupIsCopiedFieldByField) {
    const drv_str members[] = {text("v1"), text("v2")};
    drv_group from{};
    from.struct_size = sizeof from;
    from.id = text("g");
    from.name = text("name");
    from.backend_id = text("b");
    from.members = members;
    from.member_count = 2;
    from.parent = text("p");
    from.created_unix_ns = DRV_UNKNOWN;
    BackendGroup to;
    ASSERT_EQ(copy_group(&from, to), std::nullopt);
    const BackendGroup wanted = {
        .id = "g", .name = "name", .backend_id = "b", .members = {"v1", "v2"}, .parent = "p"};
    EXPECT_EQ(to, wanted);
    from.members = nullptr;
    EXPECT_EQ(copy_group(&from, to), "a group whose \"members\" has 2 entries but no data pointer");
    from.members = members;
    from.backend_id = text("");
    EXPECT_EQ(copy_group(&from, to), "a group whose \"backend_id\" is empty");
}

TEST(Records, AConnectionKeepsItsPairs) {
    const drv_str portals[] = {text("p1:1"), text("p2:2")};
    const drv_str targets[] = {text("t1"), text("t2")};
    drv_connection from{};
    from.struct_size = sizeof from;
    from.protocol = DRV_PROTO_NVME_TCP;
    from.wwid = text("uuid");
    from.portals = portals;
    from.targets = targets;
    from.portal_count = 2;
    Connection to;
    bool known = false;
    ASSERT_EQ(copy_connection(&from, to, &known), std::nullopt);
    EXPECT_TRUE(known);
    EXPECT_EQ(to.protocol, Protocol::nvme_tcp);
    EXPECT_EQ(to.paths, (std::vector<Path>{{"p1:1", "t1"}, {"p2:2", "t2"}}));

    from.protocol = DRV_PROTO_LOCAL;
    EXPECT_EQ(copy_connection(&from, to, &known), "a connection whose \"device\" is empty");
    from.protocol = 0;
    EXPECT_EQ(copy_connection(&from, to, &known), std::nullopt);
    EXPECT_FALSE(known);
    EXPECT_EQ(copy_connection(nullptr, to, &known), "a NULL connection");
}

TEST(Records, UnknownNumbersAndProtocolsOfCapabilitiesAreLeftOut) {
    drv_caps from{};
    from.protocols = 1ULL << DRV_PROTO_ISCSI | 1ULL << 63 | 1ULL;
    from.flags = DRV_CAP_MULTI_ATTACH | DRV_CAP_ONLINE_EXTEND;
    from.max_bytes = DRV_UNKNOWN;
    from.total_bytes = 9;
    from.free_bytes = DRV_UNKNOWN;
    const Capabilities to = to_capabilities(from);
    EXPECT_EQ(to.protocols, std::vector<Protocol>{Protocol::iscsi});
    EXPECT_FALSE(to.thin);
    EXPECT_TRUE(to.multi_attach);
    EXPECT_TRUE(to.online_extend);
    EXPECT_EQ(to.min_bytes, 1U);
    EXPECT_EQ(to.granularity_bytes, 1U);
    EXPECT_EQ(to.max_bytes, std::nullopt);
    EXPECT_EQ(to.total_bytes, 9U);
    EXPECT_EQ(to.free_bytes, std::nullopt);
}

} // namespace
} // namespace drover
