#include "core/api/testing/api_test.hpp"

#include <fmt/format.h>

#include <thread>

namespace drover {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Api : public testing::ApiTest {};

const std::vector<http::Header> kAsync = {{"Prefer", "respond-async"}};

TEST_F(Api, lists_volumes) {
    EXPECT_EQ(get("/v2/volumes"), R"(200 {"volumes":[]})");
    service.add("v");
    service.add("w", "silver");
    EXPECT_EQ(
        get("/v2/volumes?backend=gold"),
        R"(200 {"volumes":[{"id":"id-v","name":"v","backend":"gold","backend_id":"array-v","status":"available",)"
        R"("bytes":10737418240,"profile":"gold","pool":"","fstype":"ext4","fs_uuid":"","mountpoint":"",)"
        R"("device":"","node":"","uses":0,"created_at":"2026-01-02T03:04:05Z","created_by_us":true,"source":"",)"
        R"("error":null,"operation":""}]})");
    EXPECT_EQ(answer.headers.front(), (http::Header{"Content-Type", "application/json"}));
    get("/v2/volumes");
    EXPECT_EQ(json().at("volumes").as_array().size(), 2U);
    EXPECT_EQ(
        get("/v2/volumes?backend=glod"),
        R"(404 {"error":{"code":"not-found","message":"there is no such backend; there are gold, silver",)"
        R"("retryable":false}})");
}

TEST_F(Api, shows_one_volume_by_name_or_id) {
    service.add("v").error =
        VolumeFailure{.code = Code::unreachable, .message = "m", .since_unix_ns = 1'500'000'000};
    EXPECT_THAT(get("/v2/volumes/v"), StartsWith(R"(200 {"id":"id-v","name":"v",)"));
    EXPECT_THAT(answer.body, HasSubstr(R"("error":{"code":"unreachable","message":"m",)"
                                       R"("since":"1970-01-01T00:00:01.500Z","next_retry_at":null})"));
    EXPECT_THAT(get("/v2/volumes/id-v"), StartsWith("200 "));
    EXPECT_THAT(get("/v2/volumes/%76"), StartsWith("200 "));
    EXPECT_EQ(get("/v2/volumes/a%2Fb"),
              R"(404 {"error":{"code":"not-found","message":"no such volume: a/b","retryable":false}})");
    EXPECT_THAT(get("/v2/volumes/v?backend=silver"), StartsWith("404 "));
}

TEST_F(Api, creates_volumes_and_clones) {
    EXPECT_THAT(ask("POST", "/v2/volumes", R"({"name":"v","bytes":1048576,"backend":"silver"})"),
                StartsWith(R"(200 {"id":"id-v","name":"v","backend":"silver")"));
    EXPECT_FALSE(service.last_spec().any_shape);
    ask("POST", "/v2/volumes", R"({"name":"c","source":{"volume":"v","snapshot":"s"}})");
    EXPECT_EQ(service.last_spec().source->snapshot, "s");
    EXPECT_EQ(
        ask("POST", "/v2/volumes", R"({"nam":"v"})"),
        R"(400 {"error":{"code":"invalid","message":"unknown key \"nam\": did you mean \"name\"?; known are name, )"
        R"(id, backend, bytes, profile, pool, fstype, source, root, must_exist","retryable":false}})");
    service.fail_next("create", {.code = Code::no_space, .message = "the pool is full", .vendor_code = "E1"});
    EXPECT_EQ(
        ask("POST", "/v2/volumes", R"({"name":"x"})"),
        R"(507 {"error":{"code":"no-space","message":"the pool is full","retryable":false,"vendor_code":"E1"}})");
}

