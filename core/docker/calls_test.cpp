// Every call, with the bytes of its answer.
#include "core/docker/testing/engine_double.hpp"

namespace drover {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class Calls : public testing::DockerTest {};

std::string ok(std::string_view body) {
    return fmt::format("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.plugins.v1.1+json\r\n"
                       "Content-Length: {}\r\n\r\n{}",
                       body.size(), body);
}

TEST_F(Calls, activate_and_capabilities) {
    EXPECT_EQ(exchange("Plugin.Activate", ""), ok(R"({"Implements":["VolumeDriver"]})"));
    EXPECT_EQ(exchange("VolumeDriver.Capabilities", "{}"), ok(R"({"Capabilities":{"Scope":"global"}})"));
    EXPECT_EQ(exchange("VolumeDriver.Capabilities", ""), ok(R"({"Capabilities":{"Scope":"global"}})"));
}

TEST_F(Calls, create) {
    EXPECT_EQ(exchange("VolumeDriver.Create", R"({"Name":"v","Opts":{"size":"10GiB","profile":"gold"}})"),
              ok(R"({"Err":""})"));
    const VolumeSpec spec = service.last_spec();
    EXPECT_EQ(spec.name, "v");
    EXPECT_EQ(spec.backend, "gold");
    EXPECT_EQ(spec.bytes, std::uint64_t{10} << 30);
    EXPECT_EQ(spec.profile, "gold");
    EXPECT_TRUE(spec.any_shape);
    EXPECT_FALSE(spec.must_exist);
}

TEST_F(Calls, create_with_null_absent_and_empty_options) {
    EXPECT_EQ(call("Create", R"({"Name":"a","Opts":null})"), R"({"Err":""})");
    EXPECT_EQ(call("Create", R"({"Name":"b"})"), R"({"Err":""})");
    EXPECT_EQ(call("Create", R"({"Name":"c","Opts":{}})"), R"({"Err":""})");
    EXPECT_EQ(call("Create", R"({"Name":"a","Opts":null})"), R"({"Err":""})"); // it exists now
    EXPECT_EQ(service.list("").size(), 3U);
}

TEST_F(Calls, create_without_options_only_finds_when_implicit_creation_is_off) {
    serve({.backend = "gold", .implicit_create = false});
    service.add("there");
    EXPECT_EQ(call("Create", R"({"Name":"typo","Opts":null})"), R"({"Err":"no such volume: typo"})");
    EXPECT_EQ(call("Create", R"({"Name":"there","Opts":null})"), R"({"Err":""})");
    EXPECT_EQ(call("Create", R"({"Name":"wanted","Opts":{"size":"1g"}})"), R"({"Err":""})");
}

TEST_F(Calls, create_refuses_what_it_does_not_know) {
    EXPECT_EQ(
        call("Create", R"({"Name":"v","Opts":{"profil":"gold"}})"),
        R"({"Err":"unknown option \"profil\": did you mean \"profile\"?; known are size, profile, fstype, pool, )"
        R"(mode, uid, gid, subfolder, from"})");
    EXPECT_EQ(call("Create", R"({"Name":"v","Opts":{"size":10}})"),
              R"({"Err":"the value of option \"size\" is no text"})");
    EXPECT_EQ(call("Create", R"({"Name":"v","Opts":["size"]})"),
              R"({"Err":"the request's Opts are no map"})");
    EXPECT_THAT(service.log(), IsEmpty());
}

TEST_F(Calls, get) {
    service.add("v");
    service.add_snapshot("v", "monday");
    EXPECT_EQ(
        exchange("VolumeDriver.Get", R"({"Name":"v"})"),
        ok(R"({"Volume":{"Name":"v","Mountpoint":"","CreatedAt":"2026-01-02T03:04:05Z","Status":{"id":"id-v",)"
           R"("status":"available","size":"10 GiB","backend":"gold","driver":"loopback","fs":"ext4",)"
           R"("profile":"gold","uses":0,"snapshots":1}},"Err":""})"));
}

