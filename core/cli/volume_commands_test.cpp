#include "core/cli/testing/fake_agent.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drover::cli {
namespace {

using testing::FakeAgent;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kData;
using testing::kSnapshots;
using testing::kVolumes;
using testing::run_on;
using testing::Terminal;

constexpr const char *kDataId = "6f1c0f2e-5d0a-4b8e-9c38-0d6a5f0f3a11";

TEST(VolumeCommands, ListAsATable) {
    FakeAgent agent;
    agent.on("GET /v2/volumes", 200, kVolumes);
    const auto outcome = run_on(agent, {"volume", "ls"});
    EXPECT_EQ(outcome.exit, Exit::ok);
    EXPECT_EQ(outcome.out, "NAME           STATUS     SIZE  FS    BACKEND   PROFILE  NODE    USES  AGE\n"
                           "broken-volume  error   1.5 GiB  xfs   array1    -        -          0    -\n"
                           "data           in-use   10 GiB  ext4  loopback  gold     node-1     2   3h\n");
}

TEST(VolumeCommands, ListAsJsonIsTheAnswerOfTheApi) {
    FakeAgent agent;
    agent.on("GET /v2/volumes", 200, kVolumes);
    const auto outcome = run_on(agent, {"volume", "ls", "--json"});
    EXPECT_EQ(boost::json::parse(outcome.out), boost::json::parse(kVolumes));
}

TEST(VolumeCommands, ListQuietlyIsNames) {
    FakeAgent agent;
    agent.on("GET /v2/volumes?backend=array%201", 200, kVolumes);
    EXPECT_EQ(run_on(agent, {"-q", "volume", "ls", "--backend", "array 1"}).out, "broken-volume\ndata\n");
}

TEST(VolumeCommands, InspectForPeople) {
    FakeAgent agent;
    agent.on("GET /v2/volumes/data", 200, kData);
    agent.on("GET /v2/volumes/data/snapshots", 200, kSnapshots);
    EXPECT_EQ(run_on(agent, {"volume", "inspect", "data"}).out,
              "Name:          data\n"
              "Id:            6f1c0f2e-5d0a-4b8e-9c38-0d6a5f0f3a11\n"
              "Status:        in-use\n"
              "Size:          10 GiB (10737418240 bytes)\n"
              "Filesystem:    ext4, 0b1c\n"
              "Backend:       loopback\n"
              "Backend's id:  lo-1\n"
              "Profile:       gold\n"
              "Mounted at:    /flocker/data\n"
              "Uses:          2\n"
              "Device:        /dev/loop7\n"
              "Attached to:   node-1\n"
              "Created:       2026-03-01T09:00:00Z (3h ago)\n"
              "Created by:    Drover\n"
              "Snapshots:     monday\n");
}

TEST(VolumeCommands, InspectShowsWhatIsWrong) {
    FakeAgent agent;
    agent.on("GET /v2/volumes/broken-volume", 200, testing::kBroken);
    agent.on("GET /v2/volumes/broken-volume/snapshots", 200, R"({"snapshots":[]})");
    EXPECT_THAT(
        run_on(agent, {"volume", "inspect", "broken-volume"}).out,
        HasSubstr(
            "Error:       unreachable: array1: no answer from 192.0.2.10 (since 5m, next try in 20s)\n"));
}

TEST(VolumeCommands, InspectAsJsonIsTheObjectOfTheApi) {
    FakeAgent agent;
    agent.on("GET /v2/volumes/data", 200, kData);
    EXPECT_EQ(boost::json::parse(run_on(agent, {"--json", "volume", "inspect", "data"}).out),
              boost::json::parse(kData));
}

TEST(VolumeCommands, AnAbsentVolumeIsThreeWithAGuess) {
    FakeAgent agent;
    agent.fails("GET /v2/volumes/dtaa", 404, "not-found", "there is no volume dtaa");
    agent.on("GET /v2/volumes", 200, kVolumes);
    const auto outcome = run_on(agent, {"volume", "inspect", "dtaa"});
    EXPECT_EQ(outcome.exit, Exit::not_found);
    EXPECT_EQ(outcome.err, "drover: there is no volume dtaa; did you mean data?\n");
    EXPECT_THAT(outcome.out, IsEmpty());
}

TEST(VolumeCommands, NamesAreEncoded) {
    FakeAgent agent;
    agent.on("GET /v2/volumes/a%2Fb%3Fc", 200, kData);
    EXPECT_EQ(run_on(agent, {"--json", "volume", "inspect", "a/b?c"}).exit, Exit::ok);
}

TEST(VolumeCommands, CreateSaysWhatItMade) {
    FakeAgent agent;
    agent.acts("POST /v2/volumes", "create", "data", kDataId);
    agent.on(std::string("GET /v2/volumes/") + kDataId, 200, kData);
    const auto outcome =
        run_on(agent, {"volume", "create", "data", "--size", "10g", "--profile", "gold", "--fstype", "ext4",
                       "--backend", "loopback", "--mode", "0700", "--uid", "0"});
    EXPECT_EQ(outcome.exit, Exit::ok);
    EXPECT_EQ(outcome.out, "volume data: 10 GiB on loopback, profile gold\n");
    EXPECT_EQ(agent.requests().at(0),
              R"(POST /v2/volumes {"name":"data","bytes":10737418240,"backend":"loopback","profile":"gold",)"
              R"("fstype":"ext4","root":{"mode":"0700","uid":0}})");
    EXPECT_EQ(agent.preferences().at(0), "respond-async");
}

TEST(VolumeCommands, CreateForScripts) {
    FakeAgent agent;
    agent.acts("POST /v2/volumes", "create", "data", kDataId);
    agent.on(std::string("GET /v2/volumes/") + kDataId, 200, kData);
    EXPECT_EQ(run_on(agent, {"volume", "create", "data", "-q"}).out, "data\n");
    EXPECT_EQ(boost::json::parse(run_on(agent, {"volume", "create", "data", "--json"}).out),
              boost::json::parse(kData));
    EXPECT_EQ(agent.requests().at(0), R"(POST /v2/volumes {"name":"data"})");
}

TEST(VolumeCommands, FollowAnOperationToItsEnd) {
    FakeAgent agent;
    agent.on(
        "DELETE /v2/volumes/data?policy=destroy-if-ours", 202,
        R"({"id":"op 1","kind":"remove","volume":"data","done":false,"permille":0,"stage":"","error":null})");
    agent.on(
        "GET /v2/operations/op%201?wait=30&permille=0&stage=", 200,
        R"({"id":"op 1","kind":"remove","volume":"data","done":false,"permille":250,"stage":"detaching","error":null})");
    agent.on(
        "GET /v2/operations/op%201?wait=30&permille=250&stage=detaching", 200,
        R"({"id":"op 1","kind":"remove","volume":"data","done":true,"permille":1000,"stage":"","error":null})");
    const Terminal terminal{.err_is_terminal = true,
                            .variables = {{"DROVER_SOCKET", agent.socket().native()}}};
    const auto outcome = terminal.run({"volume", "rm", "data"});
    EXPECT_EQ(outcome.exit, Exit::ok);
    EXPECT_EQ(outcome.out, "removed data\n");
    EXPECT_EQ(outcome.err, "\r\x1b[Kremove data\r\x1b[Kremove data: detaching, 25.0 %\r\x1b[K");
}

TEST(VolumeCommands, AnOperationThatFailedFailsTheCommand) {
    FakeAgent agent;
    agent.on("DELETE /v2/volumes/data?policy=destroy-if-ours", 202,
             R"({"id":"o","kind":"remove","volume":"data","done":true,"error":{"code":"conflict",)"
             R"("message":"data is in use by 2","retryable":true}})");
    const auto outcome = run_on(agent, {"volume", "rm", "data"});
    EXPECT_EQ(outcome.exit, Exit::failed);
    EXPECT_EQ(outcome.err, "drover: data is in use by 2\n");
}

TEST(VolumeCommands, WaitingEndsAtTheTimeoutAndSaysHowToGoOn) {
    FakeAgent agent;
    agent.on(
        "POST /v2/volumes", 202,
        R"({"id":"o7","kind":"create","volume":"data","done":false,"permille":0,"stage":"","error":null})");
    agent.never_answers("GET /v2/operations/o7?wait=30&permille=0&stage=");
    const auto outcome = run_on(agent, {"volume", "create", "data", "--timeout", "0.3"});
    EXPECT_EQ(outcome.exit, Exit::failed);
    EXPECT_EQ(outcome.err,
              "drover: create data has not ended within --timeout. The agent goes on with it. To see how "
              "it ends: drover operation wait o7\n");
}

TEST(VolumeCommands, RemoveKnowsItsPolicies) {
    FakeAgent agent;
    for (const auto *policy : {"keep", "destroy"})
        agent.acts(std::string("DELETE /v2/volumes/data?policy=") + policy, "remove", "data", "");
    EXPECT_EQ(run_on(agent, {"volume", "rm", "--keep", "data"}).out, "forgot data\n");
    EXPECT_EQ(run_on(agent, {"volume", "rm", "--destroy", "data"}).out, "removed data\n");
}

TEST(VolumeCommands, RemoveOfAnAbsentVolumeFailsUnlessAskedNotTo) {
    FakeAgent agent;
    agent.on("GET /v2/volumes", 200, R"({"volumes":[]})");
    agent.acts("DELETE /v2/volumes/b?policy=destroy-if-ours", "remove", "b", "");
    EXPECT_EQ(run_on(agent, {"volume", "rm", "a", "b"}).exit, Exit::not_found);
    const auto outcome = run_on(agent, {"volume", "rm", "--if-exists", "a", "b"});
    EXPECT_EQ(outcome.exit, Exit::ok);
    EXPECT_EQ(outcome.out, "removed b\n");
}

TEST(VolumeCommands, ExtendToASizeAndByASize) {
    FakeAgent agent;
    agent.on("GET /v2/volumes/data", 200, kData);
    agent.on(std::string("GET /v2/volumes/") + kDataId, 200, kData);
    agent.acts("POST /v2/volumes/data/extend", "extend", "data", kDataId);
    EXPECT_EQ(run_on(agent, {"volume", "extend", "data", "20g"}).exit, Exit::ok);
    EXPECT_EQ(run_on(agent, {"volume", "extend", "data", "+1g"}).exit, Exit::ok);
    EXPECT_EQ(run_on(agent, {"volume", "extend", "data", "+8589934591g"}).exit, Exit::usage);
    EXPECT_THAT(agent.requests(),
                ::testing::Contains(R"(POST /v2/volumes/data/extend {"bytes":21474836480})"));
    EXPECT_THAT(agent.requests(),
                ::testing::Contains(R"(POST /v2/volumes/data/extend {"bytes":11811160064})"));
}

TEST(VolumeCommands, MountPrintsThePlaceAlone) {
    FakeAgent agent;
    agent.acts("POST /v2/volumes/data/mount", "mount", "data", kDataId);
    agent.acts("POST /v2/volumes/data/unmount", "unmount", "data", kDataId);
    agent.on("GET /v2/volumes/data", 200, kData);
    EXPECT_EQ(run_on(agent, {"volume", "mount", "data"}).out, "/flocker/data\n");
    EXPECT_EQ(run_on(agent, {"volume", "unmount", "data", "--use", "backup"}).out,
              "data stays mounted: 2 other uses\n");
    const auto json = boost::json::parse(run_on(agent, {"--json", "volume", "mount", "data"}).out);
    EXPECT_EQ(json.at("mountpoint"), "/flocker/data");
    EXPECT_EQ(json.at("volume"), boost::json::parse(kData));
    EXPECT_EQ(agent.requests().at(0), R"(POST /v2/volumes/data/mount {"use":"drover-cli"})");
    EXPECT_EQ(agent.requests().at(2), R"(POST /v2/volumes/data/unmount {"use":"backup"})");
}

TEST(VolumeCommands, CloneNamesItsSource) {
    FakeAgent agent;
    agent.acts("POST /v2/volumes", "create", "copy", kDataId);
    agent.on(std::string("GET /v2/volumes/") + kDataId, 200, kData);
    EXPECT_EQ(run_on(agent, {"volume", "clone", "data", "copy", "--snapshot", "monday"}).exit, Exit::ok);
    EXPECT_EQ(run_on(agent, {"volume", "clone", "data", "copy"}).exit, Exit::ok);
    EXPECT_EQ(agent.requests().at(0),
              R"(POST /v2/volumes {"name":"copy","source":{"volume":"data","snapshot":"monday"}})");
    EXPECT_EQ(agent.requests().at(2), R"(POST /v2/volumes {"name":"copy","source":{"volume":"data"}})");
}

} // namespace
} // namespace drover::cli
