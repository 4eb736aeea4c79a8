// snapshot, driver ls, profile, operation and status against an agent.
#include "core/cli/testing/fake_agent.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drover::cli {
namespace {

using testing::FakeAgent;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kData;
using testing::kMonday;
using testing::kSnapshots;
using testing::run_on;

const std::string kDrivers =
    R"({"drivers":[{"backend":"loopback","driver":"loopback","version":"0.1.0","vendor":"Drover","path":"/x/loopback.so",)"
    R"("state":"ready","error":null,"extensions":["drv.snapshot/1","drv.clone/1"],"capabilities":null,"default":true,)"
    R"("isolation":"in-process"},{"backend":"gold","driver":"acme","version":"","vendor":"","path":"","state":"failed",)"
    R"("error":{"code":"not-found","message":"there is no /x/acme.so","retryable":true},"extensions":[],)"
    R"("capabilities":null,"default":false,"isolation":"in-process"}]})";
const std::string kOperations =
    R"({"operations":[{"id":"o2","kind":"clone","volume":"copy","done":false,"permille":425,"stage":"copying",)"
    R"("started_at":"2026-03-01T11:59:50Z","ended_at":null,"error":null,"result_id":""},)"
    R"({"id":"o1","kind":"mount","volume":"data","done":true,"permille":0,"stage":"mounting",)"
    R"("started_at":"2026-03-01T11:58:00Z","ended_at":"2026-03-01T11:58:03Z",)"
    R"("error":{"code":"conflict","message":"it is elsewhere","retryable":true},"result_id":""}]})";
const std::string kHealth =
    R"({"status":"ok","version":"0.1.0","node_id":"node-1","cluster_id":"c-1","started_at":"2026-03-01T10:00:00Z",)"
    R"("backends":[{"name":"loopback","state":"ready","error":""}]})";

TEST(SnapshotCommands, ListAsATable) {
    FakeAgent agent;
    agent.on("GET /v2/snapshots", 200, kSnapshots);
    agent.on("GET /v2/volumes/data/snapshots", 200, R"({"snapshots":[]})");
    EXPECT_EQ(run_on(agent, {"snapshot", "ls"}).out,
              "VOLUME  NAME    STATUS    SIZE  CONSISTENT  BACKEND   AGE\n"
              "data    monday  ready   10 GiB  yes         loopback   1d\n");
    EXPECT_EQ(run_on(agent, {"snapshot", "ls", "data"}).out,
              "VOLUME  NAME  STATUS  SIZE  CONSISTENT  BACKEND  AGE\n");
    EXPECT_EQ(run_on(agent, {"-q", "snapshot", "ls"}).out, "snap-1\n");
    EXPECT_EQ(boost::json::parse(run_on(agent, {"--json", "snapshot", "ls"}).out),
              boost::json::parse(kSnapshots));
}

TEST(SnapshotCommands, TakeOne) {
    FakeAgent agent;
    agent.acts("POST /v2/volumes/data/snapshots", "snapshot", "data", "snap-1");
    agent.on("GET /v2/snapshots/snap-1", 200, kMonday);
    EXPECT_EQ(run_on(agent, {"snapshot", "create", "data", "monday"}).out, "snapshot monday of data\n");
    EXPECT_EQ(run_on(agent, {"-q", "snapshot", "create", "data"}).out, "monday\n");
    EXPECT_EQ(agent.requests().at(0), R"(POST /v2/volumes/data/snapshots {"name":"monday"})");
    EXPECT_EQ(agent.requests().at(2), R"(POST /v2/volumes/data/snapshots {"name":""})");
}

TEST(SnapshotCommands, InspectByVolumeAndNameOrById) {
    FakeAgent agent;
    agent.on("GET /v2/volumes/data/snapshots/monday", 200, kMonday);
    agent.on("GET /v2/snapshots/snap-1", 200, kMonday);
    const auto outcome = run_on(agent, {"snapshot", "inspect", "data", "monday"});
    EXPECT_EQ(outcome.out, "Name:        monday\n"
                           "Id:          snap-1\n"
                           "Status:      ready\n"
                           "Volume:      data (6f1c0f2e-5d0a-4b8e-9c38-0d6a5f0f3a11)\n"
                           "Size:        10 GiB (10737418240 bytes)\n"
                           "Backend:     loopback\n"
                           "Consistent:  yes: the filesystem was frozen or not mounted\n"
                           "Created:     2026-02-28T12:00:00Z (1d ago)\n");
    EXPECT_EQ(run_on(agent, {"snapshot", "inspect", "snap-1"}).out, outcome.out);
}

TEST(SnapshotCommands, RemoveAndRevert) {
    FakeAgent agent;
    agent.acts("DELETE /v2/volumes/data/snapshots/monday", "snapshot-remove", "data", "");
    agent.acts("POST /v2/snapshots/snap-1/revert", "revert", "data", "v1");
    agent.on("GET /v2/volumes/v1", 200, kData);
    EXPECT_EQ(run_on(agent, {"snapshot", "rm", "data", "monday"}).out, "removed monday\n");
    EXPECT_EQ(run_on(agent, {"snapshot", "revert", "snap-1"}).out, "data holds the data of snap-1 again\n");
    EXPECT_EQ(run_on(agent, {"snapshot", "rm", "absent"}).exit, Exit::not_found);
    EXPECT_EQ(run_on(agent, {"snapshot", "rm", "--if-exists", "absent"}).exit, Exit::ok);
}

TEST(DriverCommands, ListBackendsAndWhyOneFailed) {
    FakeAgent agent;
    agent.on("GET /v2/drivers", 200, kDrivers);
    const auto outcome = run_on(agent, {"driver", "ls"});
    EXPECT_EQ(outcome.out, "BACKEND   DRIVER    VERSION  STATE   DEFAULT  CAN\n"
                           "loopback  loopback  0.1.0    ready   yes      snapshot, clone\n"
                           "gold      acme      -        failed  no       -\n");
    EXPECT_EQ(outcome.err, "drover: gold: there is no /x/acme.so\n");
    EXPECT_EQ(boost::json::parse(run_on(agent, {"--json", "driver", "ls"}).out),
              boost::json::parse(kDrivers));
}

TEST(DriverCommands, TellWhyANewFileIsNotUsed) {
    FakeAgent agent;
    agent.on("GET /v2/drivers", 200,
             R"({"drivers":[{"backend":"gold","driver":"acme","version":"1.0","state":"ready","error":null,)"
             R"("reload_error":{"code":"invalid","message":"/x/acme.so is no driver"},"extensions":[],)"
             R"("default":true,"isolation":"process"}]})");
    const auto outcome = run_on(agent, {"driver", "ls"});
    EXPECT_EQ(outcome.out, "BACKEND  DRIVER  VERSION  STATE            DEFAULT  CAN\n"
                           "gold     acme    1.0      ready, old file  yes      -\n");
    EXPECT_EQ(outcome.err, "drover: gold: the driver that is open serves on, since its new file cannot be "
                           "used: /x/acme.so is no driver\n");
}

TEST(DriverCommands, ReloadWaitsForItsEnd) {
    FakeAgent agent;
    agent.on("GET /v2/drivers", 200,
             R"({"drivers":[{"backend":"gold","driver":"acme","version":"1.1","isolation":"process"},)"
             R"({"backend":"here","driver":"acme","version":"1.0","isolation":"in-process"},)"
             R"({"backend":"silver","driver":"acme","version":"1.1","isolation":"process"}]})");
    const std::string operation = R"({"id":"o1","kind":"reload","volume":"","done":true,"permille":0,)"
                                  R"("stage":"gold","started_at":null,"ended_at":null,)";
    agent.on("POST /v2/drivers/gold/reload", 202, operation + R"("error":null,"result_id":""})");
    agent.on("POST /v2/drivers/acme/reload", 202, operation + R"("error":null,"result_id":""})");
    agent.on("POST /v2/drivers/here/reload", 202,
             operation + R"("error":{"code":"unsupported","message":"backend here: its driver runs in )"
                         R"(the agent's own process","retryable":false},"result_id":""})");
    EXPECT_EQ(run_on(agent, {"driver", "reload", "gold"}).out, "gold: reloaded, version 1.1\n");
    EXPECT_EQ(run_on(agent, {"driver", "reload", "acme"}).out, "gold: reloaded, version 1.1\n"
                                                               "silver: reloaded, version 1.1\n");
    EXPECT_EQ(run_on(agent, {"-q", "driver", "reload", "gold"}).out, "");
    EXPECT_EQ(
        boost::json::parse(run_on(agent, {"--json", "driver", "reload", "gold"}).out),
        boost::json::parse(
            R"({"drivers":[{"backend":"gold","driver":"acme","version":"1.1","isolation":"process"}]})"));
    const auto refused = run_on(agent, {"driver", "reload", "here"});
    EXPECT_EQ(refused.exit, Exit::failed);
    EXPECT_THAT(refused.err, HasSubstr("runs in the agent's own process"));
}