TEST_F(Calls, get_of_a_mounted_volume_that_is_in_trouble_and_has_no_time) {
    VolumeView &volume = service.add("v");
    volume.status = VolumeStatus::in_use;
    volume.mountpoint = "/flocker/id-v";
    volume.node = "node-1";
    volume.device = "/dev/loop7";
    volume.uses = 2;
    volume.created_unix_ns = 0;
    volume.error = VolumeFailure{.code = Code::unreachable, .message = "the array does not answer"};
    volume.operation = "extend: growing";
    EXPECT_EQ(
        call("Get", R"({"Name":"v"})"),
        R"({"Volume":{"Name":"v","Mountpoint":"/flocker/id-v","Status":{"id":"id-v","status":"in-use",)"
        R"("size":"10 GiB","backend":"gold","driver":"loopback","fs":"ext4","profile":"gold","node":"node-1",)"
        R"("device":"/dev/loop7","uses":2,"snapshots":0,"error":"the array does not answer",)"
        R"("operation":"extend: growing"}},"Err":""})");
}

TEST_F(Calls, get_of_an_unknown_volume) {
    EXPECT_EQ(exchange("VolumeDriver.Get", R"({"Name":"v"})"), ok(R"({"Err":"no such volume: v"})"));
}

TEST_F(Calls, get_sees_the_volumes_of_its_own_backend_only) {
    service.add("v", "silver");
    EXPECT_EQ(call("Get", R"({"Name":"v"})"), R"({"Err":"no such volume: v"})");
    serve({.backend = ""});
    EXPECT_THAT(call("Get", R"({"Name":"v"})"), HasSubstr(R"("backend":"silver")"));
}

TEST_F(Calls, list) {
    EXPECT_EQ(exchange("VolumeDriver.List", "{}"), ok(R"({"Volumes":[],"Err":""})"));
    service.add("b").mountpoint = "/flocker/id-b";
    service.add("a").created_unix_ns = 0;
    service.add("c", "silver");
    EXPECT_EQ(exchange("VolumeDriver.List", ""),
              ok(R"({"Volumes":[{"Name":"a","Mountpoint":""},{"Name":"b","Mountpoint":"/flocker/id-b",)"
                 R"("CreatedAt":"2026-01-02T03:04:05Z"}],"Err":""})"));
}

TEST_F(Calls, path_mount_and_unmount) {
    service.add("v");
    EXPECT_EQ(exchange("VolumeDriver.Path", R"({"Name":"v"})"), ok(R"({"Mountpoint":"","Err":""})"));
    EXPECT_EQ(exchange("VolumeDriver.Mount", R"({"Name":"v","ID":"abc"})"),
              ok(R"({"Mountpoint":"/mnt/id-v","Err":""})"));
    EXPECT_EQ(exchange("VolumeDriver.Path", R"({"Name":"v"})"), ok(R"({"Mountpoint":"/mnt/id-v","Err":""})"));
    EXPECT_TRUE(service.wait_for("delivered v abc"));
    EXPECT_EQ(exchange("VolumeDriver.Unmount", R"({"Name":"v","ID":"abc"})"), ok(R"({"Err":""})"));
    EXPECT_EQ(call("Path", R"({"Name":"gone"})"), R"({"Err":"no such volume: gone"})");
}

TEST_F(Calls, remove_with_the_policy_of_the_configuration) {
    service.add("v");
    service.add("w");
    EXPECT_EQ(exchange("VolumeDriver.Remove", R"({"Name":"v"})"), ok(R"({"Err":""})"));
    serve({.backend = "gold", .remove = RemovePolicy::keep});
    EXPECT_EQ(call("Remove", R"({"Name":"w"})"), R"({"Err":""})");
    EXPECT_EQ(call("Remove", R"({"Name":"w"})"), R"({"Err":""})"); // gone is what was asked
    EXPECT_THAT(service.log(),
                ::testing::ElementsAre("remove v destroy-if-ours", "remove w keep", "remove w keep"));
}

TEST_F(Calls, errors_are_one_line_and_never_empty) {
    service.add("v");
    service.fail_next("mount", {.code = Code::unreachable, .message = "the array\r\n\tdoes not answer\n"});
    EXPECT_EQ(call("Mount", R"({"Name":"v","ID":"a"})"), R"({"Err":"the array does not answer "})");
    service.fail_next("mount", {.code = Code::internal, .message = "\"\xff\xc3\xa4"});
    EXPECT_EQ(call("Mount", R"({"Name":"v","ID":"a"})"), "{\"Err\":\"\\\"?\xc3\xa4\"}");
    service.fail_next("mount", {.code = Code::internal, .message = ""});
    EXPECT_EQ(call("Mount", R"({"Name":"v","ID":"a"})"),
              R"({"Err":"internal error: it failed without a reason"})");
    EXPECT_EQ(service.uses("v"), 0U);
    service.fail_next("remove", {.code = Code::conflict, .message = "volume v is in use on node-2"});
    EXPECT_EQ(call("Remove", R"({"Name":"v"})"), R"({"Err":"volume v is in use on node-2"})");
}

