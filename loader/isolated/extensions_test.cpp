// Extensions that no method of Driver calls, through the agent's own tables and a real process.
#include "drover/ext/qos.h"
#include "loader/call_bridge.hpp"
#include "loader/host_bridge.hpp"
#include "loader/isolated/isolated_library.hpp"
#include "loader/testing/open_fixture.hpp"

#include <gmock/gmock.h>

namespace drover {
namespace {

using testing::DriverFolder;
using ::testing::HasSubstr;
using testing::RecordingHost;
using testing::with;

struct RemoteTables : ::testing::Test {
    RemoteTables() {
        folder.put("good");
        const auto file = Catalog(folder.path()).find("good");
        auto loaded = load_isolated(*file, testing::quick_isolation(), {});
        if (!loaded)
            throw std::runtime_error(loaded.error().message);
        library = std::move(*loaded);
        host = std::make_unique<HostBridge>(
            log, HostBridge::Identity{.backend = "array-1", .agent_version = "1", .node_id = "n"},
            with("opening", "with-qos"), library->description().config_keys);
        auto made = library->make_instance();
        CallBridge call(context, "open");
        if (made->open(host->get(), call.get()) != DRV_OK)
            throw std::runtime_error(call.error(DRV_E_INTERNAL).message);
        instance = made.release()->as_instance();
    }
    ~RemoteTables() override { table.close(instance); }
    RemoteTables(const RemoteTables &) = delete;
    RemoteTables &operator=(const RemoteTables &) = delete;

    const void *extension(std::string_view id) const {
        return table.extension(instance, {id.data(), id.size()});
    }

    const drv_driver_v1 &table = remote_driver_table();
    DriverFolder folder;
    RecordingHost log;
    CallContext context;
    std::shared_ptr<IsolatedLibrary> library;
    std::unique_ptr<HostBridge> host;
    drv_instance *instance = nullptr;
};

constexpr drv_str kVolume = {"vol-1", 5};

TEST_F(RemoteTables, LimitsGoThereAndComeBack) {
    const auto *qos = static_cast<const drv_qos_v1 *>(extension(DRV_EXT_QOS));
    ASSERT_NE(qos, nullptr);
    CallBridge call(context, "qos");
    std::uint64_t supported = 0;
    ASSERT_EQ(qos->supported(instance, call.get(), &supported), DRV_OK);
    EXPECT_EQ(supported, std::uint64_t{DRV_QOS_MAX_IOPS | DRV_QOS_MAX_BYTES_PER_SECOND});

    drv_qos limits{};
    limits.struct_size = sizeof limits;
    limits.limits = DRV_QOS_MAX_IOPS;
    limits.max_iops = 500;
    ASSERT_EQ(qos->set(instance, call.get(), kVolume, &limits), DRV_OK);
    drv_qos read{};
    read.struct_size = sizeof read;
    ASSERT_EQ(qos->get(instance, call.get(), kVolume, &read), DRV_OK);
    EXPECT_EQ(read.limits, std::uint64_t{DRV_QOS_MAX_IOPS});
    EXPECT_EQ(read.max_iops, 500U);
    EXPECT_EQ(read.struct_size, sizeof read);

    ASSERT_EQ(qos->clear(instance, call.get(), kVolume), DRV_OK);
    ASSERT_EQ(qos->get(instance, call.get(), kVolume, &read), DRV_OK);
    EXPECT_EQ(read.limits, 0U);
}

TEST_F(RemoteTables, ALimitThatTheBackendHasNotIsRefusedInTheDriversWords) {
    const auto *qos = static_cast<const drv_qos_v1 *>(extension(DRV_EXT_QOS));
    ASSERT_NE(qos, nullptr);
    CallBridge call(context, "qos.set");
    drv_qos limits{};
    limits.struct_size = sizeof limits;
    limits.limits = DRV_QOS_MIN_IOPS;
    EXPECT_EQ(qos->set(instance, call.get(), kVolume, &limits), DRV_E_UNSUPPORTED);
    ASSERT_TRUE(call.last_failure().has_value());
    EXPECT_THAT(call.last_failure()->message, HasSubstr("no lower limits"));
}

TEST_F(RemoteTables, OnlyWhatTheDriverOffersHasATable) {
    EXPECT_NE(extension(DRV_EXT_SNAPSHOT), nullptr);
    for (const char *id : {"drv.group/1", "drv.qos/1 ", "drv.qos", "drv.none/1", ""})
        EXPECT_EQ(extension(id), nullptr) << id;
}

} // namespace
} // namespace drover
