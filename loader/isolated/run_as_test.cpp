// A driver's process as another user than root: what it may no longer do, and what it still can.
#include "loader/base/unique_fd.hpp"
#include "loader/testing/open_fixture.hpp"

#include <gmock/gmock.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <sstream>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace drover {
namespace {

namespace fs = std::filesystem;
using ::testing::ContainsRegex;
using testing::DriverFolder;
using ::testing::HasSubstr;
using testing::RecordingHost;

const std::string kUser = "nobody"; // every Debian has it

uid_t owner_of(const fs::path &file) {
    struct stat found {};
    return ::lstat(file.c_str(), &found) == 0 ? found.st_uid : static_cast<uid_t>(-1);
}

struct RunAsTest : ::testing::Test {
    RunAsTest() { DriverFolder::chmod(folder.path(), 0755); }

    // As root keeps it: no other user gets past the folder above the store.
    [[nodiscard]] fs::path store() const { return folder.path() / "state" / "array-1"; }

    Result<std::unique_ptr<Driver>> open(const std::string &fixture = "good") {
        fs::create_directories(store().parent_path());
        fs::permissions(store().parent_path(), fs::perms::owner_all);
        auto account = find_account(kUser);
        if (!account)
            return fail(account.error());
        auto options = testing::quick_isolation();
        options.run_as = RunAs{.account = *account, .store_folder = store()};
        return testing::try_open_isolated(folder, fixture, host, {}, {}, options);
    }
    static std::string process_of(Driver &driver) {
        auto who = driver.get({}, "who");
        return who ? who->attributes.at("process") : who.error().message;
    }
    static std::string ask(Driver &driver, const std::string &what) {
        const auto answer = driver.get({}, "service|" + what);
        return answer ? answer->attributes.at("answer") : answer.error().message;
    }

    DriverFolder folder;
    RecordingHost host;
};

TEST_F(RunAsTest, ItHasThatUsersRightsAndNoOthers) {
    auto driver = open();
    ASSERT_TRUE(driver.has_value()) << driver.error().message;
    std::ostringstream text;
    text << std::ifstream("/proc/" + process_of(**driver) + "/status").rdbuf();
    const auto account = find_account(kUser);
    const std::string uid = std::to_string(account->uid);
    const std::string gid = std::to_string(account->gid);
    EXPECT_THAT(text.str(), HasSubstr("\nUid:\t" + uid + "\t" + uid + "\t" + uid + "\t" + uid + "\n"));
    EXPECT_THAT(text.str(), HasSubstr("\nGid:\t" + gid + "\t" + gid + "\t" + gid + "\t" + gid + "\n"));
    EXPECT_THAT(text.str(), ContainsRegex("\nGroups:\t" + gid + " *\n"));
    EXPECT_THAT(text.str(), HasSubstr("\nCapEff:\t0000000000000000\n"));
    EXPECT_THAT(text.str(), HasSubstr("\nCapPrm:\t0000000000000000\n"));

    // What only root may read stays unread, by the driver and by the programs that it runs.
    std::ofstream(folder.path() / "secret") << "x";
    fs::permissions(folder.path() / "secret", fs::perms::owner_read);
    const auto read = (*driver)->get({}, "fault-run-cat " + (folder.path() / "secret").native());
    EXPECT_THAT(read.error().message, HasSubstr("status 1"));
}

TEST_F(RunAsTest, ItsStoreIsItsOwnBehindFoldersThatAreNot) {
    {
        // From the time when the driver ran as root, with a link where a key is and a file with a second
        // name.
        fs::create_directories(store());
        std::ofstream(store() / "old") << "root's";
        std::ofstream(folder.path() / "other") << "not the driver's";
        fs::create_hard_link(folder.path() / "other", store() / "twice");
        fs::create_symlink(folder.path() / "other", store() / "link");
    }
    auto driver = open();
    ASSERT_TRUE(driver.has_value()) << driver.error().message;
    EXPECT_EQ(ask(**driver, "store|get|old"), "root's");
    EXPECT_EQ(ask(**driver, "store|put|session|token 17"), "");
    EXPECT_EQ(ask(**driver, "store|get|session"), "token 17");
    const uid_t uid = find_account(kUser)->uid;
    EXPECT_EQ(owner_of(store()), uid);
    EXPECT_EQ(owner_of(store() / "old"), uid);
    EXPECT_EQ(owner_of(store() / "session"), uid);
    EXPECT_EQ(owner_of(folder.path() / "other"), 0U);
    EXPECT_EQ(owner_of(store().parent_path()), 0U);

    // The process that takes the place of a dead one finds it too.
    EXPECT_FALSE((*driver)->get({}, "fault-crash").has_value());
    EXPECT_EQ(ask(**driver, "store|get|session"), "token 17");
    EXPECT_EQ(ask(**driver, "store|list|"), "link old session twice ");
}

TEST_F(RunAsTest, ItRunsProgramsAndFindsTheEndOfItsCalls) {
    auto driver = open();
    ASSERT_TRUE(driver.has_value()) << driver.error().message;
    EXPECT_THAT(ask(**driver, "run||/usr/bin/id|-un"), HasSubstr("out:" + kUser));
    const auto hung =
        (*driver)->get({.deadline = Deadline::after(std::chrono::milliseconds(50))}, "fault-hang");
    ASSERT_FALSE(hung.has_value());
    EXPECT_EQ(hung.error().code, Code::gone);
    EXPECT_TRUE((*driver)->probe({}).has_value());
}

// Stopped, it cannot see that the socket to its agent was closed.
TEST_F(RunAsTest, ItEndsWithItsAgent) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const UniqueFd told(ends[0]);
    UniqueFd tell(ends[1]);
    const pid_t agent = ::fork();
    if (agent == 0) {
        auto driver = open();
        const pid_t process = driver ? std::stoi(process_of(**driver)) : -1;
        (void)!::write(tell.get(), &process, sizeof process);
        ::pause();
        ::_exit(0);
    }
    tell.reset();
    pid_t process = -1;
    ASSERT_EQ(::read(told.get(), &process, sizeof process), static_cast<ssize_t>(sizeof process));
    ASSERT_GT(process, 0);
    const UniqueFd watched(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
    ASSERT_TRUE(watched);
    ::kill(process, SIGSTOP);
    ::kill(agent, SIGKILL);
    ::waitpid(agent, nullptr, 0);
    pollfd ended{.fd = watched.get(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&ended, 1, 10000), 1);
}

TEST_F(RunAsTest, AFileThatTheUserCannotReadIsToldAsSuch) {
    folder.put("good");
    DriverFolder::chmod(folder.file("good"), 0700);
    const auto driver = open();
    ASSERT_FALSE(driver.has_value());
    EXPECT_THAT(driver.error().message, HasSubstr("good.so"));
    EXPECT_THAT(driver.error().message, HasSubstr("ermission denied"));
}

TEST(Account, ThatIsMissingIsToldWithWhatToDo) {
    const auto account = find_account("drover-nobody-has-this-name");
    ASSERT_FALSE(account.has_value());
    EXPECT_EQ(account.error().code, Code::not_found);
    EXPECT_THAT(account.error().message, HasSubstr("useradd --system"));
}

TEST(Account, HasItsGroups) {
    const auto root = find_account("root");
    ASSERT_TRUE(root.has_value());
    EXPECT_EQ(root->uid, 0U);
    EXPECT_THAT(root->groups, ::testing::Contains(0U));
}

} // namespace
} // namespace drover
