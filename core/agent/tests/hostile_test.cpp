// What somebody who may connect, or who may put a file in the way, can do to the running agent: nothing that
// holds up the others, reaches outside of its folders, or is left behind.
#include "core/agent/tests/engine.hpp"
#include "core/http/testing/raw_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <fstream>
#include <memory>
#include <poll.h>
#include <set>
#include <sstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <vector>

namespace drover::testing {
namespace {

namespace fs = std::filesystem;
using http::testing::RawClient;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

bool is_ready(const RunningAgent &agent) {
    return agent.until("/v2/drivers", "\"state\":\"ready\"");
}

std::string call(std::string_view path, std::string_view body) {
    return "POST " + std::string(path) + " HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + std::string(body);
}

std::string mount_call(const std::string &name, const std::string &id) {
    return call("/VolumeDriver.Mount", "{\"Name\":\"" + name + "\",\"ID\":\"" + id + "\"}");
}

std::string field(const std::string &body, const std::string &key) {
    const auto at = body.find("\"" + key + "\":\"");
    if (at == std::string::npos)
        return {};
    const auto begin = at + key.size() + 4;
    return body.substr(begin, body.find('"', begin) - begin);
}

void expect_good(const Answer &answer) {
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(field(answer.body, "Err"), "") << answer.body;
}

// A volume's whole life, by an engine that is no part of the attack.
void expect_service(const RunningAgent &agent, const std::string &name) {
    expect_good(post(agent.docker(), "/VolumeDriver.Create", "{\"Name\":\"" + name + "\"}"));
    expect_good(post(agent.docker(), "/VolumeDriver.Mount", "{\"Name\":\"" + name + "\",\"ID\":\"i\"}"));
    expect_good(post(agent.docker(), "/VolumeDriver.Unmount", "{\"Name\":\"" + name + "\",\"ID\":\"i\"}"));
    expect_good(post(agent.docker(), "/VolumeDriver.Remove", "{\"Name\":\"" + name + "\"}"));
}

std::size_t descriptors_of(pid_t pid) {
    std::error_code ignored;
    std::size_t count = 0;
    for ([[maybe_unused]] const auto &entry :
         fs::directory_iterator("/proc/" + std::to_string(pid) + "/fd", ignored))
        ++count;
    return count;
}

bool wait_until(const std::function<bool()> &is_so) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!is_so()) {
        if (std::chrono::steady_clock::now() > limit)
            return false;
        ::poll(nullptr, 0, 20);
    }
    return true;
}

// Everything below the folder; mounted filesystems are not entered.
std::set<std::string> tree(const fs::path &folder) {
    std::set<std::string> found;
    for (auto at = fs::recursive_directory_iterator(folder); at != fs::recursive_directory_iterator(); ++at)
        found.insert(at->path().lexically_relative(folder).string());
    return found;
}

void set_descriptor_limit(rlim_t soft) {
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = std::min(soft, limit.rlim_max);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
}

// ---- Connections ----