TEST(ProfileCommands, List) {
    FakeAgent agent;
    agent.on("GET /v2/profiles?backend=gold", 200,
             R"({"profiles":[{"name":"gold","description":"fast","default":true,"attributes":{}}]})");
    EXPECT_EQ(run_on(agent, {"profile", "ls", "--backend", "gold"}).out, "NAME  DEFAULT  DESCRIPTION\n"
                                                                         "gold  yes      fast\n");
    EXPECT_EQ(run_on(agent, {"-q", "profile", "ls", "--backend", "gold"}).out, "gold\n");
}

TEST(NodeCommands, CheckFailsOnAnErrorAndShowsWhatToDo) {
    FakeAgent agent;
    agent.on("GET /v2/node/check", 200,
             R"({"findings":[{"check":"iscsi.iscsid","level":"error","message":"iscsid does not run",)"
             R"("cure":"start it"},{"check":"fc.ports","level":"note","message":"none","cure":"buy one"}]})");
    const auto wrong = run_on(agent, {"node", "check"});
    EXPECT_EQ(wrong.exit, Exit::failed);
    EXPECT_EQ(wrong.out, "CHECK         LEVEL  FOUND                WHAT TO DO\n"
                         "iscsi.iscsid  error  iscsid does not run  start it\n");
    EXPECT_THAT(run_on(agent, {"node", "check", "--all"}).out, HasSubstr("fc.ports"));
    EXPECT_EQ(run_on(agent, {"-q", "node", "check"}).out, "");
    EXPECT_EQ(run_on(agent, {"--json", "node", "check"}).exit, Exit::failed);

    FakeAgent good;
    good.on("GET /v2/node/check", 200,
            R"({"findings":[{"check":"fc.ports","level":"note","message":"none","cure":"buy one"}]})");
    const auto well = run_on(good, {"node", "check"});
    EXPECT_EQ(well.exit, Exit::ok);
    EXPECT_EQ(well.out, "This node lacks nothing that its backends need.\n");
}