TEST_F(Api, changes_the_shape_and_the_limits_of_a_volume) {
    service.add("v");
    ask("POST", "/v2/volumes/v/retype", R"({"profile":"silver","may_migrate":true})");
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(json().at("profile"), "silver");
    EXPECT_THAT(ask("POST", "/v2/volumes/v/retype", "{}"), StartsWith("400 "));
    EXPECT_THAT(ask("POST", "/v2/volumes/w/retype", R"({"pool":"q"})"), StartsWith("404 "));
    EXPECT_EQ(ask("PUT", "/v2/volumes/v/qos", R"({"max_iops":500})"),
              R"(200 {"max_iops":500,"min_iops":null,"burst_iops":null,"max_bytes_per_second":null,)"
              R"("supported":["max_iops","max_bytes_per_second"]})");
    EXPECT_THAT(get("/v2/volumes/v/qos"), StartsWith(R"(200 {"max_iops":500,)"));
    EXPECT_THAT(ask("PUT", "/v2/volumes/v/qos", "{}"), StartsWith(R"(200 {"max_iops":null,)"));
    EXPECT_THAT(get("/v2/volumes/w/qos"), StartsWith("404 "));
    EXPECT_THAT(service.log(), ElementsAre("retype v silver  migrate", "retype w  q", "set limits v 500 0",
                                           "limits v", "set limits v 0 0", "limits w"));
}

TEST_F(Api, adopts_and_releases) {
    service.add("v");
    EXPECT_EQ(get("/v2/unmanaged?backend=gold"),
              R"(200 {"unmanaged":[{"backend":"gold","handle":"array-7","name":"legacy","volume_id":"",)"
              R"("bytes":1024,"created_at":"2026-01-02T03:04:05Z","profile":"","pool":"","nodes":["node-2"],)"
              R"("refused":"in a pod","destroyed":"","attributes":{"array_volume":"legacy"}}]})");
    EXPECT_THAT(get("/v2/unmanaged?backend=glod"), StartsWith("404 "));
    EXPECT_THAT(ask("POST", "/v2/unmanaged", R"({"backend":"gold","handle":"array-7","name":"old"})"),
                StartsWith(R"(200 {"id":"id-old","name":"old","backend":"gold","backend_id":"array-7")"));
    EXPECT_THAT(ask("POST", "/v2/unmanaged", R"({"name":"old"})"), StartsWith("400 "));
    EXPECT_EQ(ask("POST", "/v2/volumes/old/release", ""), "204 ");
    EXPECT_THAT(get("/v2/volumes/v/unmanaged-snapshots"),
                StartsWith(R"(200 {"unmanaged":[{"backend":"gold","handle":"array-snap-7",)"));
    EXPECT_THAT(ask("POST", "/v2/volumes/v/unmanaged-snapshots", R"({"handle":"array-snap-7","name":"s"})"),
                StartsWith(R"(200 {"id":"snap-v-s","name":"s")"));
    EXPECT_EQ(ask("POST", "/v2/volumes/v/snapshots/s/release", ""), "204 ");
    EXPECT_EQ(ask("POST", "/v2/snapshots/snap-v-s/release", ""), "204 ");
    EXPECT_THAT(service.log(), ElementsAre("unmanaged gold", "adopt gold array-7 old", "release old",
                                           "unmanaged snapshots v", "snapshot adopt v array-snap-7 s",
                                           "snapshot release v s", "snapshot release  snap-v-s"));
}

TEST_F(Api, removes_by_a_policy) {
    for (const char *name : {"a", "b", "c"})
        service.add(name);
    EXPECT_EQ(ask("DELETE", "/v2/volumes/a"), "204 ");
    EXPECT_EQ(ask("DELETE", "/v2/volumes/b?policy=keep"), "204 ");
    EXPECT_EQ(ask("DELETE", "/v2/volumes/c?policy=destroy"), "204 ");
    EXPECT_THAT(ask("DELETE", "/v2/volumes/c?policy=destroy"), StartsWith("404 "));
    EXPECT_EQ(
        ask("DELETE", "/v2/volumes/c?policy=shred"),
        R"(400 {"error":{"code":"invalid","message":"query parameter \"policy\" must be destroy, keep or )"
        R"(destroy-if-ours","retryable":false}})");
    EXPECT_THAT(service.log(), ElementsAre("remove a destroy-if-ours", "remove b keep", "remove c destroy",
                                           "remove c destroy"));
}

