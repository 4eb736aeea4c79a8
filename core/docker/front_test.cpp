// What happens over several calls: the sequences of a real engine, clients that leave, work that lasts.
#include "core/docker/testing/engine_double.hpp"

#include <array>
#include <chrono>
#include <sys/prctl.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace drover {
namespace {

using http::testing::body_of;
using http::testing::RawClient;
using testing::call_text;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

constexpr const char *kDone = R"({"Err":""})";
constexpr const char *kMounted = R"({"Mountpoint":"/mnt/id-v","Err":""})";

class Sequences : public testing::DockerTest {
protected:
    std::string mount(std::string_view id, std::string_view volume = "v") {
        return call("Mount", fmt::format(R"({{"Name":"{}","ID":"{}"}})", volume, id));
    }
    std::string unmount(std::string_view id, std::string_view volume = "v") {
        return call("Unmount", fmt::format(R"({{"Name":"{}","ID":"{}"}})", volume, id));
    }
};

TEST_F(Sequences, docker_run_of_an_unknown_name) {
    auto engine = client();
    const auto ask = [&](std::string_view method, std::string_view body) {
        engine.send(call_text(method, body));
        return body_of(engine.answer());
    };
    ask("Plugin.Activate", "");
    ask("VolumeDriver.Capabilities", "{}");
    EXPECT_THAT(ask("VolumeDriver.Get", R"({"Name":"v"})"), HasSubstr("no such volume"));
    EXPECT_EQ(ask("VolumeDriver.Create", R"({"Name":"v","Opts":null})"), kDone);
    EXPECT_THAT(ask("VolumeDriver.Get", R"({"Name":"v"})"), HasSubstr(R"("Err":"")"));
    EXPECT_EQ(ask("VolumeDriver.Mount", R"({"Name":"v","ID":"one"})"), kMounted);
    ask("VolumeDriver.Get", R"({"Name":"v"})");
    EXPECT_EQ(ask("VolumeDriver.Unmount", R"({"Name":"v","ID":"one"})"), kDone);
    EXPECT_EQ(ask("VolumeDriver.Remove", R"({"Name":"v"})"), kDone);
    EXPECT_THAT(service.list(""), ::testing::IsEmpty());
}

TEST_F(Sequences, docker_cp_in_between_leaves_the_container_its_use) {
    service.add("v");
    EXPECT_EQ(mount("c1"), kMounted);
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(mount("c1"), kMounted);
        EXPECT_EQ(service.count("v", "c1"), 2U);
        EXPECT_EQ(unmount("c1"), kDone);
    }
    EXPECT_EQ(service.count("v", "c1"), 1U);
    EXPECT_EQ(unmount("c1"), kDone);
    EXPECT_EQ(service.uses("v"), 0U);
}

TEST_F(Sequences, two_containers_share_a_volume) {
    service.add("v");
    mount("c1");
    mount("c2");
    unmount("c1");
    unmount("c1"); // twice is success, and takes nothing from the other
    unmount("never");
    EXPECT_EQ(service.count("v", "c2"), 1U);
    EXPECT_EQ(service.uses("v"), 1U);
}

TEST_F(Sequences, an_unmount_of_a_volume_that_is_gone_is_success) {
    EXPECT_EQ(unmount("c1", "gone"), kDone);
}

TEST_F(Sequences, an_engine_without_ids_counts_under_one) {
    service.add("v");
    EXPECT_EQ(call("Mount", R"({"Name":"v"})"), kMounted);
    EXPECT_EQ(service.count("v", "docker"), 1U);
    EXPECT_EQ(call("Unmount", R"({"Name":"v"})"), kDone);
    EXPECT_EQ(service.uses("v"), 0U);
}

TEST_F(Sequences, without_counting_one_unmount_takes_back_every_mount) {
    serve({.backend = "gold", .refcount = false});
    service.add("v");
    for (const char *id : {"a", "b", "c"})
        EXPECT_EQ(mount(id), kMounted);
    EXPECT_EQ(unmount("x"), kDone);
    EXPECT_EQ(service.uses("v"), 0U);
    EXPECT_EQ(unmount("x"), kDone);
}

