// The descriptor, what the SDK refuses for its drivers, growth of structs, and paging.
#include "fixture.hpp"

#include <cstring>

namespace drv::testing {
namespace {

using Core = DriverTest;

TEST_F(Core, DescriptorIsWhatTheClassSays) {
    EXPECT_EQ(table->struct_size, sizeof(drv_driver_v1));
    EXPECT_EQ(view_of(table->name), "full");
    ASSERT_EQ(table->config_key_count, 3U);
    EXPECT_EQ(view_of(table->config_keys[0].name), "address");
    EXPECT_EQ(table->config_keys[0].flags, std::uint32_t{DRV_KEY_REQUIRED});
    EXPECT_EQ(table->config_keys[1].kind, std::uint32_t{DRV_KEY_BYTES});
    EXPECT_EQ(view_of(table->config_keys[1].fallback), "512");
    EXPECT_EQ(table->config_keys[2].flags, std::uint32_t{DRV_KEY_SECRET});
}

TEST_F(Core, RecordArrivesWhole) {
    EXPECT_EQ(table->ops->get(instance, call.get(), to_abi("v"), volumes.get()), DRV_OK);
    const SeenVolume &seen = volumes.only();
    EXPECT_EQ(seen.id, "v");
    EXPECT_EQ(seen.name, "people's name");
    EXPECT_EQ(seen.backend_id, "b1");
    EXPECT_EQ(seen.state, std::uint32_t{DRV_VOLUME_READY});
    EXPECT_EQ(seen.used_bytes, DRV_UNKNOWN);
    EXPECT_EQ(seen.attached_nodes, (std::vector<std::string>{"n1", "n2"}));
}

TEST_F(Core, ConnectionArrives) {
    const auto request = attach_request("v");
    EXPECT_EQ(table->ops->attach(instance, call.get(), &request, connections.get()), DRV_OK);
    EXPECT_EQ(connections.wwid, "naa");
    EXPECT_EQ(connections.protocol, std::uint32_t{DRV_PROTO_ISCSI});
}

TEST_F(Core, CapabilitiesFillTheHostsStruct) {
    drv_caps caps{};
    caps.struct_size = sizeof caps;
    EXPECT_EQ(table->ops->capabilities(instance, call.get(), &caps), DRV_OK);
    EXPECT_EQ(caps.flags, std::uint64_t{DRV_CAP_THIN | DRV_CAP_ZEROED});
    EXPECT_EQ(caps.min_bytes, 7U);
    EXPECT_EQ(caps.free_bytes, DRV_UNKNOWN);
}

TEST_F(Core, IdsThatAreNoneAreInvalid) {
    const std::string too_long(256, 'x');
    const std::string huge(65536, 'x');
    for (const std::string_view bad :
         {std::string_view(""), std::string_view(too_long), std::string_view(huge),
          std::string_view("\xff\xfe"), std::string_view("a\nb"), std::string_view("a\0b", 3),
          std::string_view("\xc3")}) {
        const drv_str id = to_abi(bad);
        EXPECT_EQ(table->ops->get(instance, call.get(), id, volumes.get()), DRV_E_INVALID);
        EXPECT_EQ(table->ops->destroy(instance, call.get(), id, 0), DRV_E_INVALID);
        const auto create = create_request(bad);
        EXPECT_EQ(table->ops->create(instance, call.get(), &create, volumes.get()), DRV_E_INVALID);
        const auto attach = attach_request(bad);
        EXPECT_EQ(table->ops->attach(instance, call.get(), &attach, connections.get()), DRV_E_INVALID);
        const auto node = attach_request("v", bad);
        EXPECT_EQ(table->ops->detach(instance, call.get(), &node), DRV_E_INVALID);
        EXPECT_FALSE(call.message.empty());
    }
    EXPECT_TRUE(volumes.rows.empty());
    const std::string longest(255, 'x');
    EXPECT_EQ(table->ops->get(instance, call.get(), to_abi(longest), volumes.get()), DRV_OK);
}

TEST_F(Core, FlagsNobodyKnowsAreInvalid) {
    constexpr std::uint64_t kBit63 = std::uint64_t{1} << 63;
    auto create = create_request("v");
    create.flags = kBit63;
    EXPECT_EQ(table->ops->create(instance, call.get(), &create, volumes.get()), DRV_E_INVALID);
    auto attach = attach_request("v");
    attach.flags = kBit63 | DRV_ATTACH_READ_ONLY;
    EXPECT_EQ(table->ops->attach(instance, call.get(), &attach, connections.get()), DRV_E_INVALID);
    EXPECT_EQ(table->ops->resolve(instance, call.get(), &attach, connections.get()), DRV_E_INVALID);
    EXPECT_EQ(table->ops->detach(instance, call.get(), &attach), DRV_E_INVALID);
    auto list = list_request();
    list.flags = kBit63;
    EXPECT_EQ(table->ops->list(instance, call.get(), &list, volumes.get()), DRV_E_INVALID);
    EXPECT_EQ(table->ops->destroy(instance, call.get(), to_abi("v"), kBit63), DRV_E_INVALID);
}

TEST_F(Core, SizeZeroIsInvalid) {
    const auto create = create_request("v", 0);
    EXPECT_EQ(table->ops->create(instance, call.get(), &create, volumes.get()), DRV_E_INVALID);
}

TEST_F(Core, AttributesAreChecked) {
    auto create = create_request("v");
    const drv_kv rows[] = {{to_abi("key"), to_abi("value")}, {to_abi(""), to_abi("value")}};
    create.attrs = rows;
    create.attr_count = 1;
    EXPECT_EQ(table->ops->create(instance, call.get(), &create, volumes.get()), DRV_OK);
    create.attr_count = 2;
    EXPECT_EQ(table->ops->create(instance, call.get(), &create, volumes.get()), DRV_E_INVALID);
    create.attrs = nullptr;
    EXPECT_EQ(table->ops->create(instance, call.get(), &create, volumes.get()), DRV_E_INVALID);
}

TEST_F(Core, StructsOlderThanMinorZeroAndNullAreInvalid) {
    auto create = create_request("v");
    create.struct_size = 8;
    EXPECT_EQ(table->ops->create(instance, call.get(), &create, volumes.get()), DRV_E_INVALID);
    EXPECT_EQ(table->ops->create(instance, call.get(), nullptr, volumes.get()), DRV_E_INVALID);
    drv_caps caps{};
    caps.struct_size = 8;
    EXPECT_EQ(table->ops->capabilities(instance, call.get(), &caps), DRV_E_INVALID);
    EXPECT_EQ(table->ops->get(instance, call.get(), to_abi("v"), nullptr), DRV_E_INVALID);
}

TEST_F(Core, SinkThatCannotTellIsFoundBeforeAnythingIsChanged) {
    bool ran = false;
    FullDriver::behave = [&](std::string_view, Call &) { ran = true; };
    const auto create = create_request("v");
    drv_volume_sink sink = *volumes.get();
    sink.emit = nullptr;
    EXPECT_EQ(table->ops->create(instance, call.get(), &create, &sink), DRV_E_INVALID);
    EXPECT_FALSE(ran);
}

TEST_F(Core, TailsOfANewerHostAreNotRead) {
    struct {
        drv_create_req request;
        unsigned char tail[64];
    } newer{create_request("v"), {}};
    newer.request.struct_size = sizeof newer;
    std::memset(newer.tail, 0xee, sizeof newer.tail);
    EXPECT_EQ(table->ops->create(instance, call.get(), &newer.request, volumes.get()), DRV_OK);
}

TEST_F(Core, PagingVisitsEveryIdOnce) {
    std::string ids;
    std::string token;
    do {
        volumes.token.clear();
        const auto request = list_request(1, token);
        ASSERT_EQ(table->ops->list(instance, call.get(), &request, volumes.get()), DRV_OK) << call.message;
        token = volumes.token;
    } while (!token.empty());
    for (const SeenVolume &row : volumes.rows)
        ids += row.id;
    EXPECT_EQ(ids, "abcx"); // and "vanished" left out
}

TEST_F(Core, WholeListNeedsNoToken) {
    const auto request = list_request(0);
    EXPECT_EQ(table->ops->list(instance, call.get(), &request, volumes.get()), DRV_OK);
    EXPECT_EQ(volumes.rows.size(), 4U);
    EXPECT_EQ(volumes.token, "");
}

TEST_F(Core, TokenOfAnIdThatIsGoneGoesOnBehindIt) {
    const auto request = list_request(0, "after:bb");
    EXPECT_EQ(table->ops->list(instance, call.get(), &request, volumes.get()), DRV_OK);
    EXPECT_EQ(volumes.only().id, "c");
}

TEST_F(Core, StrangeTokensAreInvalid) {
    for (const std::string_view token : {"after:", "x", "before:a"}) {
        const auto request = list_request(0, token);
        EXPECT_EQ(table->ops->list(instance, call.get(), &request, volumes.get()), DRV_E_INVALID);
    }
}

TEST_F(Core, CancelledListingEnds) {
    call.cancel_after_polls = 3;
    const auto request = list_request(0);
    EXPECT_EQ(table->ops->list(instance, call.get(), &request, volumes.get()), DRV_E_CANCELLED);
}

} // namespace
} // namespace drv::testing
