// A FullDriver opened through its C table, with helpers that fill requests a host would send.
#pragma once

#include "drover/sdk/testing/fake_host.hpp"
#include "full_driver.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string_view>

namespace drv::testing {

class DriverTest : public ::testing::Test {
protected:
    void SetUp() override {
        FullDriver::behave = nullptr;
        ASSERT_EQ(table->open(host.get(), call.get(), &instance), DRV_OK) << call.message;
    }
    void TearDown() override {
        FullDriver::behave = nullptr;
        if (instance != nullptr)
            table->close(instance);
    }

    template <class Table>
    const Table *extension(std::string_view id) {
        return static_cast<const Table *>(table->extension(instance, to_abi(id)));
    }
    static drv_create_req create_request(std::string_view id, std::uint64_t bytes = 4096) {
        return {.struct_size = sizeof(drv_create_req),
                .reserved = 0,
                .flags = 0,
                .bytes = bytes,
                .id = to_abi(id),
                .name = to_abi("name"),
                .pool = to_abi(""),
                .profile = to_abi(""),
                .attrs = nullptr,
                .attr_count = 0};
    }
    static drv_attach_req attach_request(std::string_view id, std::string_view node = "node-a") {
        return {.struct_size = sizeof(drv_attach_req),
                .reserved = 0,
                .flags = 0,
                .id = to_abi(id),
                .node_id = to_abi(node),
                .initiators = nullptr,
                .initiator_count = 0};
    }
    static drv_list_req list_request(std::uint64_t max = 0, std::string_view token = "") {
        return {.struct_size = sizeof(drv_list_req),
                .reserved = 0,
                .flags = 0,
                .max_entries = max,
                .page_token = to_abi(token)};
    }

    const drv_driver_v1 *table = driver_table<FullDriver>();
    FakeHost host;
    FakeCall call;
    VolumeCatcher volumes;
    ConnectionCatcher connections;
    drv_instance *instance = nullptr;
};

} // namespace drv::testing