TEST(Hostile, ThousandsOfConnectionsWithHalfARequestHoldUpNobody) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    if (before.rlim_max < 4096)
        GTEST_SKIP() << "this process may have no more than " << before.rlim_max << " open files";
    set_descriptor_limit(1024); // what an agent that is started by hand gets
    RunningAgent agent;
    ASSERT_TRUE(is_ready(agent));
    set_descriptor_limit(4096);
    const std::string request = mount_call("nobody", "x");
    const std::string half = request.substr(0, request.size() - 9);
    std::vector<std::unique_ptr<Connection>> stuck;
    for (const auto &socket : {agent.docker(), agent.api()}) {
        for (int i = 0; i < 1000; ++i) {
            stuck.push_back(std::make_unique<Connection>(socket));
            ASSERT_TRUE(stuck.back()->is_open()) << i;
            stuck.back()->send(half);
        }
    }
    expect_service(agent, "amid-the-crowd");
    EXPECT_THAT(get(agent.api(), "/v2/volumes").body, HasSubstr("\"volumes\":[]"));
    // They were not forgotten either.
    for (std::size_t i = 0; i < stuck.size(); i += 100) {
        stuck[i]->send(request.substr(half.size()));
        EXPECT_NE(stuck[i]->receive().status, 0) << i;
    }
    stuck.clear();
    ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST(Hostile, ARequestThatBreaksOffAnywhereIsNoneAndLeavesNothing) {
    RunningAgent agent;
    ASSERT_TRUE(is_ready(agent));
    expect_good(post(agent.docker(), "/VolumeDriver.Create", "{\"Name\":\"v\"}"));
    const std::size_t before = descriptors_of(agent.pid());
    const std::string request = mount_call("v", std::string(64, 'a'));
    for (std::size_t length = 0; length < request.size(); ++length)
        RawClient(agent.docker()).send(request.substr(0, length));
    EXPECT_TRUE(wait_until([&] { return descriptors_of(agent.pid()) <= before; }))
        << before << " descriptors before, " << descriptors_of(agent.pid()) << " now";
    EXPECT_THAT(get(agent.api(), "/v2/volumes/v").body,
                AllOf(HasSubstr("\"uses\":0"), HasSubstr("\"mountpoint\":\"\"")));
    EXPECT_THAT(get(agent.api(), "/v2/operations").body, Not(HasSubstr("\"kind\":\"mount\"")));
}

// Requests without end, and not one answer read: its own answers wait, nobody else's.
TEST(Hostile, AClientThatNeverReadsHoldsUpNobody) {
    RunningAgent agent;
    ASSERT_TRUE(is_ready(agent));
    for (const auto &[socket, request] :
         {std::pair{agent.api(), std::string("GET /metrics HTTP/1.1\r\n\r\n")},
          std::pair{agent.docker(), call("/VolumeDriver.List", "{}")}}) {
        RawClient deaf(socket);
        std::size_t sent = 0;
        // Until no more is taken: the answers that nobody reads have filled their buffer by then.
        while (true) {
            const std::string_view rest = std::string_view(request).substr(sent % request.size());
            const ssize_t now = ::send(deaf.fd(), rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (now > 0) {
                sent += static_cast<std::size_t>(now);
                continue;
            }
            pollfd room{.fd = deaf.fd(), .events = POLLOUT, .revents = 0};
            if (::poll(&room, 1, 300) == 0)
                break;
        }
        EXPECT_EQ(get(agent.api(), "/v2/health").status, 200);
        expect_service(agent, "beside-the-deaf");
        // It may still change its mind.
        EXPECT_THAT(deaf.answer(), StartsWith("HTTP/1.1 200 OK"));
        EXPECT_THAT(deaf.answer(), StartsWith("HTTP/1.1 200 OK"));
    }
}

TEST(Hostile, GarbageAfterARequestIsRefusedAndTheRequestIsAnswered) {
    RunningAgent agent;
    ASSERT_TRUE(is_ready(agent));
    expect_good(post(agent.docker(), "/VolumeDriver.Create", "{\"Name\":\"v\"}"));
    RawClient client(agent.docker());
    client.send(mount_call("v", "i") + std::string("\x16\x03\x01\0garbage\r\n\r\n", 15) +
                mount_call("v", "j"));
    EXPECT_THAT(client.answer(), HasSubstr("\"Mountpoint\":\"" + agent.folder().string()));
    EXPECT_THAT(client.rest(), AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("Connection: close"),
                                     Not(HasSubstr("Mountpoint"))));
    // The first was carried out, and what came after the garbage was not.
    EXPECT_THAT(get(agent.api(), "/v2/volumes/v").body, HasSubstr("\"uses\":1"));
    expect_good(post(agent.docker(), "/VolumeDriver.Unmount", "{\"Name\":\"v\",\"ID\":\"i\"}"));
}