TEST_F(Api, mounts_and_unmounts) {
    service.add("v");
    EXPECT_THAT(ask("POST", "/v2/volumes/v/mount", R"({"use":"u"})"),
                StartsWith(R"(200 {"mountpoint":"/mnt/id-v","volume":{"id":"id-v",)"));
    EXPECT_TRUE(service.wait_for("delivered v u"));
    EXPECT_EQ(ask("POST", "/v2/volumes/v/unmount", R"({"use":"u"})"), "204 ");
    EXPECT_EQ(service.uses("v"), 0U);
    EXPECT_EQ(
        ask("POST", "/v2/volumes/v/mount"),
        R"(400 {"error":{"code":"invalid","message":"the request has no body: send a JSON object with the keys )"
        R"(use","retryable":false}})");
}

TEST_F(Api, takes_back_a_mount_that_nobody_heard_of) {
    service.add("v");
    service.hold("v");
    {
        http::testing::RawClient gone(socket);
        ASSERT_TRUE(
            gone.send("POST /v2/volumes/v/mount HTTP/1.1\r\nContent-Length: 11\r\n\r\n{\"use\":\"u\"}"));
        while (service.operations().empty())
            std::this_thread::yield();
    }
    service.let_go("v");
    EXPECT_TRUE(service.wait_for("unmount v u"));
    EXPECT_EQ(service.uses("v"), 0U);
}

TEST_F(Api, answers_at_once_when_asked_to) {
    service.add("v");
    service.hold("v");
    EXPECT_EQ(ask("POST", "/v2/volumes/v/mount", R"({"use":"u"})", kAsync),
              R"(202 {"id":"op-1","kind":"mount","volume":"v","done":false,"permille":0,"stage":"",)"
              R"("started_at":"2026-01-02T03:04:05Z","ended_at":null,"error":null,"result_id":""})");
    EXPECT_EQ(http::find_header(answer.headers, "Location"), "/v2/operations/op-1");
    service.let_go("v");
    EXPECT_TRUE(service.wait_for("delivered v u"));
    EXPECT_EQ(service.uses("v"), 1U);
    for (const char *prefer :
         {"return=minimal, Respond-Async; x=y", " respond-async ", "respond-async,wait=10"}) {
        EXPECT_THAT(ask("POST", "/v2/volumes/v/unmount", R"({"use":"u"})", {{"Prefer", prefer}}),
                    StartsWith("202 "));
    }
    EXPECT_THAT(ask("POST", "/v2/volumes/v/unmount", R"({"use":"u"})", {{"Prefer", "respond-asynchronous"}}),
                StartsWith("204 "));
    EXPECT_THAT(ask("DELETE", "/v2/volumes/v", "", kAsync), StartsWith("202 "));
}

TEST_F(Api, extends) {
    service.add("v");
    EXPECT_THAT(ask("POST", "/v2/volumes/v/extend", R"({"bytes":21474836480})"),
                HasSubstr(R"("bytes":21474836480)"));
    EXPECT_EQ(
        ask("POST", "/v2/volumes/v/extend", R"({"size":"20g"})"),
        R"(400 {"error":{"code":"invalid","message":"unknown key \"size\"; known are bytes","retryable":false}})");
    EXPECT_THAT(service.log(), ElementsAre("extend v 21474836480"));
}