TEST_F(Sequences, without_counting_the_uses_of_others_stay) {
    serve({.backend = "gold", .refcount = false});
    service.add("v");
    service.mount({"v", ""}, "api", {}, [](const Result<MountView> &) {});
    mount("a");
    mount("b");
    EXPECT_EQ(unmount("x"), kDone);
    EXPECT_EQ(service.count("v", "api"), 1U);
    EXPECT_EQ(service.uses("v"), 1U);
}

TEST_F(Sequences, a_mount_nobody_waits_for_any_more_is_taken_back) {
    service.add("v");
    service.hold("v");
    {
        auto impatient = client();
        ASSERT_TRUE(impatient.send(call_text("VolumeDriver.Mount", R"({"Name":"v","ID":"c1"})")));
        while (service.operations().empty())
            std::this_thread::yield();
    } // hangs up
    service.let_go("v");
    EXPECT_TRUE(service.wait_for("unmount v c1"));
    EXPECT_EQ(service.uses("v"), 0U);
    EXPECT_THAT(service.log(), ElementsAre("mount v c1", "unmount v c1"));
}

TEST_F(Sequences, a_retry_with_an_empty_body_mounts_nothing_and_the_first_try_is_taken_back) {
    service.add("v");
    service.hold("v");
    {
        auto broken = client();
        ASSERT_TRUE(broken.send(call_text("VolumeDriver.Mount", R"({"Name":"v","ID":"c1"})")));
        while (service.operations().empty())
            std::this_thread::yield();
    }
    for (int i = 0; i < 4; ++i)
        EXPECT_THAT(call("Mount", ""), HasSubstr("empty request"));
    service.let_go("v");
    EXPECT_TRUE(service.wait_for("unmount v c1"));
    EXPECT_EQ(service.uses("v"), 0U);
}

TEST_F(Sequences, only_the_use_of_the_caller_that_left_is_taken_back) {
    service.add("v");
    mount("c1");
    service.hold("v");
    {
        auto impatient = client();
        ASSERT_TRUE(impatient.send(call_text("VolumeDriver.Mount", R"({"Name":"v","ID":"c1"})")));
        while (service.operations().size() < 2)
            std::this_thread::yield();
    }
    service.let_go("v");
    EXPECT_TRUE(service.wait_for("unmount v c1"));
    EXPECT_EQ(service.count("v", "c1"), 1U);
}

TEST_F(Sequences, a_mount_that_lasts_is_answered_in_time_goes_on_and_is_taken_back_at_its_end) {
    serve({.backend = "gold", .answer_slow_calls = 200ms});
    service.add("v");
    service.hold("v");
    auto engine = client();
    ASSERT_TRUE(engine.send(call_text("VolumeDriver.Mount", R"({"Name":"v","ID":"c1"})")));
    while (service.operations().empty())
        std::this_thread::yield();
    service.progress("v", 405, "formatting");
    EXPECT_EQ(
        body_of(engine.answer()),
        R"({"Err":"mounting volume v is not done after 0.2 s: still formatting, 40 % done; it goes on in the )"
        R"(background, so try again in a while"})");
    service.let_go("v");
    EXPECT_TRUE(service.wait_for("unmount v c1"));
    EXPECT_EQ(service.uses("v"), 0U);
    EXPECT_THAT(service.log(), Not(Contains("delivered v c1")));
    // And the next one finds the work done.
    EXPECT_EQ(mount("c2"), kMounted);
}

TEST_F(Sequences, a_failure_after_the_time_counts_nothing) {
    serve({.backend = "gold", .answer_slow_calls = 1ms});
    service.add("v");
    service.hold("v");
    service.fail_next("mount", {.code = Code::no_space, .message = "full"});
    EXPECT_THAT(mount("c1"), HasSubstr("it is still being done"));
    service.let_go("v");
    serve({.backend = "gold"});
    EXPECT_EQ(mount("c2"), kMounted);
    EXPECT_THAT(service.log(), Not(Contains("unmount v c1")));
}

