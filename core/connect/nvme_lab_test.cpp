// NVMe/TCP for real: the kernel's target on two loopback portals, nvme-cli, the kernel's own multipath. Needs
// the lab's guest.
#include "core/connect/connectors.hpp"
#include "core/connect/nvme_subsystem.hpp"
#include "core/connect/sysfs.hpp"
#include "core/connect/testing/lab_node.hpp"

#include <gmock/gmock.h>

#include <fcntl.h>
#include <optional>
#include <unistd.h>

namespace drover::connect {
namespace {

using namespace testing;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t kMiB = 1024UL * 1024;
constexpr const char *kNqn = "nqn.2010-06.com.purestorage:flasharray.1a2b3c";
const std::filesystem::path kTarget = "/sys/kernel/config/nvmet";

// A subsystem with namespaces on loop devices.
class NvmeTarget {
public:
    NvmeTarget() {
        std::filesystem::create_directory(subsystem_);
        put(subsystem_ / "attr_allow_any_host", "1");
        for (int port = 1; port <= 2; ++port) {
            const auto folder = kTarget / "ports" / std::to_string(port);
            std::filesystem::create_directory(folder);
            put(folder / "addr_adrfam", "ipv4");
            put(folder / "addr_trtype", "tcp");
            put(folder / "addr_traddr", "127.0.0." + std::to_string(port));
            put(folder / "addr_trsvcid", "4420");
            std::filesystem::create_symlink(subsystem_, folder / "subsystems" / kNqn);
        }
    }
    ~NvmeTarget() {
        std::error_code error;
        for (const char *port : {"1", "2"}) {
            std::filesystem::remove(kTarget / "ports" / port / "subsystems" / kNqn, error);
            (void)try_run("/bin/rmdir", {(kTarget / "ports" / port).string()});
        }
        for (const auto &name : folder_names(subsystem_ / "namespaces")) {
            put(subsystem_ / "namespaces" / name / "enable", "0");
            (void)try_run("/bin/rmdir", {(subsystem_ / "namespaces" / name).string()});
        }
        (void)try_run("/bin/rmdir", {subsystem_.string()});
        for (const auto &loop : loops_)
            (void)try_run("/sbin/losetup", {"-d", loop});
    }
    NvmeTarget(const NvmeTarget &) = delete;
    NvmeTarget &operator=(const NvmeTarget &) = delete;

    // Its UUID.
    std::string add(unsigned number, unsigned mebibytes) {
        const auto file = file_of(number);
        std::filesystem::create_directories(file.parent_path());
        put(file, "");
        std::filesystem::resize_file(file, std::uint64_t{mebibytes} << 20U);
        loops_.push_back(run("/sbin/losetup", {"-f", "--show", file.string()}));
        const auto folder = subsystem_ / "namespaces" / std::to_string(number);
        std::filesystem::create_directory(folder);
        put(folder / "device_path", loops_.back());
        const std::string uuid = "6f1c0f2e-5d0a-4b8e-9c38-0d6a5f0f3a1" + std::to_string(number);
        put(folder / "device_uuid", uuid);
        put(folder / "enable", "1");
        return uuid;
    }
    void grow(unsigned number, unsigned mebibytes) const {
        std::filesystem::resize_file(file_of(number), std::uint64_t{mebibytes} << 20U);
        run("/sbin/losetup", {"-c", loops_.at(number - 1)});
        put(subsystem_ / "namespaces" / std::to_string(number) / "revalidate_size", "1");
    }

private:
    static std::filesystem::path file_of(unsigned number) { return "/tmp/nvme/" + std::to_string(number); }
    std::filesystem::path subsystem_ = kTarget / "subsystems" / kNqn;
    std::vector<std::string> loops_;
};

class NvmeLab : public ::testing::Test {
protected:
    void SetUp() override {
        if (const auto why = not_in_lab({"nvmet", "nvmet_tcp", "nvme_tcp", "loop", "target_core_mod"});
            !why.empty())
            GTEST_SKIP() << why;
        put("/etc/nvme/hostnqn", "nqn.2014-08.org.nvmexpress:uuid:6f1c0f2e-5d0a-4b8e-9c38-000000000001\n");
        put("/etc/nvme/hostid", "6f1c0f2e-5d0a-4b8e-9c38-000000000001\n");
        target_.emplace();
    }
    static Connection to(const std::string &uuid, const std::vector<std::string> &portals) {
        Connection connection{.protocol = Protocol::nvme_tcp, .wwid = uuid};
        for (const auto &portal : portals)
            connection.paths.push_back({.portal = portal, .target = kNqn});
        return connection;
    }

