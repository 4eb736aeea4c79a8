// In the lab's VM: what a real host, nvme-cli and Linux's NVMe over TCP, sees of the data plane "nvmet".
#include "conformance/simulators/frame/lio/configfs.hpp"
#include "conformance/simulators/frame/nvmet/nvmet_data_plane.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <sys/wait.h>
#include <thread>

namespace drover::sim {
namespace {
namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char *kSubsystem = "nqn.2010-06.com.purestorage:flasharray.5a5e1ab5e1ab5e1a";
constexpr const char *kHost = "nqn.2014-08.org.nvmexpress:uuid:6f1c0f2e-5d0a-4b8e-9c38-000000000001";
constexpr const char *kOther = "nqn.2014-08.org.nvmexpress:uuid:6f1c0f2e-5d0a-4b8e-9c38-000000000002";
constexpr const char *kSerial = "9714B5CB91634C470002B2C8";
constexpr const char *kNguid = "009714b5cb91634c24a937470002b2c8";
constexpr std::array<const char *, 2> kPortals = {"127.0.0.1", "127.0.0.2"};

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

Ran login(const std::string &portal, const char *host = kHost) {
    return run(fmt::format("nvme connect -t tcp -a {} -s 4420 -n {} -q {} -l 30", portal, kSubsystem, host));
}

// The NGUIDs of all namespaces that this kernel has, without dashes, and their sizes.
std::map<std::string, std::uint64_t> namespaces() {
    std::map<std::string, std::uint64_t> found;
    std::error_code error;
    for (fs::directory_iterator entry("/sys/block", error), end; !error && entry != end;
         entry.increment(error)) {
        const auto name = entry->path().filename().string();
        if (!name.starts_with("nvme") || name.find('c') != std::string::npos)
            continue;
        auto nguid = line_of(entry->path() / "nguid");
        std::erase(nguid, '-');
        found[nguid] = std::stoull("0" + line_of(entry->path() / "size")) * 512;
    }
    return found;
}

class NvmetDataPlaneTest : public testing::Test {
protected:
    NvmetDataPlaneTest() : folder_(fs::temp_directory_path() / "nvmet-volumes") {
        fs::create_directories(folder_);
    }
    ~NvmetDataPlaneTest() override {
        run("nvme disconnect-all");
        plane_.reset();
        fs::remove_all(folder_);
    }

    void SetUp() override {
        if (line_of("/proc/sys/kernel/hostname") != "drover-lab")
            GTEST_SKIP() << "this is not the lab's guest: run ./dev lab";
        configfs::load_module("nvme_tcp");
        start(plane_.emplace());
    }

