// The program as its users meet it: dockerd's own requests on the plugin sockets, and everything people get
// wrong.
#include "core/agent/tests/engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <sys/mount.h>
#include <sys/stat.h>
#include <thread>
#include <vector>

namespace drover::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// 64 hex digits, as dockerd makes them.
std::string id_of(char digit) {
    return std::string(64, digit);
}

std::string named(const std::string &name, const std::string &id = {}) {
    return id.empty() ? "{\"Name\":\"" + name + "\"}\n"
                      : "{\"Name\":\"" + name + "\",\"ID\":\"" + id + "\"}\n";
}

// What `"key":"value"` says in an answer.
std::string field(const std::string &body, const std::string &key) {
    const auto at = body.find("\"" + key + "\":\"");
    if (at == std::string::npos)
        return {};
    const auto begin = at + key.size() + 4;
    return body.substr(begin, body.find('"', begin) - begin);
}

std::string mount(Connection &engine, const std::string &name, const std::string &id) {
    const Answer answer = engine.post("/VolumeDriver.Mount", named(name, id));
    EXPECT_EQ(field(answer.body, "Err"), "") << answer.body;
    return field(answer.body, "Mountpoint");
}

void expect_good(const Answer &answer) {
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(field(answer.body, "Err"), "") << answer.body;
}

bool is_mounted(const std::string &target) {
    std::ifstream table("/proc/self/mountinfo");
    std::ostringstream text;
    text << table.rdbuf();
    return text.str().find(" " + target + " ") != std::string::npos;
}

std::string volume(const RunningAgent &agent, const std::string &name) {
    return get(agent.api(), "/v2/volumes/" + name).body;
}

void write_file(const std::filesystem::path &file, const std::string &text) {
    std::ofstream out(file);
    out << text;
    out.flush();
    ASSERT_TRUE(out) << file;
}