    void TearDown() override {
        if (target_)
            (void)try_run("/usr/sbin/nvme", {"disconnect-all"});
    }

    std::optional<NvmeTarget> target_;
    Connectors connectors_ = standard_connectors();
    Connector &nvme_ = **connectors_.for_protocol(Protocol::nvme_tcp);
    const std::vector<std::string> portals_{"127.0.0.1:4420", "127.0.0.2:4420"};
};

TEST_F(NvmeLab, TwoVolumesOfOneSubsystemOverTwoPortalsGrowAndGo) {
    const auto first = to(target_->add(1, 64), portals_);
    const auto second = to(target_->add(2, 64), portals_);
    EXPECT_EQ(nvme_.find(first, in_seconds(30)).error().code, Code::not_found);
    auto device = nvme_.connect(first, {}, in_seconds(120));
    ASSERT_TRUE(device.has_value()) << device.error().message;
    EXPECT_EQ(device->bytes, 64 * kMiB);
    EXPECT_EQ(device->wwid, first.wwid);
    auto other = nvme_.connect(second, {}, in_seconds(120));
    ASSERT_TRUE(other.has_value()) << other.error().message;
    EXPECT_NE(other->path, device->path);
    EXPECT_THAT(nvme_controllers(HostAccess{}), SizeIs(2));
    for (const auto &each : nvme_controllers(HostAccess{})) {
        EXPECT_TRUE(each.is_live());
        const auto limit = read_attribute("/sys/class/nvme/" + each.name + "/ctrl_loss_tmo");
        EXPECT_TRUE(limit == "off" || limit == "-1") << limit;
    }
    target_->grow(1, 128);
    auto grown = nvme_.rescan(first, 128 * kMiB, in_seconds(120));
    ASSERT_TRUE(grown.has_value()) << grown.error().message;
    EXPECT_EQ(grown->bytes, 128 * kMiB);

    const int holder = ::open(device->path.c_str(), O_RDONLY | O_EXCL | O_CLOEXEC);
    ASSERT_GE(holder, 0);
    EXPECT_EQ(nvme_.disconnect(first, in_seconds(60)).error().code, Code::conflict);
    ::close(holder);
    // The second namespace keeps the controllers of both.
    EXPECT_TRUE(nvme_.disconnect(first, in_seconds(60)).has_value());
    EXPECT_EQ(nvme_.find(second, in_seconds(30)).value(), *other);
}

TEST_F(NvmeLab, TheLastVolumeTakesTheControllersWithIt) {
    const auto connection = to(target_->add(1, 64), {"127.0.0.9:4420", portals_[1]});
    auto device = nvme_.connect(connection, {}, in_seconds(120)); // with one dead portal
    ASSERT_TRUE(device.has_value()) << device.error().message;
    auto gone = nvme_.disconnect(connection, in_seconds(60));
    ASSERT_TRUE(gone.has_value()) << gone.error().message;
    EXPECT_THAT(nvme_controllers(HostAccess{}), IsEmpty());
    EXPECT_TRUE(nvme_.disconnect(connection, in_seconds(60)).has_value());
}

} // namespace
} // namespace drover::connect