TEST_F(Calls, keys_match_in_any_case) {
    service.add("v");
    EXPECT_EQ(call("Mount", R"({"name":"v","id":"a","Extra":{"x":[1]}})"),
              R"({"Mountpoint":"/mnt/id-v","Err":""})");
    EXPECT_EQ(service.count("v", "a"), 1U);
}

TEST_F(Calls, without_a_body_do_nothing) {
    service.add("v");
    constexpr auto kEmpty =
        R"({"Err":"empty request: the connection broke during an earlier try; run the command again"})";
    for (const char *method : {"Create", "Get", "Path", "Mount", "Unmount", "Remove"}) {
        EXPECT_EQ(call(method, ""), kEmpty) << method;
        EXPECT_EQ(call(method, " \n"), kEmpty) << method;
    }
    EXPECT_THAT(service.log(), IsEmpty());
}

TEST_F(Calls, garbage_is_told_what_it_is) {
    std::string deep;
    for (int i = 0; i < 1000; ++i)
        deep += R"({"Name":)";
    for (const std::string &body :
         {std::string("{"), std::string("hello"), std::string("{\"Name\":\"v\"} x"), deep,
          std::string("\0\1", 2), std::string("{\"Name\":\"\xff\"}"), std::string(R"({"Name":"v",})")}) {
        EXPECT_THAT(call("Get", body), StartsWith(R"({"Err":"the request is no JSON: )")) << body;
    }
    EXPECT_EQ(call("Get", "[]"), R"({"Err":"the request is no JSON object"})");
    EXPECT_EQ(call("Get", "{}"), R"({"Err":"the request names no volume"})");
    EXPECT_EQ(call("Get", R"({"Name":null})"), R"({"Err":"the request names no volume"})");
    EXPECT_EQ(call("Get", R"({"Name":7})"), R"({"Err":"the request's Name is no text"})");
    EXPECT_EQ(call("Mount", R"({"Name":"v","ID":{}})"), R"({"Err":"the request's ID is no text"})");
    EXPECT_EQ(call("Mount", fmt::format(R"({{"Name":"v","ID":"{}"}})", std::string(256, 'a'))),
              R"({"Err":"the request's ID is longer than 255 bytes"})");
}

TEST_F(Calls, names_that_are_none_are_refused) {
    for (const std::string &name :
         {std::string(".."), std::string("a/b"), std::string("../x"), std::string("-a"), std::string(".a"),
          std::string("a b"), std::string("a\\u0000"), std::string("\xc3\xa4"), std::string(256, 'a')}) {
        for (const char *method : {"Create", "Get", "Path", "Mount", "Unmount", "Remove"}) {
            EXPECT_THAT(call(method, fmt::format(R"({{"Name":"{}","ID":"i"}})", name)),
                        HasSubstr("is no volume name"))
                << method << ' ' << name;
        }
    }
    EXPECT_THAT(service.log(), IsEmpty());
    EXPECT_EQ(call("Create", fmt::format(R"({{"Name":"0{}"}})", std::string(254, '-'))), R"({"Err":""})");
}

TEST_F(Calls, other_paths_and_methods) {
    EXPECT_THAT(exchange("VolumeDriver.Fly", "{}"), StartsWith("HTTP/1.1 404 Not Found\r\n"));
    EXPECT_EQ(call("Fly", "{}"), R"({"Err":"unknown call /VolumeDriver.Fly"})");
    auto to = client();
    ASSERT_TRUE(to.send("GET /VolumeDriver.List HTTP/1.1\r\n\r\n"));
    const std::string answer = to.answer();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
    EXPECT_THAT(answer, HasSubstr("Allow: POST\r\n"));
    ASSERT_TRUE(to.send("nonsense\r\n\r\n"));
    EXPECT_THAT(to.answer(), HasSubstr(R"({"Err":"this is no HTTP request)"));
}

} // namespace
} // namespace drover
