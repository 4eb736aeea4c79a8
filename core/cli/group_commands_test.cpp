// group against an agent.
#include "core/cli/testing/fake_agent.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drover::cli {
namespace {

using ::testing::ElementsAre;
using testing::FakeAgent;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::run_on;

const std::string kShop =
    R"({"id":"g-1","name":"shop","backend":"gold","volumes":[{"volume_id":"1","volume":"db"},)"
    R"({"volume_id":"2-unknown","volume":""}],"snapshots":1,"created_at":"2026-03-01T09:00:00Z","status":"ready"})";
const std::string kShopMonday =
    R"({"id":"gs-1","name":"monday","group_id":"g-1","group":"shop","backend":"gold",)"
    R"("snapshots":[{"volume_id":"1","volume":"db","snapshot_id":"s-1"}],)"
    R"("created_at":"2026-03-01T10:00:00Z","filesystem_consistent":true,"status":"ready"})";

TEST(GroupCommands, ListAsATable) {
    FakeAgent agent;
    agent.on("GET /v2/groups", 200, R"({"groups":[)" + kShop + "]}");
    EXPECT_EQ(run_on(agent, {"group", "ls"}).out, "NAME  STATUS  BACKEND  SNAPSHOTS  AGE  VOLUMES\n"
                                                  "shop  ready   gold             1   3h  db, 2-unknown\n");
    EXPECT_EQ(run_on(agent, {"-q", "group", "ls"}).out, "shop\n");
    EXPECT_THAT(run_on(agent, {"--json", "group", "ls"}).out, HasSubstr("\"volume_id\": \"2-unknown\""));
}

TEST(GroupCommands, CreateChangeAndShowTheGroup) {
    FakeAgent agent;
    agent.acts("POST /v2/groups", "group create", "group shop", "g-1");
    agent.acts("POST /v2/groups/shop/volumes", "group change", "group shop", "g-1");
    agent.on("GET /v2/groups/g-1", 200, kShop);
    EXPECT_EQ(run_on(agent, {"group", "create", "shop", "db", "web", "--backend", "gold"}).out,
              "created group shop: db, 2-unknown\n");
    EXPECT_EQ(run_on(agent, {"group", "add", "shop", "web"}).out, "changed group shop: db, 2-unknown\n");
    EXPECT_EQ(run_on(agent, {"-q", "group", "remove", "shop", "web", "db"}).out, "shop\n");
    EXPECT_THAT(agent.requests(),
                ElementsAre(R"(POST /v2/groups {"name":"shop","volumes":["db","web"],"backend":"gold"})",
                            "GET /v2/groups/g-1", R"(POST /v2/groups/shop/volumes {"add":["web"]})",
                            "GET /v2/groups/g-1", R"(POST /v2/groups/shop/volumes {"remove":["web","db"]})",
                            "GET /v2/groups/g-1"));
    EXPECT_EQ(run_on(agent, {"group", "add", "shop"}).exit, Exit::usage);
}

TEST(GroupCommands, InspectAndRemove) {
    FakeAgent agent;
    agent.on("GET /v2/groups/shop", 200, kShop);
    agent.on("GET /v2/groups/shop/snapshots", 200, R"({"group_snapshots":[)" + kShopMonday + "]}");
    agent.acts("DELETE /v2/groups/shop", "group remove", "group shop", "");
    agent.fails("DELETE /v2/groups/none", 404, "not-found", "no such group: none");
    const auto shown = run_on(agent, {"group", "inspect", "shop"});
    EXPECT_THAT(shown.out, HasSubstr("db, 2-unknown\n"));
    EXPECT_THAT(shown.out, HasSubstr("monday\n"));
    EXPECT_EQ(run_on(agent, {"group", "rm", "shop"}).out, "removed shop\n");
    EXPECT_EQ(run_on(agent, {"group", "rm", "none"}).exit, Exit::not_found);
    EXPECT_EQ(run_on(agent, {"group", "rm", "--if-exists", "none"}).exit, Exit::ok);
}

TEST(GroupCommands, TakeListAndRemoveSnapshots) {
    FakeAgent agent;
    agent.acts("POST /v2/groups/shop/snapshots", "group snapshot", "group shop", "gs-1");
    agent.on("GET /v2/groups/shop/snapshots/gs-1", 200, kShopMonday);
    agent.on("GET /v2/groups/shop/snapshots", 200, R"({"group_snapshots":[)" + kShopMonday + "]}");
    agent.on("GET /v2/group-snapshots", 200, R"({"group_snapshots":[]})");
    agent.acts("DELETE /v2/groups/shop/snapshots/monday", "group snapshot remove", "group shop", "");
    EXPECT_EQ(run_on(agent, {"group", "snapshot", "shop", "monday"}).out, "snapshot monday of shop: db\n");
    EXPECT_EQ(agent.requests().front(), R"(POST /v2/groups/shop/snapshots {"name":"monday"})");
    EXPECT_EQ(run_on(agent, {"group", "snapshots", "shop"}).out,
              "GROUP  NAME    STATUS  CONSISTENT  AGE  VOLUMES\n"
              "shop   monday  ready   yes          2h  db\n");
    EXPECT_THAT(run_on(agent, {"-q", "group", "snapshots"}).out, IsEmpty());
    EXPECT_EQ(run_on(agent, {"group", "snapshot-rm", "shop", "monday"}).out, "removed monday\n");
}

} // namespace
} // namespace drover::cli
