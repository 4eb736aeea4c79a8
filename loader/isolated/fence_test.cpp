// What the kernel refuses to the driver's process, rule by rule; and what it does not.
#include "loader/testing/open_fixture.hpp"

#include <gmock/gmock.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <linux/fs.h>
#include <linux/landlock.h>
#include <linux/sched.h>
#include <sstream>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace drover {
namespace {

using ::testing::HasSubstr;
using testing::OpenFixture;

struct Call {
    const char *name;
    long number;
    std::vector<unsigned long> arguments = {};
};

std::ostream &operator<<(std::ostream &to, const Call &call) {
    return to << call.name;
}

// What comes of it in the driver: "errno N".
std::string outcome(Driver &driver, const std::string &id) {
    auto got = driver.get({}, id);
    return got ? "no failure" : got.error().message;
}

std::string outcome(Driver &driver, const Call &call) {
    std::string id = "fault-syscall-" + std::to_string(call.number);
    for (const unsigned long argument : call.arguments)
        id += "-" + std::to_string(argument);
    return outcome(driver, id);
}

const std::string kRefused = "errno " + std::to_string(EPERM);

TEST(Fence, RefusesTheseCalls) {
    OpenFixture f;
    // Arguments with which none of them would change anything, were it let through.
    const std::vector<Call> calls = {{"mount", SYS_mount},
                                     {"umount2", SYS_umount2},
                                     {"pivot_root", SYS_pivot_root},
                                     {"chroot", SYS_chroot},
                                     {"open_tree", SYS_open_tree},
                                     {"move_mount", SYS_move_mount},
                                     {"fsopen", SYS_fsopen},
                                     {"fsmount", SYS_fsmount},
                                     {"mount_setattr", 442},
                                     {"setns", SYS_setns},
                                     {"unshare", SYS_unshare},
                                     {"ptrace", SYS_ptrace, {~0UL}},
                                     {"process_vm_readv", SYS_process_vm_readv},
                                     {"process_vm_writev", SYS_process_vm_writev},
                                     {"pidfd_getfd", SYS_pidfd_getfd},
                                     {"userfaultfd", SYS_userfaultfd, {~0UL}},
                                     {"init_module", SYS_init_module},
                                     {"finit_module", SYS_finit_module, {~0UL}},
                                     {"delete_module", SYS_delete_module},
                                     {"kexec_load", SYS_kexec_load, {0, 0, 0, ~0UL}},
                                     {"kexec_file_load", SYS_kexec_file_load, {~0UL, ~0UL, 0, 0, ~0UL}},
                                     {"reboot", SYS_reboot},
                                     {"bpf", SYS_bpf, {~0UL}},
                                     {"perf_event_open", SYS_perf_event_open},
                                     {"iopl", SYS_iopl, {0}},
                                     {"swapon", SYS_swapon},
                                     {"swapoff", SYS_swapoff},
                                     {"settimeofday", SYS_settimeofday, {1}},
                                     {"clock_settime", SYS_clock_settime, {~0UL}},
                                     {"sethostname", SYS_sethostname, {0, ~0UL}},
                                     {"keyctl", SYS_keyctl, {~0UL}},
                                     {"add_key", SYS_add_key},
                                     {"request_key", SYS_request_key},
                                     {"open_by_handle_at", SYS_open_by_handle_at}};
    for (const Call &call : calls)
        EXPECT_EQ(outcome(*f.driver, call), kRefused) << call;
}

// On descriptor 0, which is /dev/null: it would say ENOTTY.
TEST(Fence, RefusesRequestsThatGoPastABlockDevice) {
    OpenFixture f;
    for (const unsigned long request :
         std::vector<unsigned long>{0x1, 0x2285, 0xC0484E41, 0xC0484E43, 0x5412, BLKDISCARD, BLKSECDISCARD,
                                    BLKZEROOUT, BLKRRPART, 0x2285 | 1UL << 40})
        EXPECT_EQ(outcome(*f.driver, Call{"ioctl", SYS_ioctl, {0, request}}), kRefused) << request;
    EXPECT_EQ(outcome(*f.driver, Call{"ioctl", SYS_ioctl, {0, BLKGETSIZE64}}),
              "errno " + std::to_string(ENOTTY));
}

TEST(Fence, RefusesNewNamespaces) {
    OpenFixture f;
    for (const unsigned long space :
         std::vector<unsigned long>{CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWUTS})
        EXPECT_EQ(outcome(*f.driver, Call{"clone", SYS_clone, {space}}), kRefused) << space;
    EXPECT_EQ(outcome(*f.driver, Call{"clone3", SYS_clone3}), "errno " + std::to_string(ENOSYS));
}

TEST(Fence, StaysUpInProgramsThatTheDriverRuns) {
    OpenFixture f;
    EXPECT_EQ(outcome(*f.driver, "fault-run-exit 3"), "status 3");
    EXPECT_EQ(outcome(*f.driver, "fault-run-test -r /etc/passwd && date > /dev/null"), "status 0");
    EXPECT_EQ(outcome(*f.driver, "fault-run-! mount -t tmpfs none /mnt 2> /dev/null"), "status 0");
    EXPECT_EQ(outcome(*f.driver, "fault-run-! unshare --mount true 2> /dev/null"), "status 0");
    EXPECT_TRUE(f.driver->probe({}).has_value());
}

TEST(Fence, KeepsTheSystemsFoldersAsTheyAre) {
    if (::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) < 2)
        GTEST_SKIP() << "this kernel has no Landlock";
    OpenFixture f;
    for (const char *folder : {"/etc", "/usr", "/boot", "/usr/lib", ""}) {
        const std::string file = std::string(folder) + "/drover-fence-test";
        EXPECT_EQ(outcome(*f.driver, "fault-run-! echo x 2> /dev/null > " + file), "status 0");
        EXPECT_FALSE(std::filesystem::exists(file));
        std::error_code ignored;
        std::filesystem::remove(file, ignored);
    }
    // Opened for writing only: nothing is written.
    EXPECT_EQ(outcome(*f.driver, "fault-run-! true 2> /dev/null >> /proc/sys/kernel/core_pattern"),
              "status 0");
    // Where data belongs one may write, and move files between folders.
    const std::string here = f.folder.path().string();
    EXPECT_EQ(outcome(*f.driver, "fault-run-cd " + here +
                                     " && mkdir a b && echo x > a/x && mv a/x b/y && : > b/y && rm -r a b"),
              "status 0");
}

TEST(Fence, IsSeenFromOutside) {
    OpenFixture f;
    auto who = f.driver->get({}, "who");
    ASSERT_TRUE(who.has_value());
    std::ostringstream status;
    status << std::ifstream("/proc/" + who->attributes.at("process") + "/status").rdbuf();
    EXPECT_THAT(status.str(), HasSubstr("Seccomp:\t2"));
}

} // namespace
} // namespace drover
