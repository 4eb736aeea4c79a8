// In the lab's VM: what a real initiator, open-iscsi and Linux's SCSI, sees of the data plane "lio".
#include "conformance/simulators/frame/lio/configfs.hpp"
#include "conformance/simulators/frame/lio/lio_data_plane.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace drover::sim {
namespace {
namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr const char *kTarget = "iqn.2010-06.com.purestorage:flasharray.5a5e1ab5e1ab5e1a";
constexpr const char *kInitiator = "iqn.2026-11.io.drover:lab-node"; // conformance/lab/guest/daemons.sh
constexpr const char *kOther = "iqn.2026-11.io.drover:lab-other";
constexpr const char *kSecret = "a-secret-of-20-chars";
constexpr std::array<const char *, 2> kPortals = {"127.0.0.1:3260", "127.0.0.2:3260"};
constexpr int kAuthenticationFailed = 24; // iscsiadm's

struct Ran {
    int code = -1;
    std::string output;
};

Ran run(const std::string &command) {
    Ran ran;
    FILE *pipe = ::popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr)
        return ran;
    std::array<char, 4096> buffer{};
    while (const auto count = std::fread(buffer.data(), 1, buffer.size(), pipe))
        ran.output.append(buffer.data(), count);
    const int status = ::pclose(pipe);
    ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    return ran;
}

bool eventually(const std::function<bool()> &true_now) {
    for (const auto end = std::chrono::steady_clock::now() + 60s; std::chrono::steady_clock::now() < end;) {
        if (true_now())
            return true;
        std::this_thread::sleep_for(50ms);
    }
    return false;
}

