#include "core/connect/testing/lab_node.hpp"

#include "core/connect/host_access.hpp"
#include "core/connect/sysfs.hpp"
#include "core/connect/uevents.hpp"
#include "loader/base/program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace drover::connect::testing {
namespace {

const std::filesystem::path kTarget = "/sys/kernel/config/target";
const std::filesystem::path kLuns = "/tmp/lun";

std::string trimmed(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
        text.pop_back();
    return text;
}

} // namespace

Deadline in_seconds(unsigned seconds) {
    return Deadline::after(std::chrono::seconds(seconds));
}

std::string run(const std::string &file, std::vector<std::string> arguments) {
    auto result =
        run_program({.file = file, .arguments = std::move(arguments), .package = file}, in_seconds(120));
    EXPECT_TRUE(result.has_value()) << result.error().message;
    if (!result)
        return {};
    EXPECT_EQ(result->exit_code, 0) << file << ": " << result->output;
    return trimmed(result->output);
}

int try_run(const std::string &file, std::vector<std::string> arguments) {
    auto result =
        run_program({.file = file, .arguments = std::move(arguments), .package = file}, in_seconds(120));
    return result ? result->exit_code : -1;
}

void put(const std::filesystem::path &file, const std::string &text) {
    // Without a newline: configfs keeps it as a part of a user's name.
    std::ofstream out(file);
    out << text << std::flush;
    EXPECT_TRUE(out.good()) << "writing " << text << " to " << file;
}

bool load_modules(const std::vector<std::string> &modules) {
    return std::ranges::all_of(modules,
                               [](const auto &module) { return try_run("/sbin/modprobe", {module}) == 0; });
}

std::string not_in_lab(const std::vector<std::string> &modules) {
    // These tests change the node they run on, so a kernel that could run them is not enough.
    if (const auto name = read_attribute("/proc/sys/kernel/hostname");
        name != "drover-lab" && name != "vmlab")
        return "this is not the lab's guest: run ./dev lab";
    if (!load_modules(modules)) {
        return "this kernel lacks what the lab's guest has (modules for targets, iSCSI, multipath): ./dev "
               "lab";
    }
    for (const char *file : {"/usr/sbin/iscsiadm", "/usr/sbin/multipathd", "/usr/sbin/nvme"}) {
        if (!std::filesystem::exists(file))
            return std::string(file) + " is not installed";
    }
    if (!std::filesystem::exists(kTarget) && std::filesystem::is_empty("/sys/kernel/config"))
        (void)try_run("/bin/mount", {"-t", "configfs", "configfs", "/sys/kernel/config"});
    return {};
}

LabVolume::LabVolume(unsigned number, unsigned mebibytes)
    : file_(kLuns / std::to_string(number)), store_(kTarget / "core/iblock_0" / fmt::format("vol{}", number)),
      serial_(fmt::format("{:025x}", 0xa0b1c2d3e4f50000ULL + number)) {
    std::filesystem::create_directories(kLuns);
    std::ofstream(file_) << "";
    std::filesystem::resize_file(file_, std::uint64_t{mebibytes} << 20U);
    loop_ = run("/sbin/losetup", {"-f", "--show", file_.string()});
    std::filesystem::create_directories(store_);
    put(store_ / "control", "udev_path=" + loop_);
    put(store_ / "wwn/vpd_unit_serial", serial_);
    put(store_ / "enable", "1");
}

LabVolume::~LabVolume() {
    (void)try_run("/bin/rmdir", {store_.string()});
    (void)try_run("/sbin/losetup", {"-d", loop_});
    std::error_code error;
    std::filesystem::remove(file_, error);
}

void LabVolume::grow(unsigned mebibytes) const {
    std::filesystem::resize_file(file_, std::uint64_t{mebibytes} << 20U);
    run("/sbin/losetup", {"-c", loop_});
}

std::string LabVolume::wwid() const {
    return "6001405" + serial_;
}