TEST(Hostile, BodiesWithoutMeasureAreRefused) {
    RunningAgent agent;
    ASSERT_TRUE(is_ready(agent));
    constexpr std::size_t kMegabyte = std::size_t{1} << 20;
    for (const auto &[socket, path] :
         {std::pair{agent.docker(), "/VolumeDriver.Create"}, std::pair{agent.api(), "/v2/volumes"}}) {
        RawClient large(socket);
        large.send(call(path, std::string(kMegabyte + 1, ' ')));
        EXPECT_THAT(large.answer(), StartsWith("HTTP/1.1 413"));
        // Said to be small, and never ending.
        RawClient chunked(socket);
        chunked.send("POST " + std::string(path) + " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
        const std::string chunk = "10000\r\n" + std::string(0x10000, ' ') + "\r\n";
        for (int i = 0; i < 64 && chunked.send(chunk); ++i) {
        }
        EXPECT_THAT(chunked.answer(), StartsWith("HTTP/1.1 413"));
        RawClient headers(socket);
        headers.send("POST " + std::string(path) + " HTTP/1.1\r\nX: " + std::string(17'000, 'x'));
        EXPECT_THAT(headers.answer(), StartsWith("HTTP/1.1 431"));

        // Within the limit, and meant to hurt whoever reads it.
        std::string keys = "{\"Name\":7";
        for (int i = 0; keys.size() < kMegabyte - 64; ++i)
            keys += ",\"k" + std::to_string(i) + "\":1";
        for (const std::string &body :
             {std::string(kMegabyte, '['), "{\"Name\":" + std::string(kMegabyte / 2, '[') + "}", keys + "}",
              "{\"Name\":\"" + std::string(kMegabyte - 20, 'n') + "\"}",
              "{\"name\":7,\"" + std::string(kMegabyte - 40, 'k') + "\":1}",
              "{\"Name\":\"v\",\"Opts\":{\"size\":\"" + std::string(kMegabyte - 100, '9') + "\"}}"}) {
            const Answer answer = post(socket, path, body);
            EXPECT_NE(answer.status, 0) << body.substr(0, 40);
            EXPECT_THAT(answer.body, AnyOf(HasSubstr("\"Err\":\""), HasSubstr("\"error\":")));
            EXPECT_LT(answer.body.size(), 1000U) << body.substr(0, 40); // it is not sent back
        }
    }
    EXPECT_THAT(get(agent.api(), "/v2/volumes").body, HasSubstr("\"volumes\":[]"));
    EXPECT_LT(fs::file_size(agent.folder() / "agent.log"), kMegabyte); // nor written down
}

// ---- Files ----

TEST(Hostile, NobodyElseMayConnectOrReadTheStateWhateverTheUmask) {
    const mode_t before = ::umask(0);
    const RunningAgent agent;
    ::umask(before);
    ASSERT_TRUE(is_ready(agent));
    const auto mode_of = [](const fs::path &file) {
        struct stat status {};
        EXPECT_EQ(::lstat(file.c_str(), &status), 0) << file;
        EXPECT_EQ(status.st_uid, ::geteuid()) << file;
        EXPECT_EQ(status.st_gid, ::getegid()) << file;
        return status.st_mode & 07777U;
    };
    for (const auto &socket :
         {agent.api(), agent.docker(), agent.docker("flocker"), agent.docker("loopback")})
        EXPECT_EQ(mode_of(socket), 0600U) << socket;
    EXPECT_EQ(mode_of(agent.folder() / "state"), 0700U);
    for (const auto &entry : fs::directory_iterator(agent.folder() / "state"))
        EXPECT_EQ(mode_of(entry.path()), 0600U) << entry.path();
    // What Docker and its users must be able to look into.
    EXPECT_EQ(mode_of(agent.folder() / "plugins"), 0755U);
    EXPECT_EQ(mode_of(agent.folder() / "run"), 0755U);
}

TEST(Hostile, NamesLeadNowhere) {
    RunningAgent agent;
    ASSERT_TRUE(is_ready(agent));
    const auto before = tree(agent.folder());
    for (const std::string name :
         {"../x", "..", ".", "a/b", "/etc", "a\\u0000b", "\\u0000", "\\u00e4", "\xc3\xa4", "\\u202e", "a b",
          "a\\nb", "-rf", ".hidden", "%2e%2e", "~", "$HOME", "*"}) {
        for (const char *method : {"Create", "Mount", "Unmount", "Remove", "Get", "Path"}) {
            const Answer answer = post(agent.docker(), std::string("/VolumeDriver.") + method,
                                       "{\"Name\":\"" + name + "\",\"ID\":\"i\"}");
            EXPECT_THAT(field(answer.body, "Err"), Not("")) << method << ' ' << name;
        }
        EXPECT_EQ(post(agent.api(), "/v2/volumes", "{\"name\":\"" + name + "\"}").status, 400) << name;
        EXPECT_EQ(post(agent.api(), "/v2/volumes", "{\"name\":\"v\",\"id\":\"" + name + "\"}").status, 400)
            << name;
        EXPECT_NE(post(agent.api(), "/v2/volumes", "{\"name\":\"v\",\"backend\":\"" + name + "\"}").status,
                  200)
            << name;
        EXPECT_EQ(
            post(agent.api(), "/v2/volumes", "{\"name\":\"v\",\"root\":{\"subfolder\":\"" + name + "\"}}")
                .status,
            400)
            << name;
        EXPECT_NE(post(agent.docker(), "/VolumeDriver.Create",
                       "{\"Name\":\"v\",\"Opts\":{\"subfolder\":\"" + name + "\"}}")
                      .body,
                  "{\"Err\":\"\"}")
            << name;
    }
    const std::string too_long(256, 'a');
    EXPECT_THAT(post(agent.docker(), "/VolumeDriver.Create", "{\"Name\":\"" + too_long + "\"}").body,
                HasSubstr("is no volume name"));
    EXPECT_EQ(post(agent.api(), "/v2/volumes", "{\"name\":\"" + too_long + "\"}").status, 400);
    EXPECT_THAT(get(agent.api(), "/v2/volumes").body, HasSubstr("\"volumes\":[]"));
    EXPECT_EQ(tree(agent.folder()), before);
}

TEST(Hostile, TheLongestNameAndTheOddestUseWorkAndSurviveARestart) {
    RunningAgent agent;
    ASSERT_TRUE(is_ready(agent));
    const std::string name(255, 'a');
    const std::string use = "../../x\\u0000\\n\\u001b[2J\\u00e4'\\\"; DROP TABLE rows; --";
    const auto with_use = "{\"Name\":\"" + name + "\",\"ID\":\"" + use + "\"}";
    expect_good(post(agent.docker(), "/VolumeDriver.Create", "{\"Name\":\"" + name + "\"}"));
    expect_good(post(agent.docker(), "/VolumeDriver.Mount", with_use));
    expect_good(post(agent.docker(), "/VolumeDriver.Mount", "{\"Name\":\"" + name + "\",\"ID\":\"other\"}"));
    EXPECT_EQ(agent.stop(), 0);
    agent.start();
    ASSERT_TRUE(is_ready(agent));
    expect_good(post(agent.docker(), "/VolumeDriver.Unmount", with_use));
    EXPECT_THAT(get(agent.api(), "/v2/volumes/" + name).body, HasSubstr("\"uses\":1"));
    expect_good(
        post(agent.docker(), "/VolumeDriver.Unmount", "{\"Name\":\"" + name + "\",\"ID\":\"other\"}"));
    expect_good(post(agent.docker(), "/VolumeDriver.Remove", "{\"Name\":\"" + name + "\"}"));
}

TEST(Hostile, ALinkInThePlaceOfAMountPointIsNotFollowed) {
    RunningAgent agent;
    ASSERT_TRUE(is_ready(agent));
    const auto mount = [&] {
        return post(agent.docker(), "/VolumeDriver.Mount", "{\"Name\":\"v\",\"ID\":\"i\"}").body;
    };
    const auto unmount = [&] {
        expect_good(post(agent.docker(), "/VolumeDriver.Unmount", "{\"Name\":\"v\",\"ID\":\"i\"}"));
    };
    expect_good(post(agent.docker(), "/VolumeDriver.Create", "{\"Name\":\"v\"}"));
    const fs::path point = field(mount(), "Mountpoint");
    ASSERT_THAT(point.string(), StartsWith(agent.folder().string() + "/mnt/"));
    unmount();
    ASSERT_FALSE(fs::exists(fs::symlink_status(point)));
    const fs::path elsewhere = agent.folder() / "elsewhere";
    fs::create_directory(elsewhere);
    std::ofstream(elsewhere / "precious") << "mine";

    for (const fs::path &to : {elsewhere, agent.folder() / "nowhere"}) {
        fs::create_directory_symlink(to, point);
        EXPECT_THAT(mount(), HasSubstr("is a file or a link, not a folder"));
        EXPECT_TRUE(fs::is_symlink(point)); // neither followed nor taken away
        fs::remove(point);
    }
    EXPECT_TRUE(fs::exists(elsewhere / "precious"));
    EXPECT_FALSE(fs::exists(agent.folder() / "nowhere"));
    EXPECT_NE(field(mount(), "Mountpoint"), "");
    unmount();
}

// Its data belongs to the containers that had it, and one of them may have put a link there.
TEST(Hostile, ALinkInThePlaceOfASubfolderIsNotHandedOut) {
    RunningAgent agent;
    ASSERT_TRUE(is_ready(agent));
    const auto mount = [&](const std::string &id) {
        return post(agent.docker(), "/VolumeDriver.Mount", "{\"Name\":\"v\",\"ID\":\"" + id + "\"}").body;
    };
    expect_good(
        post(agent.docker(), "/VolumeDriver.Create", "{\"Name\":\"v\",\"Opts\":{\"subfolder\":\"data\"}}"));
    const fs::path data = field(mount("a"), "Mountpoint");
    ASSERT_EQ(data.filename(), "data");
    fs::remove(data);
    fs::create_directory_symlink("/", data);
    // To a second container, while the first one still has the volume,
    EXPECT_THAT(mount("b"), HasSubstr("is not a folder: move it away"));
    EXPECT_THAT(get(agent.api(), "/v2/volumes/v").body, HasSubstr("\"uses\":1"));
    // and to the first one when it comes back.
    expect_good(post(agent.docker(), "/VolumeDriver.Unmount", "{\"Name\":\"v\",\"ID\":\"a\"}"));
    EXPECT_THAT(mount("a"), HasSubstr("is not a folder: move it away"));
    EXPECT_THAT(get(agent.api(), "/v2/volumes/v").body, HasSubstr("\"uses\":0"));
}

TEST(Hostile, ALinkInThePlaceOfTheStateOrOfASocketIsNotFollowed) {
    RunningAgent agent;
    ASSERT_TRUE(is_ready(agent));
    EXPECT_EQ(agent.stop(), 0);
    const fs::path victim = agent.folder() / "victim";
    std::ofstream(victim) << "mine";
    const auto text_of_victim = [&] {
        std::ostringstream text;
        text << std::ifstream(victim).rdbuf();
        return text.str();
    };
    const fs::path state = agent.folder() / "state";
    for (const fs::path &name : {state / "state.db", state / "state.db.lock", agent.api(), agent.docker()}) {
        const fs::path aside = name.string() + ".aside";
        std::error_code ignored;
        fs::rename(name, aside, ignored); // sockets are gone already
        fs::create_symlink(victim, name);
        const auto [status, text] = agent.run_another();
        EXPECT_EQ(status, 1) << name << '\n' << text;
        EXPECT_THAT(text, HasSubstr(name.string()));
        EXPECT_TRUE(fs::is_symlink(name));
        EXPECT_EQ(text_of_victim(), "mine") << name;
        fs::remove(name);
        fs::rename(aside, name, ignored);
    }
    agent.start();
    EXPECT_TRUE(is_ready(agent));
}

} // namespace
} // namespace drover::testing