TEST_F(Sequences, other_calls_that_last_are_answered_in_time_too) {
    serve({.backend = "gold", .answer_slow_calls = 1ms, .answer_other_calls = 1ms});
    service.add("v");
    service.hold("v");
    service.hold("w");
    EXPECT_THAT(call("Create", R"({"Name":"w"})"), HasSubstr("creating volume w is not done after 0.001 s"));
    EXPECT_THAT(unmount("c1"), HasSubstr("unmounting volume v is not done after 0.001 s"));
    EXPECT_THAT(call("Remove", R"({"Name":"v"})"), HasSubstr("removing volume v is not done after 0.001 s"));
}

TEST_F(Sequences, two_hundred_mounts_end_while_one_hangs) {
    service.add("stuck");
    service.hold("stuck");
    auto stuck = client();
    ASSERT_TRUE(stuck.send(call_text("VolumeDriver.Mount", R"({"Name":"stuck","ID":"c"})")));
    std::vector<RawClient> engines;
    for (int i = 0; i < 200; ++i) {
        service.add(fmt::format("v{}", i));
        engines.push_back(client());
    }
    for (std::size_t i = 0; i < engines.size(); ++i) {
        const std::string body = fmt::format(R"({{"Name":"v{}","ID":"c"}})", i);
        ASSERT_TRUE(engines[i].send(call_text("VolumeDriver.Mount", body)));
    }
    for (std::size_t i = 0; i < engines.size(); ++i) {
        EXPECT_EQ(body_of(engines[i].answer()), fmt::format(R"({{"Mountpoint":"/mnt/id-v{}","Err":""}})", i));
    }
    EXPECT_THAT(call("Get", R"({"Name":"stuck"})"), HasSubstr(R"("Err":"")"));
    EXPECT_THAT(call("List", "{}"), HasSubstr(R"("Name":"stuck")"));
    service.let_go("stuck");
    EXPECT_THAT(stuck.answer(), HasSubstr("/mnt/id-stuck"));
}

TEST_F(Sequences, five_thousand_gets_at_the_start_of_an_engine) {
    constexpr int kConnections = 100;
    constexpr int kEach = 50;
    for (int i = 0; i < kConnections * kEach; ++i)
        service.add(fmt::format("v{}", i));
    std::vector<RawClient> engines;
    engines.reserve(kConnections);
    for (int i = 0; i < kConnections; ++i)
        engines.push_back(client());
    for (int i = 0; i < kConnections; ++i) {
        std::string requests;
        for (int j = 0; j < kEach; ++j)
            requests += call_text("VolumeDriver.Get", fmt::format(R"({{"Name":"v{}"}})", i * kEach + j));
        ASSERT_TRUE(engines[static_cast<std::size_t>(i)].send(requests));
    }
    for (int i = 0; i < kConnections; ++i) {
        for (int j = 0; j < kEach; ++j) {
            ASSERT_THAT(body_of(engines[static_cast<std::size_t>(i)].answer()),
                        ::testing::StartsWith(
                            fmt::format(R"({{"Volume":{{"Name":"v{}","Mountpoint":"")", i * kEach + j)));
        }
    }
}

TEST_F(Sequences, an_engine_is_announced_once_for_each_connection_before_it_is_served) {
    service.add("v");
    std::array<char, 16> name{};
    ::prctl(PR_GET_NAME, name.data());
    ::prctl(PR_SET_NAME, "dockerd");
    {
        auto engine = client();
        const std::string request = call_text("VolumeDriver.Mount", R"({"Name":"v","ID":"c1"})");
        ASSERT_TRUE(engine.send(request + request));
        engine.answer();
        engine.answer();
    }
    mount("c2");
    ::prctl(PR_SET_NAME, name.data());
    std::vector<std::string> engines;
    for (const std::string &line : service.log()) {
        if (line.starts_with("engine"))
            engines.push_back(line);
    }
    EXPECT_THAT(engines, ::testing::SizeIs(2));
    EXPECT_THAT(service.log().front(), ::testing::StartsWith(fmt::format("engine {} ", ::getpid())));
}

TEST_F(Sequences, a_test_program_is_no_engine) {
    call("Get", R"({"Name":"v"})");
    EXPECT_THAT(service.log(), ::testing::IsEmpty());
}

} // namespace
} // namespace drover