TEST(DriverStats, ShowsThePoolsOfEveryBackendThatHasStatistics) {
    FakeAgent agent;
    agent.on("GET /v2/drivers", 200,
             R"({"drivers":[{"backend":"gold","extensions":["drv.clone/1","drv.stats/1"]},)"
             R"({"backend":"plain","extensions":[]}]})");
    agent.on(
        "GET /v2/drivers/gold/stats", 200,
        R"({"pools":[{"pool":"fast","total_bytes":1099511627776,"used_bytes":274877906944,)"
        R"("provisioned_bytes":2199023255552,"saved_permille":250},)"
        R"({"pool":"odd","total_bytes":null,"used_bytes":0,"provisioned_bytes":null,"saved_permille":null}]})");
    EXPECT_EQ(run_on(agent, {"driver", "stats"}).out,
              "BACKEND  POOL  CAPACITY     USED    %  PROVISIONED     %  REDUCTION\n"
              "gold     fast     1 TiB  256 GiB  25%        2 TiB  200%      4.0:1\n"
              "gold     odd          -      0 B    -            -     -          -\n");
    EXPECT_EQ(run_on(agent, {"-q", "driver", "stats", "gold"}).out, "fast\nodd\n");
    EXPECT_THAT(run_on(agent, {"--json", "driver", "stats"}).out, HasSubstr("\"used_bytes\": 274877906944"));
    agent.fails("GET /v2/drivers/plain/stats", 501, "unsupported", "it does not offer drv.stats/1");
    const auto refused = run_on(agent, {"driver", "stats", "plain"});
    EXPECT_EQ(refused.exit, Exit::failed);
    EXPECT_EQ(refused.err, "drover: it does not offer drv.stats/1\n");
}

