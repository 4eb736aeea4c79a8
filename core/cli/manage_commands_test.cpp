// drover volume retype|qos|unmanaged|adopt|recover|release, and what snapshots have of it.
#include "core/cli/testing/fake_agent.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drover::cli {
namespace {

using ::testing::Contains;
using testing::FakeAgent;
using ::testing::HasSubstr;
using testing::kData;
using testing::kMonday;
using testing::run_on;

constexpr const char *kDataId = "6f1c0f2e-5d0a-4b8e-9c38-0d6a5f0f3a11";

const std::string kLimits =
    R"({"max_iops":5000,"min_iops":null,"burst_iops":null,"max_bytes_per_second":null,)"
    R"("supported":["max_iops","max_bytes_per_second"]})";
const std::string kUnmanaged =
    R"({"unmanaged":[)"
    R"({"backend":"array1","handle":"8A01","name":"","volume_id":"","bytes":1073741824,)"
    R"("created_at":"2026-03-01T09:00:00Z","profile":"","pool":"","nodes":["node-2"],"refused":"","destroyed":"",)"
    R"("attributes":{"array_volume":"legacy"}},)"
    R"({"backend":"array1","handle":"8A02","name":"old","volume_id":"","bytes":1073741824,"created_at":null,)"
    R"("profile":"","pool":"","nodes":[],"refused":"","destroyed":"eradicated in 60 s","attributes":{}},)"
    R"({"backend":"array1","handle":"8A03","name":"pod::v","volume_id":"","bytes":1073741824,"created_at":null,)"
    R"("profile":"","pool":"","nodes":[],"refused":"it is in a pod","destroyed":"","attributes":{}}]})";

TEST(ShapeCommands, RetypeNamesWhatItIsToHave) {
    FakeAgent agent;
    agent.acts("POST /v2/volumes/data/retype", "retype", "data", kDataId);
    agent.on(std::string("GET /v2/volumes/") + kDataId, 200, kData);
    EXPECT_EQ(run_on(agent, {"volume", "retype", "data", "gold"}).out,
              "retyped data: 10 GiB on loopback, profile gold\n");
    EXPECT_EQ(run_on(agent, {"volume", "retype", "data", "--pool", "p2", "--migrate", "-q"}).out, "data\n");
    EXPECT_EQ(agent.requests().at(0), R"(POST /v2/volumes/data/retype {"profile":"gold"})");
    EXPECT_EQ(agent.requests().at(2), R"(POST /v2/volumes/data/retype {"pool":"p2","may_migrate":true})");
}

TEST(ShapeCommands, QosShowsTheLimitsThatTheBackendHas) {
    FakeAgent agent;
    agent.on("GET /v2/volumes/data/qos", 200, kLimits);
    EXPECT_EQ(run_on(agent, {"volume", "qos", "data"}).out, "Max IOPS:   5000\nMax bytes:  no limit\n");
    EXPECT_EQ(boost::json::parse(run_on(agent, {"--json", "volume", "qos", "data"}).out),
              boost::json::parse(kLimits));
}

TEST(ShapeCommands, QosSetsExactlyWhatIsNamed) {
    FakeAgent agent;
    agent.acts("PUT /v2/volumes/data/qos", "limits", "data", kDataId);
    agent.on("GET /v2/volumes/data/qos", 200, kLimits);
    EXPECT_EQ(
        run_on(agent, {"volume", "qos", "data", "--max-iops", "5000", "--max-bytes-per-second", "200m"}).exit,
        Exit::ok);
    EXPECT_EQ(run_on(agent, {"volume", "qos", "data", "--none"}).exit, Exit::ok);
    EXPECT_EQ(run_on(agent, {"volume", "qos", "data", "--none", "--min-iops", "1"}).exit, Exit::usage);
    for (const char *count : {"-1", "0", "5k", "", "99999999999999999999"}) {
        const std::string option = std::string("--max-iops=") + count;
        EXPECT_EQ(run_on(agent, {"volume", "qos", "data", option}).exit, Exit::usage) << option;
    }
    EXPECT_EQ(run_on(agent, {"volume", "qos", "data", "--max-bytes-per-second", "fast"}).exit, Exit::usage);
    EXPECT_THAT(agent.requests(),
                Contains(R"(PUT /v2/volumes/data/qos {"max_iops":5000,"max_bytes_per_second":209715200})"));
    EXPECT_THAT(agent.requests(), Contains("PUT /v2/volumes/data/qos {}"));
}

TEST(ManageCommands, UnmanagedSaysWhatCanBeAdoptedAndWhyNot) {
    FakeAgent agent;
    agent.on("GET /v2/unmanaged?backend=array1", 200, kUnmanaged);
    const auto outcome = run_on(agent, {"volume", "unmanaged", "--backend", "array1"});
    EXPECT_EQ(outcome.exit, Exit::ok);
    EXPECT_THAT(outcome.out, HasSubstr("8A01    legacy    1 GiB  array1    3h  node-2  yes\n"));
    EXPECT_THAT(outcome.out, HasSubstr("yes, recovers it: destroyed, eradicated in 60 s\n"));
    EXPECT_THAT(outcome.out, HasSubstr("no: it is in a pod\n"));
    EXPECT_EQ(run_on(agent, {"volume", "unmanaged", "--backend", "array1", "--destroyed", "-q"}).out,
              "8A02\n");
}

TEST(ManageCommands, AdoptRecoverAndRelease) {
    FakeAgent agent;
    agent.acts("POST /v2/unmanaged", "adopt", "data", kDataId);
    agent.on(std::string("GET /v2/volumes/") + kDataId, 200, kData);
    EXPECT_EQ(run_on(agent, {"volume", "adopt", "8A01", "data", "--backend", "array1"}).out,
              "adopted data: 10 GiB on loopback, profile gold\n");
    EXPECT_EQ(run_on(agent, {"volume", "recover", "8A02"}).exit, Exit::ok);
    EXPECT_EQ(agent.requests().at(0),
              R"(POST /v2/unmanaged {"handle":"8A01","name":"data","backend":"array1"})");
    EXPECT_EQ(agent.requests().at(2), R"(POST /v2/unmanaged {"handle":"8A02"})");
    agent.on("GET /v2/volumes/data", 200, kData);
    agent.acts("POST /v2/volumes/data/release", "release", "data", "");
    EXPECT_EQ(run_on(agent, {"volume", "release", "data"}).out,
              "released data: backend loopback keeps it as lo-1\n");
}

TEST(ManageCommands, SnapshotsHaveTheSameThree) {
    FakeAgent agent;
    agent.on("GET /v2/volumes/data/unmanaged-snapshots", 200, kUnmanaged);
    agent.acts("POST /v2/volumes/data/unmanaged-snapshots", "snapshot adopt", "data", "snap-1");
    agent.on("GET /v2/snapshots/snap-1", 200, kMonday);
    agent.on("GET /v2/volumes/data/snapshots/monday", 200, kMonday);
    agent.acts("POST /v2/volumes/data/snapshots/monday/release", "snapshot release", "monday", "");
    EXPECT_EQ(run_on(agent, {"snapshot", "unmanaged", "data", "-q"}).out, "8A01\n8A02\n8A03\n");
    EXPECT_EQ(run_on(agent, {"snapshot", "adopt", "data", "8A01", "monday"}).out,
              "snapshot monday of data\n");
    EXPECT_EQ(run_on(agent, {"snapshot", "release", "data", "monday"}).out,
              "released snapshot monday of data: its backend keeps it\n");
    EXPECT_THAT(agent.requests(),
                Contains(R"(POST /v2/volumes/data/unmanaged-snapshots {"handle":"8A01","name":"monday"})"));
}

} // namespace
} // namespace drover::cli