std::string read_file(const std::filesystem::path &file) {
    std::ifstream in(file);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

bool backend_is(const RunningAgent &agent, const std::string &state) {
    return agent.until("/v2/drivers", "\"state\":\"" + state + "\"");
}

TEST(Agent, TheMainJobSurvivesAKill) {
    RunningAgent agent;
    ASSERT_TRUE(backend_is(agent, "ready"));
    std::string mountpoint;
    {
        Connection engine(agent.docker("flocker"));
        EXPECT_THAT(engine.post("/Plugin.Activate", "").body, HasSubstr("VolumeDriver"));
        EXPECT_THAT(engine.post("/VolumeDriver.Capabilities", "{}\n").body, HasSubstr("global"));
        expect_good(
            engine.post("/VolumeDriver.Create", R"({"Name":"db","Opts":{"size":"64MiB","profile":"gold"}})"));
        mountpoint = mount(engine, "db", id_of('a'));
        write_file(mountpoint + "/file", "kept");
        expect_good(engine.post("/VolumeDriver.Unmount", named("db", id_of('a'))));
        EXPECT_FALSE(is_mounted(mountpoint));
    }
    agent.kill_hard();
    agent.start();
    ASSERT_TRUE(backend_is(agent, "ready"));
    Connection engine(agent.docker("flocker"));
    EXPECT_EQ(mount(engine, "db", id_of('b')), mountpoint);
    EXPECT_EQ(read_file(mountpoint + "/file"), "kept");
    expect_good(engine.post("/VolumeDriver.Unmount", named("db", id_of('b'))));
    expect_good(engine.post("/VolumeDriver.Remove", named("db")));
    EXPECT_THAT(engine.post("/VolumeDriver.Get", named("db")).body, HasSubstr("no such volume"));
    EXPECT_EQ(agent.stop(), 0);
}

// Recorded from dockerd 20.10.24: `docker run -v v:/data --volume-driver drover`, `docker cp` in and out,
// `docker rm -f`.
TEST(Sequence, RunCpRemove) {
    RunningAgent agent;
    ASSERT_TRUE(backend_is(agent, "ready"));
    Connection engine(agent.docker());
    const std::string id = id_of('c');
    EXPECT_THAT(engine.post("/VolumeDriver.Get", named("vol")).body, HasSubstr("no such volume"));
    expect_good(engine.post("/VolumeDriver.Create", "{\"Name\":\"vol\",\"Opts\":null}\n"));
    const Answer got = engine.post("/VolumeDriver.Get", named("vol"));
    EXPECT_THAT(got.body, HasSubstr("\"Name\":\"vol\""));
    EXPECT_THAT(got.body, HasSubstr("\"Mountpoint\":\"\""));
    const std::string mountpoint = mount(engine, "vol", id);
    for (int cp = 0; cp < 2;
         ++cp) { // each cp into a container mounts and unmounts twice, with the container's id
        EXPECT_EQ(mount(engine, "vol", id), mountpoint);
        expect_good(engine.post("/VolumeDriver.Unmount", named("vol", id)));
    }
    EXPECT_TRUE(is_mounted(mountpoint));
    EXPECT_THAT(engine.post("/VolumeDriver.Path", named("vol")).body, HasSubstr(mountpoint));
    engine.post("/VolumeDriver.Get", named("vol"));
    expect_good(engine.post("/VolumeDriver.Unmount", named("vol", id)));
    EXPECT_FALSE(is_mounted(mountpoint));
    expect_good(engine.post("/VolumeDriver.Unmount", named("vol", id))); // twice: no change
}

TEST(Sequence, TwoContainersShareOneMount) {
    RunningAgent agent;
    ASSERT_TRUE(backend_is(agent, "ready"));
    Connection engine(agent.docker());
    expect_good(engine.post("/VolumeDriver.Create", R"({"Name":"vol","Opts":{"size":"64m"}})"));
    // Two containers start at once: dockerd does not serialise Mount.
    std::string first;
    std::string second;
    std::thread other([&] {
        Connection again(agent.docker());
        second = mount(again, "vol", id_of('2'));
    });
    first = mount(engine, "vol", id_of('1'));
    other.join();
    EXPECT_EQ(first, second);
    expect_good(engine.post("/VolumeDriver.Unmount", named("vol", id_of('1'))));
    EXPECT_TRUE(is_mounted(first));
    EXPECT_THAT(engine.post("/VolumeDriver.Remove", named("vol")).body, HasSubstr("in use"));
    expect_good(engine.post("/VolumeDriver.Unmount", named("vol", id_of('2'))));
    EXPECT_FALSE(is_mounted(first));
}

// dockerd and its containers were killed: no Unmount came, and its successor uses the stored id again.
TEST(Sequence, TheEngineDiesAndTheSameIdComesAgain) {
    RunningAgent agent;
    ASSERT_TRUE(backend_is(agent, "ready"));
    const auto socket = agent.docker();
    expect_good(
        post_as("dockerd", socket, "/VolumeDriver.Create", R"({"Name":"vol","Opts":{"size":"64m"}})"));
    const std::string id = id_of('d');
    const std::string mountpoint =
        field(post_as("dockerd", socket, "/VolumeDriver.Mount", named("vol", id)).body, "Mountpoint");
    ASSERT_TRUE(is_mounted(mountpoint));
    // A client that is no engine changes nothing.
    expect_good(post_as("curl", socket, "/VolumeDriver.Get", named("vol")));
    EXPECT_THAT(volume(agent, "vol"), HasSubstr("\"uses\":1"));
    // The successor's first word; nothing runs with the volume any more.
    EXPECT_EQ(field(post_as("dockerd", socket, "/VolumeDriver.Mount", named("vol", id)).body, "Mountpoint"),
              mountpoint);
    EXPECT_THAT(volume(agent, "vol"), HasSubstr("\"uses\":1"));
    expect_good(post(socket, "/VolumeDriver.Unmount", named("vol", id)));
    EXPECT_FALSE(is_mounted(mountpoint));
}

TEST(Sequence, AClientThatHangsUpCountsNothing) {
    RunningAgent agent;
    ASSERT_TRUE(backend_is(agent, "ready"));
    expect_good(post(agent.docker(), "/VolumeDriver.Create", R"({"Name":"vol","Opts":{"size":"64m"}})"));
    {
        Connection engine(agent.docker());
        const std::string body = named("vol", id_of('e'));
        engine.send("POST /VolumeDriver.Mount HTTP/1.1\r\nHost: \r\nContent-Length: " +
                    std::to_string(body.size()) + "\r\n\r\n" + body);
    }
    // Its mount is carried out and taken back; a next one finds everything in order.
    Connection engine(agent.docker());
    const std::string mountpoint = mount(engine, "vol", id_of('f'));
    ASSERT_TRUE(agent.until("/v2/volumes/vol", "\"uses\":1"));
    expect_good(engine.post("/VolumeDriver.Unmount", named("vol", id_of('f'))));
    EXPECT_TRUE(agent.until("/v2/volumes/vol", "\"uses\":0"));
    EXPECT_FALSE(is_mounted(mountpoint));
}

TEST(Sequence, ARetryWithAnEmptyBodyIsNoRequest) {
    RunningAgent agent;
    ASSERT_TRUE(backend_is(agent, "ready"));
    Connection engine(agent.docker());
    for (const char *call : {"Create", "Mount", "Unmount", "Remove", "Get", "Path"}) {
        EXPECT_THAT(engine.post(std::string("/VolumeDriver.") + call, "").body, HasSubstr("empty request"))
            << call;
    }
    EXPECT_THAT(get(agent.api(), "/v2/volumes").body, HasSubstr("\"volumes\":[]"));
}

TEST(Sockets, GarbageHurtsNobody) {
    RunningAgent agent;
    ASSERT_TRUE(backend_is(agent, "ready"));
    for (const auto &socket : {agent.api(), agent.docker(), agent.docker("loopback")}) {
        struct stat status {};
        ASSERT_EQ(::stat(socket.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777U, 0600U) << socket;
        for (const std::string &garbage :
             {std::string("\0\1\2\3", 4), std::string("GET"), std::string(100'000, 'x'),
              std::string("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
              std::string(
                  "POST /VolumeDriver.Mount HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"),
              std::string("POST /VolumeDriver.Mount HTTP/1.1\r\nContent-Length: 7\r\n\r\n{\"Name\""),
              std::string("\x16\x03\x01\x02\x00", 5)}) {
            Connection connection(socket);
            ASSERT_TRUE(connection.is_open());
            connection.send(garbage);
        }
        for (const std::string body : {"{", "[]", "null", "{\"Name\":7}", "{\"Name\":\"../../etc\"}",
                                       "{\"Name\":\"v\",\"Opts\":{\"size\":7}}",
                                       "{\"Name\":\"v\",\"Opts\":{\"size\":\"ten\"}}", "\xff\xfe"}) {
            const Answer answer =
                post(socket, socket == agent.api() ? "/v2/volumes" : "/VolumeDriver.Create", body);
            EXPECT_NE(answer.status, 0) << body;
            EXPECT_NE(answer.body, "") << body;
        }
    }
    EXPECT_TRUE(agent.runs());
    EXPECT_THAT(get(agent.api(), "/v2/volumes").body, HasSubstr("\"volumes\":[]"));
}

TEST(Sockets, AStaleOneIsReplacedAndNoneIsLeft) {
    RunningAgent agent;
    agent.kill_hard();
    ASSERT_TRUE(std::filesystem::exists(agent.docker())); // left by the kill
    agent.start();
    EXPECT_EQ(post(agent.docker(), "/Plugin.Activate", "").status, 200);
    EXPECT_EQ(agent.stop(), 0);
    EXPECT_FALSE(std::filesystem::exists(agent.docker()));
    EXPECT_FALSE(std::filesystem::exists(agent.api()));
}

TEST(State, ASecondAgentIsRefusedAndTheFirstGoesOn) {
    RunningAgent agent;
    const auto [status, text] = agent.run_another();
    EXPECT_EQ(status, 1);
    EXPECT_THAT(text, HasSubstr("state"));
    EXPECT_TRUE(agent.runs());
    EXPECT_EQ(post(agent.docker(), "/Plugin.Activate", "").status, 200);
}

TEST(State, AnotherNodeIdOnTheSameStateIsRefused) {
    RunningAgent agent;
    EXPECT_EQ(agent.stop(), 0);
    std::string text = read_file(agent.config());
    text.replace(text.find("test-node"), 9, "other-one");
    write_file(agent.config(), text);
    const auto [status, said] = agent.run_another();
    EXPECT_EQ(status, 1);
    EXPECT_THAT(said, HasSubstr("test-node"));
}

TEST(Config, AWrongFileIsShownWithItsPlace) {
    RunningAgent agent;
    EXPECT_EQ(agent.stop(), 0);
    std::string text = read_file(agent.config());
    text.replace(text.find("state-dir"), 9, "state-dri");
    write_file(agent.config(), text);
    const auto [status, said] = agent.run_another();
    EXPECT_EQ(status, 2);
    EXPECT_THAT(said, HasSubstr("did you mean state-dir"));
    EXPECT_THAT(said, HasSubstr("agent.yml:6:")) << said;
}

// Backends that cannot be opened say why, one sentence each, and the others serve.
TEST(Drivers, WrongOnesAreNamedAndTheOthersServe) {
    const std::string backends =
        "dataset:\n  backend: loopback\n  root_path: {}/loopback\n"
        "backends:\n  text: {driver: notadriver}\n  open: {driver: writable, root_path: \"{}/w\"}\n"
        "  missing: {driver: loopbakc}\n  keys: {driver: loopback, root_pth: /tmp}\n";
    std::string pattern = "/tmp/drover-drivers-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    const std::filesystem::path folder = pattern;
    std::filesystem::copy_file(drivers() / "loopback.so", folder / "loopback.so");
    std::filesystem::copy_file(drivers() / "loopback.so", folder / "writable.so");
    ::chmod((folder / "loopback.so").c_str(), 0644);
    ::chmod((folder / "writable.so").c_str(), 0666);
    write_file(folder / "notadriver.so", "hello");
    ::chmod((folder / "notadriver.so").c_str(), 0644);
    {
        RunningAgent agent(backends, "  driver-dir: " + folder.string() + "\n");
        ASSERT_TRUE(backend_is(agent, "ready"));
        ASSERT_TRUE(agent.until("/v2/drivers", "Did you mean"));
        ASSERT_TRUE(agent.until("/v2/drivers", "ELF"));
        ASSERT_TRUE(agent.until("/v2/drivers", "chmod"));
        ASSERT_TRUE(agent.until("/v2/drivers", "did you mean root_path"));
        expect_good(post(agent.docker(), "/VolumeDriver.Create", R"({"Name":"vol","Opts":{"size":"64m"}})"));
        EXPECT_THAT(
            post(agent.docker("text"), "/VolumeDriver.Create", R"({"Name":"other","Opts":{"size":"64m"}})")
                .body,
            HasSubstr("is not open"));
    }
    std::filesystem::remove_all(folder);
}

// A driver in plain C, dropped into the folder: found by its backend name, nothing else is built again.
TEST(Drivers, OneInPlainCServesByItsName) {
    std::string pattern = "/tmp/drover-drivers-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    const std::filesystem::path folder = pattern;
    std::filesystem::copy_file(built() / "test-drivers/cfile.so", folder / "cfile.so");
    ::chmod((folder / "cfile.so").c_str(), 0644);
    {
        RunningAgent agent("dataset:\n  backend: cfile\n  folder: {}/images\n",
                           "  driver-dir: " + folder.string() + "\n");
        ASSERT_TRUE(backend_is(agent, "ready")) << get(agent.api(), "/v2/drivers").body;
        Connection engine(agent.docker("cfile"));
        expect_good(engine.post("/VolumeDriver.Create", R"({"Name":"vol","Opts":{"size":"64m"}})"));
        std::string mountpoint = mount(engine, "vol", id_of('1'));
        write_file(mountpoint + "/file", "kept");
        expect_good(engine.post("/VolumeDriver.Unmount", named("vol", id_of('1'))));
        mountpoint = mount(engine, "vol", id_of('2'));
        EXPECT_EQ(read_file(mountpoint + "/file"), "kept");
        expect_good(engine.post("/VolumeDriver.Unmount", named("vol", id_of('2'))));
        expect_good(engine.post("/VolumeDriver.Remove", named("vol")));
    }
    std::filesystem::remove_all(folder);
}

// Any Err on Get makes dockerd forget the volume: it is answered from the records, whatever the backend does.
TEST(Drivers, GetAnswersWhileTheBackendIsDown) {
    RunningAgent agent;
    ASSERT_TRUE(backend_is(agent, "ready"));
    expect_good(post(agent.docker(), "/VolumeDriver.Create", R"({"Name":"vol","Opts":{"size":"64m"}})"));
    EXPECT_EQ(agent.stop(), 0);
    std::string text = read_file(agent.config());
    text.replace(text.find(drivers().string()), drivers().string().size(),
                 agent.folder().string() + "/nodrivers");
    write_file(agent.config(), text);
    agent.start();
    ASSERT_TRUE(backend_is(agent, "failed"));
    const Answer answer = post(agent.docker(), "/VolumeDriver.Get", named("vol"));
    EXPECT_THAT(answer.body, HasSubstr("\"Name\":\"vol\""));
    EXPECT_EQ(field(answer.body, "Err"), "");
    EXPECT_THAT(post(agent.docker(), "/VolumeDriver.List", "{}").body, HasSubstr("\"Name\":\"vol\""));
    EXPECT_THAT(post(agent.docker(), "/VolumeDriver.Mount", named("vol", id_of('1'))).body,
                HasSubstr("is not open"));
}

TEST(FullDisk, ACreateThatDoesNotFitFailsAndLeavesNothing) {
    std::string pattern = "/tmp/drover-full-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    ASSERT_EQ(::mount("none", pattern.c_str(), "tmpfs", 0, "size=32m"), 0);
    {
        RunningAgent agent("dataset:\n  backend: loopback\n  root_path: " + pattern + "/loopback\n");
        ASSERT_TRUE(backend_is(agent, "ready"));
        Connection engine(agent.docker());
        const Answer full =
            engine.post("/VolumeDriver.Create", R"({"Name":"vol","Opts":{"size":"64m","profile":"gold"}})");
        EXPECT_THAT(field(full.body, "Err"), Not(HasSubstr("internal"))) << full.body;
        EXPECT_NE(field(full.body, "Err"), "");
        EXPECT_THAT(engine.post("/VolumeDriver.Get", named("vol")).body, HasSubstr("no such volume"));
        expect_good(
            engine.post("/VolumeDriver.Create", R"({"Name":"small","Opts":{"size":"8m","profile":"gold"}})"));
    }
    ::umount2(pattern.c_str(), MNT_DETACH);
    ::rmdir(pattern.c_str());
}

} // namespace
} // namespace drover::testing
