#include "loader/host_bridge.hpp"
#include "loader/testing/recording_host.hpp"

#include <gmock/gmock.h>

namespace drover {
namespace {

using ::testing::ElementsAre;

drv_str text(std::string_view value) {
    return {value.data(), value.size()};
}

struct Fixture : ::testing::Test {
    Fixture() {
        BackendSettings settings;
        settings.values = {{"address", "10.0.0.1"}};
        settings.secrets = {{"password", "hunter22"}, {"pin", "12"}};
        bridge = std::make_unique<HostBridge>(
            host, HostBridge::Identity{.backend = "array-1", .agent_version = "1.2.3", .node_id = "node-a"},
            settings,
            std::vector<ConfigKey>{{.name = "address"},
                                   {.name = "pool", .fallback = "default"},
                                   {.name = "tier"},
                                   {.name = "password", .secret = true},
                                   {.name = "pin", .secret = true},
                                   {.name = "token", .secret = true}});
        table = bridge->get();
    }
    drv_status config(std::string_view key, std::string *value = nullptr) const {
        drv_str found{};
        const drv_status status = table->config(table, text(key), &found);
        if (status == DRV_OK && value != nullptr)
            *value = std::string(found.data, found.len);
        return status;
    }
    testing::RecordingHost host;
    std::unique_ptr<HostBridge> bridge;
    const drv_host_v1 *table = nullptr;
};

using HostBridgeTest = Fixture;

TEST_F(HostBridgeTest, TellsWhoItIs) {
    EXPECT_EQ(table->struct_size, sizeof(drv_host_v1));
    EXPECT_EQ(table->abi_major, DRV_ABI_MAJOR);
    EXPECT_STREQ(table->agent_version.data, "1.2.3");
    EXPECT_STREQ(table->backend.data, "array-1");
    EXPECT_STREQ(table->node_id.data, "node-a");
    EXPECT_GT(table->now_ns(table), 0U);
    EXPECT_EQ(table->service(table, text("drv.store/1")), nullptr);
}

TEST_F(HostBridgeTest, GivesDeclaredValuesAndFallbacksOnly) {
    std::string value;
    EXPECT_EQ(config("address", &value), DRV_OK);
    EXPECT_EQ(value, "10.0.0.1");
    EXPECT_EQ(config("pool", &value), DRV_OK);
    EXPECT_EQ(value, "default");
    EXPECT_EQ(config("tier"), DRV_E_NOT_FOUND);
    EXPECT_EQ(config("nonsense"), DRV_E_INVALID);
    EXPECT_EQ(config("password"), DRV_E_INVALID);
    EXPECT_EQ(table->config(table, drv_str{nullptr, 4}, nullptr), DRV_E_INVALID);
}

TEST_F(HostBridgeTest, LendsSecretsToOneCallback) {
    std::string seen;
    const auto keep = [](void *to, drv_str value) {
        static_cast<std::string *>(to)->assign(value.data, value.len);
        EXPECT_EQ(value.data[value.len], '\0');
    };
    EXPECT_EQ(table->secret(table, text("password"), &seen, keep), DRV_OK);
    EXPECT_EQ(seen, "hunter22");
    EXPECT_EQ(table->secret(table, text("token"), &seen, keep), DRV_E_NOT_FOUND);
    EXPECT_EQ(table->secret(table, text("address"), &seen, keep), DRV_E_INVALID);
    EXPECT_EQ(table->secret(table, text("password"), &seen, nullptr), DRV_E_INVALID);
}

TEST_F(HostBridgeTest, LogsOneCleanLineWithoutSecrets) {
    table->log(table, DRV_LOG_WARN, text("login hunter22\nfailed \xFF 12"));
    table->log(table, DRV_LOG_DEBUG, text("dropped"));
    table->log(table, DRV_LOG_DRIVER_MISBEHAVING, text("closed twice"));
    table->log(table, 42, text("from a newer minor"));
    table->log(table, DRV_LOG_ERROR, drv_str{nullptr, 9});
    EXPECT_THAT(host.messages(), ElementsAre("login *** failed \xEF\xBF\xBD 12",
                                             "the driver breaks the contract: closed twice",
                                             "from a newer minor", "(unreadable text)"));
    EXPECT_EQ(host.lines().front().backend, "array-1");
    EXPECT_EQ(host.lines().front().level, LogLevel::warn);
    EXPECT_EQ(table->log_enabled(table, DRV_LOG_DEBUG), 0U);
    EXPECT_EQ(table->log_enabled(table, DRV_LOG_ERROR), 1U);
}

TEST_F(HostBridgeTest, MasksSecretsInErrors) {
    const Error error = bridge->masked(Error{.message = "hunter22hunter22", .vendor_code = "x-hunter22"});
    EXPECT_EQ(error.message, "******");
    EXPECT_EQ(error.vendor_code, "x-***");
}

} // namespace
} // namespace drover