TEST_F(Api, has_snapshots_below_volumes_and_by_themselves) {
    service.add("v");
    service.add_snapshot("v", "s");
    constexpr auto kSnapshot =
        R"({"id":"snap-v-s","name":"s","volume_id":"id-v","volume":"v","backend":"gold","bytes":1024,)"
        R"("created_at":"2026-01-02T03:04:05Z","filesystem_consistent":true,"status":"ready"})";
    const std::string list = R"(200 {"snapshots":[)" + std::string(kSnapshot) + "]}";
    EXPECT_EQ(get("/v2/snapshots"), list);
    EXPECT_EQ(get("/v2/volumes/v/snapshots"), list);
    EXPECT_THAT(get("/v2/volumes/w/snapshots"), StartsWith("404 "));
    EXPECT_EQ(get("/v2/volumes/v/snapshots/s"), "200 " + std::string(kSnapshot));
    EXPECT_EQ(get("/v2/snapshots/snap-v-s"), "200 " + std::string(kSnapshot));
    EXPECT_THAT(get("/v2/snapshots/x"), StartsWith("404 "));
    EXPECT_THAT(ask("POST", "/v2/volumes/v/snapshots", R"({"name":"t"})"), HasSubstr(R"("name":"t")"));
    EXPECT_THAT(ask("POST", "/v2/volumes/v/snapshots"), StartsWith("200 "));
    EXPECT_EQ(ask("DELETE", "/v2/volumes/v/snapshots/t"), "204 ");
    EXPECT_EQ(ask("DELETE", "/v2/snapshots/snap-v-s"), "204 ");
    EXPECT_THAT(ask("POST", "/v2/volumes/v/snapshots/s/revert"), StartsWith(R"(200 {"id":"id-v")"));
    EXPECT_THAT(ask("POST", "/v2/snapshots/snap-v-s/revert"), StartsWith("200 "));
    EXPECT_THAT(service.log(), ElementsAre("snapshot v t", "snapshot v ", "snapshot-remove v t",
                                           "snapshot-remove  snap-v-s", "revert v s", "revert  snap-v-s"));
}

TEST_F(Api, shows_drivers_and_profiles) {
    EXPECT_THAT(
        get("/v2/drivers"),
        StartsWith(
            R"(200 {"drivers":[{"backend":"gold","driver":"loopback","version":"1.0","vendor":"Drover",)"
            R"("path":"/usr/lib/drover/drivers/loopback.so","state":"ready","error":null,)"
            R"("reload_error":null,"extensions":["drv.snapshot/1"],"capabilities":{"thin":true,"multi_attach":false,)"
            R"("online_extend":false,"zeroed":false,"protocols":["local"],"min_bytes":1,)"
            R"("max_bytes":null,"granularity_bytes":1,"total_bytes":null,"free_bytes":1024},)"
            R"("default":true,"isolation":"in-process"},{"backend":"silver")"));
    EXPECT_EQ(get("/v2/profiles"), R"(200 {"profiles":[{"name":"gold","description":"fast","default":true,)"
                                   R"("attributes":{"tier":"ssd"}}]})");
    get("/v2/profiles?backend=silver");
    EXPECT_THAT(get("/v2/profiles?backend=none"), StartsWith("404 "));
    EXPECT_THAT(service.log(), ElementsAre("profiles ", "profiles silver"));
}

TEST_F(Api, shows_what_the_node_lacks) {
    EXPECT_EQ(get("/v2/node/check"), R"(200 {"findings":[{"check":"iscsi.iscsid","level":"error",)"
                                     R"("message":"iscsid does not run","cure":"start it"}]})");
}

TEST_F(Api, shows_the_statistics_of_a_backend) {
    EXPECT_EQ(
        get("/v2/drivers/gold/stats"),
        R"(200 {"pools":[{"pool":"fast","taken_at":"2026-01-02T03:04:05Z","total_bytes":100,"used_bytes":10,)"
        R"("provisioned_bytes":400,"saved_permille":250,"epoch":1,"read_ops":null,"write_ops":null,)"
        R"("read_bytes":null,"write_bytes":null,"read_latency_ns_sum":null,"write_latency_ns_sum":null,)"
        R"("attributes":{"shared":"1"}}]})");
    EXPECT_THAT(get("/v2/drivers/none/stats"), StartsWith("404 "));
    service.fail_next("stats", {.code = Code::unsupported, .message = "it has none"});
    EXPECT_THAT(get("/v2/drivers/silver/stats"), StartsWith("501 "));
    EXPECT_THAT(service.log(), ElementsAre("stats gold"));
}