    void start(NvmetDataPlane &plane) {
        DataPlaneSettings settings{
            .identity = {"PURE", "FlashArray", "624a9370"}, .ports = {}, .folder = folder_};
        for (const auto *portal : kPortals) {
            settings.ports.push_back({fmt::format("CT{}.ETH8", settings.ports.size()),
                                      DataPort::Protocol::nvme_tcp, kSubsystem,
                                      fmt::format("{}:4420", portal)});
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

    static DataHost host(const std::string &id, const char *nqn) {
        return {.id = id, .name = id, .iqns = {}, .wwns = {}, .nqns = {nqn}, .chap = {}};
    }

    void connect(const DataHost &to, const DataVolume &volume, unsigned lun) {
        const auto connected = plane_->connect(to, volume, lun);
        ASSERT_TRUE(connected) << connected.error().message;
    }

    fs::path folder_;
    std::optional<NvmetDataPlane> plane_;
    DataHost node_ = host("h1", kHost);
};

TEST_F(NvmetDataPlaneTest, a_host_without_volumes_is_refused) {
    EXPECT_NE(login(kPortals[0]).code, 0);
    connect(node_, volume(kSerial), 1);
    EXPECT_NE(login(kPortals[0], kOther).code, 0);
    EXPECT_EQ(login(kPortals[0]).code, 0);
}

TEST_F(NvmetDataPlaneTest, every_portal_leads_to_the_volumes_which_have_the_arrays_identity) {
    connect(node_, volume(kSerial), 1);
    for (const auto *portal : kPortals) {
        const auto ran = login(portal);
        ASSERT_EQ(ran.code, 0) << ran.output;
    }
    ASSERT_TRUE(eventually([] { return namespaces().size() == 1; }));
    EXPECT_EQ(namespaces(), (std::map<std::string, std::uint64_t>{{kNguid, 64 << 20}}));
    EXPECT_THAT(run("cat /sys/class/nvme/nvme*/model").output, HasSubstr("FlashArray"));

    connect(node_, volume("9714B5CB91634C470002B2C9", 32 << 20), 254);
    EXPECT_TRUE(eventually([] { return namespaces().size() == 2; })) << "without a rescan";
    ASSERT_TRUE(plane_->disconnect(node_, {kSerial, folder_ / kSerial, 64 << 20}, 1));
    EXPECT_TRUE(eventually([] { return namespaces().size() == 1; }));
    EXPECT_TRUE(namespaces().contains("009714b5cb91634c24a937470002b2c9"));
}

TEST_F(NvmetDataPlaneTest, data_arrives_in_the_file_and_a_grown_volume_shows) {
    auto grown = volume(kSerial);
    connect(node_, grown, 1);
    ASSERT_EQ(login(kPortals[1]).code, 0);
    ASSERT_TRUE(eventually([] { return namespaces().size() == 1; }));
    const auto device = run("ls /dev/nvme?n?").output;
    const auto wrote = run("echo drover | dd conv=sync oflag=direct bs=4096 of=" + device);
    EXPECT_EQ(wrote.code, 0) << wrote.output;
    EXPECT_EQ(line_of(grown.file).substr(0, 6), "drover");
    grown.bytes = 128 << 20;
    fs::resize_file(grown.file, grown.bytes);
    ASSERT_TRUE(plane_->resized(grown));
    EXPECT_TRUE(eventually([] { return namespaces()[kNguid] == 128 << 20; }));
}

TEST_F(NvmetDataPlaneTest, a_second_host_is_refused_until_the_first_has_no_volumes) {
    const auto one = volume(kSerial);
    connect(node_, one, 1);
    const auto other = host("h2", kOther);
    ASSERT_TRUE(plane_->set_host(other));
    const auto refused = plane_->connect(other, volume("9714B5CB91634C470002B2C9"), 1);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("one host at a time"));
    ASSERT_TRUE(plane_->disconnect(node_, one, 1));
    connect(other, one, 1);
    EXPECT_NE(login(kPortals[0]).code, 0);
    EXPECT_EQ(login(kPortals[0], kOther).code, 0);
}

TEST_F(NvmetDataPlaneTest, what_is_told_again_after_a_restart_is_there_and_nothing_is_left_at_the_end) {
    const auto one = volume(kSerial);
    connect(node_, one, 1);
    // Killed: nothing was taken away.
    NvmetDataPlane next;
    start(next);
    ASSERT_TRUE(next.connect(node_, one, 1));
    ASSERT_TRUE(next.connect(node_, one, 1)) << "twice is once";
    ASSERT_EQ(login(kPortals[0]).code, 0);
    ASSERT_TRUE(eventually([] { return namespaces().size() == 1; }));
    EXPECT_TRUE(namespaces().contains(kNguid));
    run("nvme disconnect-all");
    ASSERT_TRUE(next.disconnect(node_, one, 1));
    start(*plane_); // of this folder and subsystem there is one owner again
    plane_.reset();
    for (const char *folder : {"subsystems", "ports", "hosts"})
        EXPECT_THAT(configfs::names_in(configfs::nvme_root() / folder), IsEmpty()) << folder;
    EXPECT_EQ(run("losetup -n -O BACK-FILE | grep nvmet-volumes").output, "");
}

TEST(Nguid, is_made_of_the_serial_and_the_company) {
    EXPECT_EQ(nguid_of({"PURE", "FlashArray", "624a9370"}, kSerial).value(), kNguid);
    EXPECT_FALSE(nguid_of({"PURE", "FlashArray", "624a9370"}, "12"));
    EXPECT_FALSE(nguid_of({"PURE", "FlashArray", ""}, kSerial));
}

} // namespace
} // namespace drover::sim