LioTarget::LioTarget(const std::vector<std::string> &portals)
    : group_(kTarget / "iscsi" / kIqn / "tpgt_1"), portals_(portals) {
    std::filesystem::create_directories(group_);
    for (const auto &portal : portals_)
        std::filesystem::create_directory(group_ / "np" / portal);
    std::filesystem::create_directory(group_ / "acls" / kInitiator);
    put(group_ / "attrib/authentication", "0");
    put(group_ / "enable", "1");
}

LioTarget::~LioTarget() {
    while (!luns_.empty())
        unmap(luns_.back());
    (void)try_run("/bin/rmdir", {(group_ / "acls" / kInitiator).string()});
    for (const auto &portal : portals_)
        (void)try_run("/bin/rmdir", {(group_ / "np" / portal).string()});
    (void)try_run("/bin/rmdir", {group_.string(), group_.parent_path().string()});
}

void LioTarget::demand_chap(const std::string &user, const std::string &secret,
                            const std::string &mutual_user, const std::string &mutual_secret) const {
    const auto auth = group_ / "acls" / kInitiator / "auth";
    put(auth / "userid", user);
    put(auth / "password", secret);
    if (!mutual_user.empty()) {
        put(auth / "userid_mutual", mutual_user);
        put(auth / "password_mutual", mutual_secret);
    }
    put(group_ / "attrib/authentication", "1");
}

void LioTarget::map(const LabVolume &volume, unsigned lun) {
    const auto port = group_ / "lun" / fmt::format("lun_{}", lun);
    std::filesystem::create_directory(port);
    std::filesystem::create_symlink(volume.store(), port / "store");
    const auto mapped = group_ / "acls" / kInitiator / fmt::format("lun_{}", lun);
    std::filesystem::create_directory(mapped);
    std::filesystem::create_symlink(port, mapped / "port");
    luns_.push_back(lun);
}

void LioTarget::unmap(unsigned lun) {
    const auto port = group_ / "lun" / fmt::format("lun_{}", lun);
    const auto mapped = group_ / "acls" / kInitiator / fmt::format("lun_{}", lun);
    std::error_code error;
    std::filesystem::remove(mapped / "port", error);
    (void)try_run("/bin/rmdir", {mapped.string()});
    std::filesystem::remove(port / "store", error);
    (void)try_run("/bin/rmdir", {port.string()});
    std::erase(luns_, lun);
}

// In the foreground, so that it is this test's child; its words go to /tmp/<name>.log.
Daemon::Daemon(const std::string &name) {
    const std::string file = "/usr/sbin/" + name;
    const std::string log = "/tmp/" + name + ".log";
    std::string word = name == "multipathd" ? "-d" : "-f";
    std::string path = file;
    char *const arguments[] = {path.data(), word.data(), nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    // A process group of its own: iscsid ends all of its group when it ends.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    EXPECT_EQ(posix_spawn(&process_, file.c_str(), &actions, &attributes, arguments, environ), 0);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    const auto listens = [&] {
        if (name == "multipathd")
            return HostAccess{}.multipathd_listens();
        return read_bytes("/proc/net/unix").find("@ISCSIADM_ABSTRACT_NAMESPACE") != std::string::npos;
    };
    Uevents events;
    for (const auto limit = in_seconds(60); !listens();) {
        if (limit.has_passed()) {
            ADD_FAILURE() << name << " does not listen; see " << log;
            break;
        }
        events.wait(limit);
    }
}

Daemon::~Daemon() {
    if (process_ <= 0)
        return;
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
}

void write_multipath_conf(const std::string &no_path_retry) {
    put("/etc/multipath.conf", fmt::format("defaults {{\n user_friendly_names no\n polling_interval 2\n "
                                           "no_path_retry {}\n path_grouping_policy multibus\n}}\n",
                                           no_path_retry));
}

Connection iscsi_connection(const LabVolume &volume, unsigned lun, const std::vector<std::string> &portals) {
    Connection connection{.protocol = Protocol::iscsi, .wwid = volume.wwid(), .lun = lun};
    for (const auto &portal : portals)
        connection.paths.push_back({.portal = portal, .target = LioTarget::kIqn});
    return connection;
}

std::vector<std::string> folder_names(const std::filesystem::path &folder) {
    return names_in(folder);
}

} // namespace drover::connect::testing