TEST_F(Api, fences_a_node) {
    EXPECT_EQ(ask("POST", "/v2/nodes/node-2/fence"),
              R"(200 {"fenced":[{"backend":"gold","volumes":["v","w"]}]})");
    EXPECT_THAT(ask("POST", "/v2/nodes/node-2/fence", R"({"backends":["gold","silver"]})"),
                StartsWith("200 "));
    EXPECT_THAT(ask("POST", "/v2/nodes/node-1/fence", "{}"), StartsWith("400 "));
    for (const char *body : {R"({"backends":"gold"})", R"({"backends":[1]})", R"({"backends":[""]})", "[]",
                             R"({"backend":["gold"]})"})
        EXPECT_THAT(ask("POST", "/v2/nodes/node-2/fence", body), StartsWith("400 ")) << body;
    EXPECT_THAT(service.log(), ElementsAre("fence node-2 ", "fence node-2 gold,silver", "fence node-1 "));
}

TEST_F(Api, makes_groups_and_their_snapshots) {
    EXPECT_EQ(ask("POST", "/v2/groups", R"({"name":"g","volumes":["v","w"]})"),
              R"(200 {"id":"id-g","name":"g","backend":"gold","volumes":[{"volume_id":"id-v","volume":"v"},)"
              R"({"volume_id":"id-w","volume":"w"}],"snapshots":0,"created_at":"2026-01-02T03:04:05Z",)"
              R"("status":"ready"})");
    EXPECT_THAT(get("/v2/groups"), StartsWith(R"(200 {"groups":[{"id":"id-g")"));
    EXPECT_THAT(get("/v2/groups/id-g"), StartsWith(R"(200 {"id":"id-g")"));
    EXPECT_THAT(get("/v2/groups/x"), StartsWith("404 "));
    EXPECT_THAT(ask("POST", "/v2/groups/g/volumes", R"({"add":["x"],"remove":["v"]})"), StartsWith("200 "));
    EXPECT_THAT(ask("POST", "/v2/groups/g/volumes", "{}"), StartsWith("400 "));
    EXPECT_THAT(ask("POST", "/v2/groups", R"({"volumes":["v"]})"), StartsWith("400 "));
    const std::string snapshot =
        R"({"id":"snap-s","name":"s","group_id":"id-g","group":"g","backend":"gold",)"
        R"("snapshots":[{"volume_id":"id-v","volume":"v","snapshot_id":"snap-v"}],)"
        R"("created_at":"2026-01-02T03:04:05Z","filesystem_consistent":true,"status":"ready"})";
    EXPECT_EQ(ask("POST", "/v2/groups/g/snapshots", R"({"name":"s"})"), "200 " + snapshot);
    EXPECT_EQ(get("/v2/groups/g/snapshots/s"), "200 " + snapshot);
    EXPECT_EQ(get("/v2/groups/g/snapshots"), R"(200 {"group_snapshots":[)" + snapshot + "]}");
    EXPECT_EQ(get("/v2/group-snapshots"), R"(200 {"group_snapshots":[)" + snapshot + "]}");
    EXPECT_THAT(get("/v2/groups/x/snapshots"), StartsWith("404 "));
    EXPECT_EQ(ask("DELETE", "/v2/groups/g/snapshots/s"), "204 ");
    EXPECT_EQ(ask("DELETE", "/v2/groups/g"), "204 ");
    EXPECT_THAT(service.log(), ElementsAre("group-create g v,w", "group-change g +x -v", "group-snapshot g s",
                                           "group-snapshot-remove g s", "group-remove g"));
}

