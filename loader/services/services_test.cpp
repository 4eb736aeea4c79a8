// The host's services as a real driver meets them: in this process, and (loader_isolated_test) in its own.
#include "loader/base/unique_fd.hpp"
#include "loader/testing/open_fixture.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <future>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace drover {
namespace {

using ::testing::HasSubstr;
using testing::OpenFixture;

struct Services : ::testing::Test {
    // What the driver answers when it is asked to use a service; see fixture_services.cpp.
    std::string ask(const std::string &what, const CallContext &call = {}) const {
        const auto answer = f.driver->get(call, "service|" + what);
        if (!answer)
            return fmt::format("{}: {}", to_string(answer.error().code), answer.error().message);
        return answer->attributes.at("answer");
    }
    OpenFixture f;
};

// A process that was killed needs a moment to end, and may be nobody's to reap.
bool is_gone(pid_t process) {
    const UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
    pollfd ended{.fd = fd.get(), .events = POLLIN, .revents = 0};
    return !fd || ::poll(&ended, 1, 10000) == 1;
}

using Store = Services;
using Exec = Services;
using Timer = Services;

TEST_F(Services, AreFoundByTheirExactIds) {
    EXPECT_EQ(ask("offered"), "drv.store/1 drv.exec/1 drv.timer/1 ");
}

TEST_F(Store, KeepsWhatWasPutAfterTheDriverIsGone) {
    EXPECT_EQ(ask("store|get|session"), "not-found: the store refused");
    EXPECT_EQ(ask("store|put|session|token 17"), "");
    EXPECT_EQ(ask("store|put|empty|"), "");
    EXPECT_EQ(ask("store|get|session"), "token 17");
    f.driver.reset();
    auto opened = testing::try_open(f.folder, "good", f.host);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    f.driver = std::move(*opened);
    EXPECT_EQ(ask("store|get|session"), "token 17");
    EXPECT_EQ(ask("store|get|empty"), "");
    EXPECT_EQ(ask("store|put|session|token 18"), "");
    EXPECT_EQ(ask("store|get|session"), "token 18");
}

#ifdef DROVER_TEST_ISOLATED
TEST_F(Store, OutlivesADriverThatCrashed) {
    EXPECT_EQ(ask("store|put|session|token 17"), "");
    EXPECT_FALSE(f.driver->get({}, "fault-crash").has_value());
    EXPECT_EQ(ask("store|get|session"), "token 17");
}
#endif

TEST_F(Store, ListsAndErases) {
    EXPECT_EQ(ask("store|list|"), "");
    for (const char *key : {"b.2", "a", "b.1"})
        EXPECT_EQ(ask(fmt::format("store|put|{}|v", key)), "");
    EXPECT_EQ(ask("store|list|"), "a b.1 b.2 ");
    EXPECT_EQ(ask("store|list|b."), "b.1 b.2 ");
    EXPECT_EQ(ask("store|first|b."), "b.1");
    EXPECT_EQ(ask("store|erase|b.1"), "");
    EXPECT_EQ(ask("store|erase|b.1"), "");
    EXPECT_EQ(ask("store|list|"), "a b.2 ");
}

TEST_F(Store, RefusesWhatIsNoKeyAndWhatIsTooLong) {
    for (const char *key : {"", ".lock", "../a", "A", "a/b"})
        EXPECT_EQ(ask(fmt::format("store|put|{}|v", key)), "invalid: the store refused") << key;
    EXPECT_EQ(ask("store|fill|long|65536"), "");
    EXPECT_EQ(ask("store|fill|long|65537"), "invalid: the store refused");
}

TEST_F(Store, IsNotOfferedWithoutAFolder) {
    f.driver.reset();
    auto opened = testing::try_open_without_store(f.folder, "good", f.host);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    f.driver = std::move(*opened);
    EXPECT_EQ(ask("offered"), "drv.exec/1 drv.timer/1 ");
}

TEST_F(Exec, TellsOutputAndExitStatus) {
    EXPECT_EQ(ask("run||/bin/sh|-c|echo here; echo there >&2; exit 3"), "1 3 out:here\n err:there\n");
    EXPECT_EQ(ask("run||/bin/true"), "1 0 out: err:");
    EXPECT_EQ(ask("run||/bin/sh|-c|kill -TERM $$"), "2 15 out: err:");
    EXPECT_EQ(ask("run||/bin/echo|two words|$HOME"), "1 0 out:two words $HOME\n err:");
}

TEST_F(Exec, GivesInputAndEndsIt) {
    EXPECT_EQ(ask("run|some input|/bin/cat"), "1 0 out:some input err:");
    EXPECT_EQ(ask("run||/bin/cat"), "1 0 out: err:");
    EXPECT_EQ(ask("run|unread|/bin/true"), "1 0 out: err:");
}

TEST_F(Exec, GivesNothingElse) {
    EXPECT_EQ(ask("run||/usr/bin/env"), "1 0 out:FROM_THE_DRIVER=yes\n"
                                        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
                                        "LANG=C.UTF-8\n err:");
    EXPECT_EQ(ask("run||/bin/sh|-c|pwd; ls /proc/self/fd"), "1 0 out:/\n0\n1\n2\n3\n err:"); // 3 is ls's own
    // Neither blocked signals nor ours that is ignored.
    EXPECT_EQ(ask("run||/bin/grep|SigBlk|/proc/self/status"), "1 0 out:SigBlk:\t0000000000000000\n err:");
    EXPECT_EQ(ask("run||/bin/sh|-c|kill -PIPE $$"), "2 13 out: err:");
}

TEST_F(Exec, RefusesWhatCannotBeRun) {
    EXPECT_THAT(ask("run||/no/such/program"), HasSubstr("not-found"));
    EXPECT_THAT(ask("run||true"), HasSubstr("invalid"));
    EXPECT_THAT(ask("run||/etc/passwd"), HasSubstr("invalid"));
    EXPECT_THAT(f.host.messages(),
                ::testing::Contains("drv.exec/1: /etc/passwd cannot be run: Permission denied"));
}

TEST_F(Exec, EndsWithTheCallAndTakesAllOfItsSessionAlong) {
    const CallContext call{.deadline = Deadline::after(std::chrono::milliseconds(300))};
    const std::string said =
        ask("run||/bin/sh|-c|sleep 1000 & echo $!; echo $$; while :; do sleep 1000; done", call);
    EXPECT_THAT(said, HasSubstr("deadline: "));
    EXPECT_TRUE(is_gone(std::stoi(said.substr(said.find("said ") + 5)))) << said;

    CancelSource source;
    auto running =
        std::async(std::launch::async, [&] { return ask("run||/bin/sleep|1000", {.cancel = &source}); });
    source.cancel();
    EXPECT_THAT(running.get(), HasSubstr("cancelled: "));
}

TEST_F(Exec, LeavesNothingInTheBackground) {
    const std::string said = ask("run||/bin/sh|-c|sleep 1000 & echo $!");
    ASSERT_THAT(said, HasSubstr("1 0 out:"));
    EXPECT_TRUE(is_gone(std::stoi(said.substr(said.find(':') + 1)))) << said;
}

TEST_F(Exec, IsKilledWhenTheSinkWantsNoMore) {
    EXPECT_THAT(ask("run|stop|/bin/sh|-c|echo first; while :; do echo more; done"),
                HasSubstr("0 0 out:first\n"));
}

TEST_F(Exec, TakesMuchOutput) {
    const std::string said = ask("run||/usr/bin/seq|12000"); // several pieces; an attribute holds no more
    EXPECT_THAT(said, HasSubstr("1 0 out:1\n2\n"));
    EXPECT_THAT(said, HasSubstr("\n12000\n err:"));
    EXPECT_EQ(said.size(), 60894 + std::string_view("1 0 out: err:").size());
}

TEST_F(Timer, RingsOnce) {
    EXPECT_EQ(ask("timer|ring"), "rang");
    EXPECT_EQ(ask("timer|ring"), "rang");
}

TEST_F(Timer, IsCancelledOnce) {
    EXPECT_EQ(ask("timer|cancel"), "cancelled once");
}

TEST_F(Timer, OneThatIsSetIsNoHindranceToClose) {
    EXPECT_EQ(ask("timer|leave"), "");
    f.driver.reset();
    EXPECT_THAT(f.host.messages(), ::testing::ElementsAre("closed"));
}

} // namespace
} // namespace drover