std::string line_of(const fs::path &file) {
    std::ifstream stream(file);
    std::string line;
    std::getline(stream, line);
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

// An initiator of its own name, with records of its own.
class Initiator {
public:
    Initiator(std::string interface, const std::string &name) : interface_(std::move(interface)) {
        run(fmt::format("iscsiadm -m iface -I {} -o new", interface_));
        run(fmt::format("iscsiadm -m iface -I {} -o update -n iface.initiatorname -v {}", interface_, name));
    }
    Initiator(const Initiator &) = delete;
    Initiator &operator=(const Initiator &) = delete;
    ~Initiator() {
        logout();
        run(fmt::format("iscsiadm -m node -I {} -T {} -o delete", interface_, kTarget));
        run(fmt::format("iscsiadm -m iface -I {} -o delete", interface_));
    }

    [[nodiscard]] int login(const std::string &portal, const DataChap &chap = {}) const {
        run(node(portal) + " -o new");
        update(portal, "node.startup", "manual");
        update(portal, "node.session.initial_login_retry_max", "1");
        update(portal, "node.session.auth.authmethod", chap.user.empty() ? "None" : "CHAP");
        for (const auto &[key, value] :
             {std::pair{"username", chap.user}, std::pair{"password", chap.password},
              std::pair{"username_in", chap.target_user}, std::pair{"password_in", chap.target_secret}}) {
            if (!value.empty())
                update(portal, std::string("node.session.auth.") + key, value);
        }
        return run(node(portal) + " --login").code;
    }
    void logout() const { run(fmt::format("iscsiadm -m node -I {} -T {} --logout", interface_, kTarget)); }
    void rescan() const { run(fmt::format("iscsiadm -m node -I {} -T {} --rescan", interface_, kTarget)); }

private:
    [[nodiscard]] std::string node(const std::string &portal) const {
        return fmt::format("iscsiadm -m node -I {} -T {} -p {}", interface_, kTarget, portal);
    }
    void update(const std::string &portal, const std::string &name, const std::string &value) const {
        run(fmt::format("{} -o update -n {} -v {}", node(portal), name, value));
    }

    std::string interface_;
};

// The disks of this kernel with that LUN, "sda": one for each path.
std::vector<std::string> disks(unsigned lun) {
    std::vector<std::string> found;
    std::error_code error;
    for (const auto &entry : fs::directory_iterator("/sys/block", error)) {
        const auto name = entry.path().filename().string();
        const auto address = fs::read_symlink(entry.path() / "device", error).filename().string();
        if (!error && name.starts_with("sd") && address.ends_with(fmt::format(":{}", lun)))
            found.push_back(name);
    }
    return found;
}

std::string wwid(const std::string &disk) {
    auto ran = run("/lib/udev/scsi_id -g -u -d /dev/" + disk);
    ran.output.erase(ran.output.find_last_not_of('\n') + 1);
    return ran.output;
}

class LioDataPlaneTest : public testing::Test {
protected:
    LioDataPlaneTest() : folder_(fs::temp_directory_path() / "lio-volumes") {
        fs::create_directories(folder_);
    }
    ~LioDataPlaneTest() override {
        plane_.reset();
        fs::remove_all(folder_);
    }

    void SetUp() override { start(plane_.emplace()); }

    void start(LioDataPlane &plane) {
        DataPlaneSettings settings{
            .identity = {"PURE", "FlashArray", "624a9370"}, .ports = {}, .folder = folder_};
        for (const auto *portal : kPortals) {
            const auto name = fmt::format("CT{}.ETH4", settings.ports.size());
            settings.ports.push_back({name, DataPort::Protocol::iscsi, kTarget, portal});
        }
        const auto started = plane.start(settings);
        ASSERT_TRUE(started) << started.error().message;
    }

    DataVolume volume(const std::string &serial, std::uint64_t bytes = 64 << 20) {
        const auto file = folder_ / serial;
        std::ofstream(file).close();
        fs::resize_file(file, bytes);
        return {serial, file, bytes};
    }

    static DataHost host(const std::string &id, const std::string &iqn, DataChap chap = {}) {
        return {.id = id, .name = id, .iqns = {iqn}, .wwns = {}, .nqns = {}, .chap = std::move(chap)};
    }

    void connect(const DataHost &to, const DataVolume &volume, unsigned lun) {
        const auto connected = plane_->connect(to, volume, lun);
        ASSERT_TRUE(connected) << connected.error().message;
    }

    fs::path folder_;
    std::optional<LioDataPlane> plane_;
    DataHost node_ = host("h1", kInitiator);
};

TEST_F(LioDataPlaneTest, an_unknown_initiator_is_refused) {
    const Initiator initiator("lab1", kInitiator);
    EXPECT_NE(initiator.login(kPortals[0]), 0);
}

TEST_F(LioDataPlaneTest, every_portal_shows_the_volume_as_the_arrays) {
    connect(node_, volume("9714B5CB91634C470002B2C8"), 1);
    connect(node_, volume("9714B5CB91634C470002B2C9"), 254);
    const Initiator initiator("lab1", kInitiator);
    for (const auto *portal : kPortals)
        ASSERT_EQ(initiator.login(portal), 0);
    ASSERT_TRUE(eventually([] { return disks(1).size() == 2 && disks(254).size() == 2; }));
    for (const auto &disk : disks(1)) {
        EXPECT_EQ(wwid(disk), "3624a93709714b5cb91634c470002b2c8");
        EXPECT_EQ(line_of("/sys/block/" + disk + "/device/vendor"), "PURE");
        EXPECT_EQ(line_of("/sys/block/" + disk + "/device/model"), "FlashArray");
        EXPECT_EQ(line_of("/sys/block/" + disk + "/device/wwid"), "naa.624a93709714b5cb91634c470002b2c8");
        EXPECT_EQ(line_of("/sys/block/" + disk + "/size"), std::to_string((64 << 20) / 512));
    }
    EXPECT_EQ(wwid(disks(254)[0]), "3624a93709714b5cb91634c470002b2c9");
}

TEST_F(LioDataPlaneTest, a_host_with_chap_must_know_the_secret) {
    const DataChap chap{.user = "pure-user", .password = kSecret, .target_user = {}, .target_secret = {}};
    node_.chap = chap;
    connect(node_, volume("9714B5CB91634C470002B2C8"), 1);
    const Initiator initiator("lab1", kInitiator);
    EXPECT_EQ(initiator.login(kPortals[0]), kAuthenticationFailed);
    EXPECT_EQ(initiator.login(kPortals[0], {"pure-user", "another-secret", {}, {}}), kAuthenticationFailed);
    EXPECT_EQ(initiator.login(kPortals[0], chap), 0);
}

TEST_F(LioDataPlaneTest, the_array_proves_itself_with_mutual_chap) {
    const DataChap chap{"pure-user", kSecret, "pure-array", "the-secret-of-the-array"};
    node_.chap = chap;
    connect(node_, volume("9714B5CB91634C470002B2C8"), 1);
    const Initiator initiator("lab1", kInitiator);
    auto impostor = chap;
    impostor.target_secret = "not-the-arrays-secret";
    EXPECT_NE(initiator.login(kPortals[0], impostor), 0);
    EXPECT_EQ(initiator.login(kPortals[0], chap), 0);
}

TEST_F(LioDataPlaneTest, chap_that_is_taken_away_is_no_longer_asked_for) {
    node_.chap = {"pure-user", kSecret, {}, {}};
    connect(node_, volume("9714B5CB91634C470002B2C8"), 1);
    node_.chap = {};
    ASSERT_TRUE(plane_->set_host(node_));
    const Initiator initiator("lab1", kInitiator);
    EXPECT_EQ(initiator.login(kPortals[0]), 0);
}

TEST_F(LioDataPlaneTest, a_host_sees_only_its_own_luns) {
    const auto shared = volume("9714B5CB91634C470002B2C8");
    connect(node_, shared, 1);
    const auto other_host = host("h2", kOther);
    connect(other_host, volume("9714B5CB91634C470002B2C9"), 1);
    connect(other_host, shared, 2);
    const Initiator other("lab2", kOther);
    ASSERT_EQ(other.login(kPortals[0]), 0);
    ASSERT_TRUE(eventually([] { return disks(1).size() == 1 && disks(2).size() == 1; }));
    EXPECT_EQ(wwid(disks(1)[0]), "3624a93709714b5cb91634c470002b2c9");
    EXPECT_EQ(wwid(disks(2)[0]), "3624a93709714b5cb91634c470002b2c8");
}

TEST_F(LioDataPlaneTest, a_volume_grows_while_it_is_connected) {
    auto grown = volume("9714B5CB91634C470002B2C8");
    connect(node_, grown, 1);
    const Initiator initiator("lab1", kInitiator);
    ASSERT_EQ(initiator.login(kPortals[0]), 0);
    ASSERT_TRUE(eventually([] { return disks(1).size() == 1; }));
    grown.bytes = 128 << 20;
    fs::resize_file(grown.file, grown.bytes);
    ASSERT_TRUE(plane_->resized(grown));
    initiator.rescan();
    const auto size = "/sys/block/" + disks(1)[0] + "/size";
    EXPECT_TRUE(eventually([&] { return line_of(size) == std::to_string((128 << 20) / 512); }))
        << line_of(size);
}

TEST_F(LioDataPlaneTest, a_disconnected_lun_is_gone_and_its_number_may_show_another_volume) {
    const auto first = volume("9714B5CB91634C470002B2C8");
    connect(node_, first, 1);
    const Initiator initiator("lab1", kInitiator);
    ASSERT_EQ(initiator.login(kPortals[0]), 0);
    ASSERT_TRUE(eventually([] { return disks(1).size() == 1; }));
    const auto disk = disks(1)[0];
    ASSERT_EQ(run("dd of=/dev/null bs=4k count=1 iflag=direct if=/dev/" + disk).code, 0);
    ASSERT_TRUE(plane_->disconnect(node_, first, 1));
    EXPECT_NE(run("dd of=/dev/null bs=4k count=1 iflag=direct if=/dev/" + disk).code, 0);
    // The trap of hosts: the old device now is another volume.
    connect(node_, volume("9714B5CB91634C470002B2C9"), 1);
    EXPECT_EQ(wwid(disk), "3624a93709714b5cb91634c470002b2c9");
}

TEST_F(LioDataPlaneTest, what_a_host_wrote_is_in_the_file) {
    const auto written = volume("9714B5CB91634C470002B2C8");
    connect(node_, written, 1);
    const Initiator initiator("lab1", kInitiator);
    ASSERT_EQ(initiator.login(kPortals[0]), 0);
    ASSERT_TRUE(eventually([] { return disks(1).size() == 1; }));
    ASSERT_EQ(run("echo drover | dd bs=4k conv=sync oflag=direct of=/dev/" + disks(1)[0]).code, 0);
    ASSERT_TRUE(plane_->settle(written));
    EXPECT_EQ(line_of(written.file).substr(0, 6), "drover");
    ASSERT_TRUE(plane_->replacing_content(written));
    std::fstream(written.file) << "other!";
    ASSERT_TRUE(plane_->content_replaced(written));
    EXPECT_THAT(run("dd bs=4k count=1 iflag=direct if=/dev/" + disks(1)[0]).output, HasSubstr("other!"));
}

TEST_F(LioDataPlaneTest, an_initiator_that_its_host_lost_loses_the_luns) {
    connect(node_, volume("9714B5CB91634C470002B2C8"), 1);
    const Initiator initiator("lab1", kInitiator);
    ASSERT_EQ(initiator.login(kPortals[0]), 0);
    ASSERT_TRUE(eventually([] { return disks(1).size() == 1; }));
    node_.iqns = {kOther};
    ASSERT_TRUE(plane_->set_host(node_));
    initiator.logout();
    EXPECT_NE(initiator.login(kPortals[0]), 0);
    const Initiator other("lab2", kOther);
    ASSERT_EQ(other.login(kPortals[0]), 0);
    EXPECT_TRUE(eventually([] { return disks(1).size() == 1; }));
}

TEST_F(LioDataPlaneTest, every_call_may_be_repeated) {
    const auto repeated = volume("9714B5CB91634C470002B2C8");
    for (int time = 0; time < 2; ++time) {
        ASSERT_TRUE(plane_->set_host(node_));
        connect(node_, repeated, 1);
        ASSERT_TRUE(plane_->resized(repeated));
    }
    for (int time = 0; time < 2; ++time) {
        ASSERT_TRUE(plane_->disconnect(node_, repeated, 1));
        ASSERT_TRUE(plane_->forget_volume(repeated));
        ASSERT_TRUE(plane_->remove_host(node_.id));
    }
}

TEST_F(LioDataPlaneTest, nothing_is_left_when_it_ends) {
    connect(node_, volume("9714B5CB91634C470002B2C8"), 1);
    plane_.reset();
    EXPECT_THAT(configfs::names_in(configfs::target_root() / "iscsi"),
                testing::Not(testing::Contains(kTarget)));
    EXPECT_THAT(run("ls /sys/kernel/config/target/core").output, testing::Not(HasSubstr("iblock_")));
    EXPECT_THAT(run("losetup -n -O BACK-FILE").output, testing::Not(HasSubstr(folder_.string())));
}

TEST_F(LioDataPlaneTest, the_next_run_clears_what_a_killed_one_left_and_goes_on) {
    plane_.reset();
    const auto kept = volume("9714B5CB91634C470002B2C8");
    const pid_t child = ::fork();
    if (child == 0) {
        plane_.emplace();
        start(*plane_);
        static_cast<void>(plane_->connect(node_, kept, 1));
        static_cast<void>(plane_->connect(node_, volume("9714B5CB91634C470002B2C9"), 2));
        ::raise(SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    const Initiator initiator("lab1", kInitiator);
    ASSERT_EQ(initiator.login(kPortals[0]), 0) << "the kernel serves what the killed process made";
    ASSERT_TRUE(eventually([] { return disks(2).size() == 1; }));
    start(plane_.emplace());
    connect(node_, kept, 1);
    // The session comes back by itself.
    EXPECT_TRUE(eventually([&] {
        return run("timeout 5 dd of=/dev/null bs=4k count=1 iflag=direct if=/dev/" + disks(1).at(0)).code ==
               0;
    }));
    EXPECT_NE(run("timeout 20 dd of=/dev/null bs=4k count=1 iflag=direct if=/dev/" + disks(2).at(0)).code, 0);
    plane_.reset();
    EXPECT_THAT(run("losetup -n -O BACK-FILE").output, testing::Not(HasSubstr(folder_.string())));
}

} // namespace
} // namespace drover::sim