TEST_F(Api, says_how_it_is) {
    EXPECT_EQ(
        get("/v2/health"),
        R"(200 {"status":"ok","version":"0.1.0","node_id":"node-1",)"
        R"("cluster_id":"5b3f0e9a-0000-4000-8000-000000000001","started_at":"2026-01-02T03:04:05Z",)"
        R"("backends":[{"name":"gold","state":"ready","error":""},{"name":"silver","state":"ready","error":""}]})");
    service.backend_state = "failed";
    EXPECT_THAT(get("/v2/health"), StartsWith(R"(200 {"status":"degraded")"));
    EXPECT_THAT(answer.body,
                HasSubstr(R"({"name":"gold","state":"failed","error":"the array does not answer"})"));
    EXPECT_THAT(get("/v2/drivers"),
                HasSubstr(R"("error":{"code":"unreachable","message":"the array does not answer",)"
                          R"("retryable":true})"));
}

TEST_F(Api, reloads_drivers) {
    EXPECT_THAT(ask("POST", "/v2/drivers/silver/reload"),
                StartsWith(R"(200 {"drivers":[{"backend":"silver","driver":"loopback")"));
    EXPECT_THAT(ask("POST", "/v2/drivers/none/reload"), StartsWith(R"(404 {"error":{"code":"not-found")"));
    EXPECT_THAT(service.log(), ElementsAre("reload silver", "reload none"));
}

TEST_F(Api, serves_metrics) {
    EXPECT_THAT(get("/metrics"), StartsWith("200 # HELP drover_build_info"));
    EXPECT_EQ(http::find_header(answer.headers, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
}

TEST_F(Api, refuses_what_it_does_not_know) {
    const auto error = [](std::string_view code, std::string_view message) {
        return fmt::format(R"({{"error":{{"code":"{}","message":"{}","retryable":false}}}})", code, message);
    };
    EXPECT_EQ(get("/v2/volume"), "404 " + error("not-found", "the API has no path /v2/volume"));
    EXPECT_EQ(get("/"), "404 " + error("not-found", "the API has no path /"));
    EXPECT_EQ(get("/v2/volumes/"), "404 " + error("not-found", "the API has no path /v2/volumes/"));
    EXPECT_EQ(get("/v2/volumes/v/x/y/z/w"),
              "404 " + error("not-found", "the API has no path /v2/volumes/v/x/y/z/w"));
    EXPECT_EQ(ask("PUT", "/v2/volumes"), "405 " + error("invalid", "/v2/volumes takes GET, POST, not PUT"));
    EXPECT_EQ(http::find_header(answer.headers, "Allow"), "GET, POST");
    EXPECT_EQ(get("/v2/volumes?bakend=gold"),
              "400 " + error("invalid", R"(unknown query parameter \"bakend\": did you mean \"backend\"?; )"
                                        R"(GET /v2/volumes knows backend)"));
    EXPECT_EQ(get("/v2/drivers?x"),
              "400 " + error("invalid", R"(unknown query parameter \"x\"; GET /v2/drivers knows none)"));
    EXPECT_EQ(get("/v2/volumes?backend=gold&backend=gold"),
              "400 " + error("invalid", R"(query parameter \"backend\" is given twice)"));
    EXPECT_THAT(get("/v2/volumes/%zz"), StartsWith("400 "));
    http::testing::RawClient odd(socket);
    ASSERT_TRUE(odd.send("hello\r\n\r\n"));
    EXPECT_EQ(http::testing::body_of(odd.answer()), error("invalid", "this is no HTTP request (bad method)"));
}

TEST_F(Api, names_that_are_odd_reach_the_service_and_come_to_nothing) {
    for (const char *name : {"..", "%2e%2e", "a%00b", "%ff", "%0a"}) {
        EXPECT_THAT(get(std::string("/v2/volumes/") + name), StartsWith("404 ")) << name;
        EXPECT_EQ(json().at("error").at("code").as_string(), "not-found") << name;
    }
}

} // namespace
} // namespace drover