TEST(NodeFence, IsDoneOnlyWhenItIsMeant) {
    FakeAgent agent;
    agent.on("POST /v2/nodes/node-b/fence", 202,
             R"({"id":"op1","kind":"fence","volume":"","done":true,"permille":1000,)"
             R"("stage":"backend gold: it had db, web","error":null,"result_id":"node-b"})");
    const auto asked = run_on(agent, {"node", "fence", "node-b"});
    EXPECT_EQ(asked.exit, Exit::usage);
    EXPECT_THAT(asked.err, HasSubstr("say --yes"));
    EXPECT_TRUE(agent.requests().empty());
    const auto fenced =
        run_on(agent, {"node", "fence", "node-b", "--yes", "--backend", "gold", "--backend", "silver"});
    EXPECT_EQ(fenced.exit, Exit::ok) << fenced.err;
    EXPECT_EQ(fenced.out, "node node-b is fenced, backend gold: it had db, web\n");
    ASSERT_EQ(agent.requests().size(), 1U);
    EXPECT_EQ(agent.requests().front(), R"(POST /v2/nodes/node-b/fence {"backends":["gold","silver"]})");
    EXPECT_EQ(run_on(agent, {"node", "fence", "--yes", "node-b"}).exit, Exit::ok);
    EXPECT_EQ(agent.requests().back(), R"(POST /v2/nodes/node-b/fence {"backends":[]})");
}

TEST(OperationCommands, List) {
    FakeAgent agent;
    agent.on("GET /v2/operations", 200, kOperations);
    EXPECT_EQ(run_on(agent, {"operation", "ls"}).out,
              "ID  KIND   VOLUME  STATE    BEGUN  TOOK  REMARK\n"
              "o2  clone  copy    running    10s     -  copying, 42.5 %\n"
              "o1  mount  data    failed      2m    3s  it is elsewhere\n");
    EXPECT_EQ(run_on(agent, {"-q", "operation", "ls", "--running"}).out, "o2\n");
}

TEST(OperationCommands, WaitFailsAsTheOperationFailed) {
    FakeAgent agent;
    agent.on(
        "GET /v2/operations/o1", 200,
        R"({"id":"o1","kind":"mount","volume":"data","done":true,"error":{"code":"not-found","message":"no data"}})");
    agent.on("GET /v2/operations/o3", 200,
             R"({"id":"o3","kind":"mount","volume":"data","done":true,"error":null})");
    const auto outcome = run_on(agent, {"operation", "wait", "o1"});
    EXPECT_EQ(outcome.exit, Exit::not_found);
    EXPECT_EQ(outcome.err, "drover: no data\n");
    EXPECT_EQ(run_on(agent, {"operation", "wait", "o3"}).out, "mount data: done\n");
}

TEST(StatusCommand, SaysThatAllIsWell) {
    FakeAgent agent;
    agent.on("GET /v2/health", 200, kHealth);
    agent.on("GET /v2/volumes", 200, R"({"volumes":[)" + kData + "]}");
    agent.on("GET /v2/operations", 200, R"({"operations":[]})");
    const auto outcome = run_on(agent, {"status"});
    EXPECT_EQ(outcome.exit, Exit::ok);
    EXPECT_EQ(outcome.out, "Agent:    ok\n"
                           "Version:  0.1.0\n"
                           "Up for:   2h\n"
                           "Node:     node-1\n"
                           "Cluster:  c-1\n"
                           "\n"
                           "BACKEND   STATE  ERROR\n"
                           "loopback  ready  -\n"
                           "\n"
                           "Volumes: 1, with errors: 0\n"
                           "\n"
                           "Running operations: 0\n");
    EXPECT_THAT(run_on(agent, {"-q", "status"}).out, IsEmpty());
}

TEST(StatusCommand, ShowsWhatNeedsALook) {
    FakeAgent agent;
    agent.on("GET /v2/health", 200, kHealth);
    agent.on("GET /v2/volumes", 200, testing::kVolumes);
    agent.on("GET /v2/operations", 200, kOperations);
    const auto outcome = run_on(agent, {"status"});
    EXPECT_EQ(outcome.exit, Exit::failed);
    EXPECT_THAT(outcome.out,
                HasSubstr("Volumes: 2, with errors: 1\n"
                          "VOLUME         STATUS  SINCE  NEXT TRY  ERROR\n"
                          "broken-volume  error      5m  in 20s    array1: no answer from 192.0.2.10\n"
                          "\n"
                          "Running operations: 1\n"));
    const auto json = boost::json::parse(run_on(agent, {"--json", "status"}).out);
    EXPECT_EQ(json.at("health"), boost::json::parse(kHealth));
    EXPECT_EQ(json.at("volumes"), 2);
    EXPECT_EQ(json.at("volumes_with_errors").as_array().size(), 1U);
    EXPECT_EQ(json.at("running_operations").as_array().size(), 1U);
}

} // namespace
} // namespace drover::cli
