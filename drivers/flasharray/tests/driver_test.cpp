// The driver from its .so against a small array: what the old driver got wrong, lost answers, and how many
// calls an op costs. What conformance tests is not repeated here.
#include "sdk/rest/tests/fixture.hpp"
#include "small_array.hpp"

#include <algorithm>
#include <dlfcn.h>
#include <memory>

namespace flasharray::testing {
namespace {

using drv::testing::FakeCall;
using drv::testing::FakeHost;
using drv::testing::VolumeCatcher;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char *kOne = "0b9c3f6e-6f8d-4f0b-9a51-2f7f1f0e9c11";
constexpr const char *kTwo = "0b9c3f6e-6f8d-4f0b-9a51-2f7f1f0e9c22";
constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;

const drv_driver_v1 *table() {
    static const drv_driver_v1 *const loaded = [] {
        void *library = ::dlopen(FLASHARRAY_DRIVER, RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr)
            throw std::runtime_error(::dlerror());
        return reinterpret_cast<drv_entry_v1_fn>(::dlsym(library, "drv_entry_v1"))();
    }();
    return loaded;
}

struct SeenConnection {
    std::uint32_t protocol = 0;
    std::uint64_t lun = 0;
    std::string wwid, user, secret_key;
    std::vector<std::string> portals, targets;
    std::map<std::string, std::string> attributes;
    friend bool operator==(const SeenConnection &, const SeenConnection &) = default;
};

// One node's open instance.
class Node {
public:
    Node(const SmallArray &array, const std::filesystem::path &ca, const std::string &name,
         const std::map<std::string, std::string> &more = {})
        : name_(name), iqn("iqn.node:" + name) {
        host.set_node_id(name);
        host.config = {{"pure_ip", "127.0.0.1:" + std::to_string(array.port())},
                       {"pure_verify_https", "true"},
                       {"pure_ssl_cert", ca.string()}};
        host.secrets = {{"pure_api_token", "token-of-the-test"}};
        for (const auto &[key, value] : more)
            (key.ends_with("password") ? host.secrets : host.config)[key] = value;
        status = table()->open(host.get(), begin(), &instance_);
    }
    ~Node() {
        if (instance_ != nullptr)
            table()->close(instance_);
    }
    Node(const Node &) = delete;
    Node &operator=(const Node &) = delete;

    drv_status create(const char *id, std::uint64_t bytes = kMiB) {
        const drv_create_req request{.struct_size = sizeof request,
                                     .reserved = 0,
                                     .flags = 0,
                                     .bytes = bytes,
                                     .id = drv::to_abi(id),
                                     .name = drv::to_abi(""),
                                     .pool = drv::to_abi(""),
                                     .profile = drv::to_abi(""),
                                     .attrs = nullptr,
                                     .attr_count = 0};
        const drv_call *made = begin();
        return table()->ops->create(instance_, made, &request, volumes->get());
    }
    drv_status destroy(const char *id) {
        return table()->ops->destroy(instance_, begin(), drv::to_abi(id), 0);
    }
    drv_status get(const char *id) {
        const drv_call *made = begin();
        return table()->ops->get(instance_, made, drv::to_abi(id), volumes->get());
    }
    drv_status list(std::uint64_t max = 0, const std::string &token = "") {
        const drv_list_req request{.struct_size = sizeof request,
                                   .reserved = 0,
                                   .flags = 0,
                                   .max_entries = max,
                                   .page_token = drv::to_abi(token)};
        const drv_call *made = begin();
        return table()->ops->list(instance_, made, &request, volumes->get());
    }
    drv_status attach(const char *id) {
        std::vector<drv_kv> initiators{{drv::to_abi("iqn"), drv::to_abi(iqn)}};
        if (!nqn.empty())
            initiators.push_back({drv::to_abi("nqn"), drv::to_abi(nqn)});
        const drv_attach_req request = attach_request(id, name_, initiators);
        const drv_connection_sink sink{
            .struct_size = sizeof sink, .reserved = 0, .data = &connection, .emit = &keep};
        return table()->ops->attach(instance_, begin(), &request, &sink);
    }
    drv_status resolve(const char *id) {
        const std::vector<drv_kv> initiators{{drv::to_abi("iqn"), drv::to_abi(iqn)}};
        const drv_attach_req request = attach_request(id, name_, initiators);
        const drv_connection_sink sink{
            .struct_size = sizeof sink, .reserved = 0, .data = &connection, .emit = &keep};
        return table()->ops->resolve(instance_, begin(), &request, &sink);
    }
    // Without initiators: all that is known of a node that is gone.
    drv_status detach(const char *id, const std::string &node = "") {
        const drv_attach_req request = attach_request(id, node.empty() ? name_ : node, {});
        return table()->ops->detach(instance_, begin(), &request);
    }
    // An op that did not end well says why.
    [[nodiscard]] const std::string &why() const { return call->message; }
    [[nodiscard]] bool is_state_unknown() const { return (call->flags & DRV_FAIL_STATE_UNKNOWN) != 0; }
    [[nodiscard]] std::string logged() const {
        std::string all;
        for (const auto level : {DRV_LOG_DEBUG, DRV_LOG_INFO, DRV_LOG_WARN, DRV_LOG_ERROR})
            all += host.logged(level);
        return all;
    }

    FakeHost host;
    drv_status status = DRV_E_INTERNAL;
    std::unique_ptr<FakeCall> call;
    std::unique_ptr<VolumeCatcher> volumes;
    SeenConnection connection;

private:
    const drv_call *begin() {
        call = std::make_unique<FakeCall>();
        volumes = std::make_unique<VolumeCatcher>();
        return call->get();
    }
    static drv_attach_req attach_request(const char *id, const std::string &node,
                                         const std::vector<drv_kv> &initiators) {
        return {.struct_size = sizeof(drv_attach_req),
                .reserved = 0,
                .flags = 0,
                .id = drv::to_abi(id),
                .node_id = drv::to_abi(node),
                .initiators = initiators.data(),
                .initiator_count = initiators.size()};
    }
    static drv_status keep(void *data, const drv_connection *row) {
        SeenConnection seen{.protocol = row->protocol,
                            .lun = row->lun,
                            .wwid = std::string(drv::view_of(row->wwid)),
                            .user = std::string(drv::view_of(row->auth_user)),
                            .secret_key = std::string(drv::view_of(row->auth_secret_key)),
                            .portals = {},
                            .targets = {},
                            .attributes = {}};
        for (std::uint64_t i = 0; i < row->portal_count; ++i) {
            seen.portals.emplace_back(drv::view_of(row->portals[i]));
            seen.targets.emplace_back(drv::view_of(row->targets[i]));
        }
        for (std::uint64_t i = 0; i < row->attr_count; ++i)
            seen.attributes.emplace(drv::view_of(row->attrs[i].key), drv::view_of(row->attrs[i].value));
        *static_cast<SeenConnection *>(data) = std::move(seen);
        return DRV_OK;
    }

    std::string name_;
    drv_instance *instance_ = nullptr;

public:
    std::string iqn, nqn; // the latter only where a test gives it one
};

class FlashArrayDriver : public drv::rest::testing::RestTest {
protected:
    std::unique_ptr<Node> node(const std::string &name, const std::map<std::string, std::string> &more = {}) {
        auto opened = std::make_unique<Node>(array, ca_file(), name, more);
        EXPECT_EQ(opened->status, DRV_OK) << opened->why();
        return opened;
    }
    [[nodiscard]] std::size_t living() const {
        const auto all = array.volumes();
        return static_cast<std::size_t>(
            std::ranges::count_if(all, [](const auto &each) { return !each.is_destroyed; }));
    }
    SmallArray array{drv::rest::testing::array_identity()};
};

// ---- NVMe/TCP ----

TEST_F(FlashArrayDriver, OverNvmeTheNodeIsKnownByItsNqnAndTheVolumeByItsNguid) {
    const auto a = node("a", {{"pure_storage_protocol", "nvme_tcp"}});
    a->nqn = "nqn.2014-08.org.nvmexpress:uuid:a";
    ASSERT_EQ(a->create(kOne), DRV_OK);
    ASSERT_EQ(a->attach(kOne), DRV_OK) << a->why();
    ASSERT_THAT(array.hosts(), SizeIs(1));
    EXPECT_EQ(array.hosts()[0].name, "drover-a");
    EXPECT_THAT(array.hosts()[0].nqns, ElementsAre(a->nqn));
    EXPECT_THAT(array.hosts()[0].iqns, IsEmpty());
    EXPECT_EQ(a->connection, (SeenConnection{.protocol = DRV_PROTO_NVME_TCP,
                                             .lun = 0,
                                             .wwid = "009714b5cb91634c24a9374700000001",
                                             .user = "",
                                             .secret_key = "",
                                             .portals = {"192.0.2.3:4420", "192.0.2.4:4420"},
                                             .targets = {"nqn.array", "nqn.array"},
                                             .attributes = {}}));
    const SeenConnection first = a->connection;
    ASSERT_EQ(a->attach(kOne), DRV_OK) << a->why();
    EXPECT_EQ(a->connection, first);
    EXPECT_EQ(a->detach(kOne), DRV_OK);
    EXPECT_EQ(array.connections(), 0U);
}

TEST_F(FlashArrayDriver, AHostObjectGetsTheNqnThatItLacks) {
    array.add_host("esx1", {"iqn.node:a"});
    const auto a = node("a", {{"pure_storage_protocol", "NVME_TCP"}, {"pure_nvme_cidr", "192.0.2.4/32"}});
    a->nqn = "nqn.2014-08.org.nvmexpress:uuid:a";
    ASSERT_EQ(a->create(kOne), DRV_OK);
    ASSERT_EQ(a->attach(kOne), DRV_OK) << a->why();
    ASSERT_THAT(array.hosts(), SizeIs(1)) << "an initiator beats a name, whatever its protocol";
    EXPECT_THAT(array.hosts()[0].nqns, ElementsAre(a->nqn));
    EXPECT_THAT(a->connection.portals, ElementsAre("192.0.2.4:4420"));
}

TEST_F(FlashArrayDriver, WhatNvmeLacksIsSaid) {
    const auto a = node("a", {{"pure_storage_protocol", "NVME_TCP"}});
    ASSERT_EQ(a->create(kOne), DRV_OK);
    EXPECT_EQ(a->attach(kOne), DRV_E_INVALID);
    EXPECT_THAT(a->why(), HasSubstr("node a has no NVMe host name (NQN): install nvme-cli"));
    a->nqn = "no nqn";
    EXPECT_EQ(a->attach(kOne), DRV_E_INVALID);
    EXPECT_THAT(a->why(), HasSubstr("the nqn \"no nqn\" of node a is none"));

    const auto far = node("b", {{"pure_storage_protocol", "NVME_TCP"}, {"pure_nvme_cidr", "10.0.0.0/8"}});
    far->nqn = "nqn.b";
    EXPECT_EQ(far->attach(kOne), DRV_E_UNSUPPORTED);
    EXPECT_THAT(far->why(), HasSubstr("none of the array's NVMe/TCP portals is in the networks"));

    array.answer_with("GET port", R"([{"name": "CT0.ETH4", "iqn": "iqn.array", "portal": "192.0.2.1:3260",
                                       "wwn": null, "nqn": null}])");
    const auto without = node("c", {{"pure_storage_protocol", "NVME_TCP"}});
    without->nqn = "nqn.c";
    EXPECT_EQ(without->attach(kOne), DRV_E_UNSUPPORTED);
    EXPECT_THAT(without->why(), HasSubstr("the array has no NVMe port with an NQN and an address"));

    array.speak(R"({"version": ["1.4", "1.15"]})");
    const auto old = node("d", {{"pure_storage_protocol", "NVME_TCP"}});
    old->nqn = "nqn.d";
    EXPECT_EQ(old->attach(kOne), DRV_E_UNSUPPORTED);
    EXPECT_THAT(old->why(), AllOf(HasSubstr("needs REST 1.16"), HasSubstr("offers is 1.15")));
    EXPECT_THAT(array.hosts(), IsEmpty()) << "nothing is made for what cannot work";
}

// ---- What the old driver got wrong ----

TEST_F(FlashArrayDriver, ACertificateOfOnesOwnWorks) {
    EXPECT_EQ(node("a")->create(kOne), DRV_OK);
    Node stranger(array, "", "b", {{"pure_ssl_cert", ""}});
    EXPECT_EQ(stranger.create(kTwo), DRV_E_UNREACHABLE) << "the system does not know our authority";
}

TEST_F(FlashArrayDriver, ANewHostObjectGetsChapToo) {
    const auto a =
        node("a", {{"pure_chap_host_user", "tester"}, {"pure_chap_host_password", "twelve-chars"}});
    ASSERT_EQ(a->create(kOne), DRV_OK);
    ASSERT_EQ(a->attach(kOne), DRV_OK) << a->why();
    ASSERT_THAT(array.hosts(), SizeIs(1));
    EXPECT_EQ(array.hosts()[0].name, "drover-a");
    EXPECT_EQ(array.hosts()[0].chap_user, "tester");
    EXPECT_EQ(array.hosts()[0].chap_password, "twelve-chars");
    EXPECT_EQ(a->connection.user, "tester");
    EXPECT_EQ(a->connection.secret_key, "pure_chap_host_password");
}

TEST_F(FlashArrayDriver, MutualChapGoesToTheHostObjectAndItsKeysToTheNode) {
    array.add_host("drover-a", {"iqn.node:a"});
    const auto a = node("a", {{"pure_chap_host_user", "tester"},
                              {"pure_chap_host_password", "twelve-chars"},
                              {"pure_chap_target_user", "array"},
                              {"pure_chap_target_password", "other-twelve"}});
    ASSERT_EQ(a->create(kOne), DRV_OK);
    ASSERT_EQ(a->attach(kOne), DRV_OK) << a->why();
    ASSERT_THAT(array.hosts(), SizeIs(1));
    EXPECT_EQ(array.hosts()[0].chap_password, "twelve-chars");
    EXPECT_EQ(array.hosts()[0].target_user, "array");
    EXPECT_EQ(array.hosts()[0].target_password, "other-twelve");
    EXPECT_EQ(a->connection.user, "tester");
    EXPECT_EQ(a->connection.attributes,
              (std::map<std::string, std::string>{{"chap-mutual-user", "array"},
                                                  {"chap-mutual-secret-key", "pure_chap_target_password"}}));
    const auto b =
        node("b", {{"pure_chap_host_user", "tester"}, {"pure_chap_host_password", "twelve-chars"}});
    ASSERT_EQ(b->create(kTwo), DRV_OK);
    ASSERT_EQ(b->attach(kTwo), DRV_OK) << b->why();
    EXPECT_THAT(b->connection.attributes, IsEmpty());
}

TEST_F(FlashArrayDriver, AHostObjectThatIsThereGetsTheInitiatorThatItLacksAndChap) {
    array.add_host("drover-a", {"iqn.of.before"});
    const auto a =
        node("a", {{"pure_chap_host_user", "tester"}, {"pure_chap_host_password", "twelve-chars"}});
    ASSERT_EQ(a->create(kOne), DRV_OK);
    ASSERT_EQ(a->attach(kOne), DRV_OK) << a->why();
    ASSERT_THAT(array.hosts(), SizeIs(1));
    EXPECT_THAT(array.hosts()[0].iqns, ElementsAre("iqn.of.before", "iqn.node:a"));
    EXPECT_EQ(array.hosts()[0].chap_user, "tester");
}

TEST_F(FlashArrayDriver, AnInitiatorBeatsAName) {
    array.add_host("esx1", {"iqn.node:a"});
    const auto a = node("a", {{"pure_manage_purity_hosts", "false"}});
    ASSERT_EQ(a->create(kOne), DRV_OK);
    ASSERT_EQ(a->attach(kOne), DRV_OK) << a->why();
    EXPECT_THAT(array.hosts(), SizeIs(1));
    ASSERT_EQ(a->get(kOne), DRV_OK);
    EXPECT_THAT(a->volumes->only().attached_nodes, ElementsAre("a"));
    // The next agent on the node knows nothing of that, until it says what the node's initiators are.
    const auto next = node("a", {{"pure_manage_purity_hosts", "false"}});
    ASSERT_EQ(next->get(kOne), DRV_OK);
    EXPECT_THAT(next->volumes->only().attached_nodes, ElementsAre("esx1"));
    ASSERT_EQ(next->resolve(kOne), DRV_OK) << next->why();
    ASSERT_EQ(next->get(kOne), DRV_OK);
    EXPECT_THAT(next->volumes->only().attached_nodes, ElementsAre("a"));
}

TEST_F(FlashArrayDriver, WithoutAHostObjectThatMayBeMadeAttachSaysWhatToDo) {
    const auto a = node("a", {{"pure_manage_purity_hosts", "false"}});
    ASSERT_EQ(a->create(kOne), DRV_OK);
    EXPECT_EQ(a->attach(kOne), DRV_E_INVALID);
    EXPECT_THAT(a->why(), AllOf(HasSubstr("iqn.node:a"), HasSubstr("pure_manage_purity_hosts")));
    EXPECT_THAT(array.hosts(), IsEmpty());
}

TEST_F(FlashArrayDriver, TwoNodesWithOneInitiatorNameAreRefused) {
    const auto a = node("a");
    const auto b = node("b");
    b->iqn = a->iqn;
    ASSERT_EQ(a->create(kOne), DRV_OK);
    ASSERT_EQ(a->attach(kOne), DRV_OK);
    ASSERT_EQ(b->create(kTwo), DRV_OK);
    EXPECT_EQ(b->attach(kTwo), DRV_E_INVALID);
    EXPECT_THAT(b->why(), AllOf(HasSubstr("for node a"), HasSubstr("/etc/iscsi/initiatorname.iscsi")));
}

TEST_F(FlashArrayDriver, AfterDetachNothingOfTheOldConnectionIsRemembered) {
    const auto a = node("a");
    ASSERT_EQ(a->create(kOne), DRV_OK);
    ASSERT_EQ(a->create(kTwo), DRV_OK);
    ASSERT_EQ(a->attach(kOne), DRV_OK);
    const SeenConnection first = a->connection;
    ASSERT_EQ(a->detach(kOne), DRV_OK);
    ASSERT_EQ(a->attach(kTwo), DRV_OK);
    EXPECT_EQ(a->connection.lun, first.lun) << "LUNs are used again at once";
    ASSERT_EQ(a->attach(kOne), DRV_OK);
    EXPECT_NE(a->connection.lun, first.lun);
    EXPECT_EQ(a->connection.wwid, first.wwid);
    EXPECT_TRUE(first.wwid.starts_with("624a93709714b5cb91634c47")) << first.wwid;
    EXPECT_EQ(first.wwid.size(), 32U) << "the NAA alone, as the ABI has it";
    EXPECT_THAT(first.portals, ElementsAre("192.0.2.1:3260", "192.0.2.2:3260"));
}

TEST_F(FlashArrayDriver, AnAttachAfterAFailedOneIsNoConflict) {
    const auto a = node("a");
    ASSERT_EQ(a->create(kOne), DRV_OK);
    ASSERT_EQ(a->attach(kOne), DRV_OK);
    const SeenConnection first = a->connection;
    EXPECT_EQ(a->attach(kOne), DRV_OK) << a->why(); // the node's part failed, and is tried again
    EXPECT_EQ(a->connection, first);
    EXPECT_EQ(array.connections(), 1U);
}

TEST_F(FlashArrayDriver, AnIdCanBeUsedAgainAtOnce) {
    const auto a = node("a");
    for (int round = 0; round < 3; ++round) {
        ASSERT_EQ(a->create(kOne), DRV_OK) << a->why();
        ASSERT_EQ(a->destroy(kOne), DRV_OK) << a->why();
    }
    EXPECT_EQ(living(), 0U);
    EXPECT_THAT(array.volumes(), SizeIs(3)) << "each can still be recovered";
}

TEST_F(FlashArrayDriver, AVolumeThatPeopleDestroyedDoesNotBlockItsId) {
    array.add_volume(std::string("drover-") + kOne, kMiB, true);
    const auto a = node("a");
    ASSERT_EQ(a->create(kOne), DRV_OK) << a->why();
    ASSERT_EQ(a->get(kOne), DRV_OK) << a->why();
    EXPECT_EQ(a->volumes->only().parent, "");
    ASSERT_EQ(a->create(kOne), DRV_OK) << a->why();
    EXPECT_EQ(living(), 1U);
}

TEST_F(FlashArrayDriver, DetachNeedsNoDeviceAndNoInitiator) {
    const auto a = node("a");
    ASSERT_EQ(a->create(kOne), DRV_OK);
    ASSERT_EQ(a->attach(kOne), DRV_OK);
    EXPECT_EQ(node("b")->detach(kOne, "a"), DRV_OK);
    EXPECT_EQ(array.connections(), 0U);
    EXPECT_EQ(a->detach(kOne), DRV_OK);
}

TEST_F(FlashArrayDriver, AHostThatSomebodyElseConnectedCounts) {
    const auto a = node("a");
    ASSERT_EQ(a->create(kOne), DRV_OK);
    array.add_host("esx1", {"iqn.esx"});
    array.connect("esx1", std::string("drover-") + kOne);
    EXPECT_EQ(a->attach(kOne), DRV_E_CONFLICT);
    EXPECT_THAT(a->why(), HasSubstr("esx1"));
    EXPECT_EQ(array.connections(), 1U);
    EXPECT_EQ(a->destroy(kOne), DRV_E_CONFLICT);
    EXPECT_EQ(living(), 1U);
}

TEST_F(FlashArrayDriver, NoSecretIsLogged) {
    const auto a = node("a", {{"pure_chap_host_user", "tester"},
                              {"pure_chap_host_password", "twelve-chars"},
                              {"pure_chap_target_user", "array"},
                              {"pure_chap_target_password", "other-twelve"}});
    ASSERT_EQ(a->create(kOne), DRV_OK);
    ASSERT_EQ(a->attach(kOne), DRV_OK);
    array.answer_with("GET volume/", R"({"msg": "token-of-the-test twelve-chars other-twelve"})");
    EXPECT_NE(a->get(kOne), DRV_OK);
    EXPECT_THAT(a->logged() + a->why(),
                AllOf(Not(HasSubstr("token-of-the-test")), Not(HasSubstr("twelve-chars")),
                      Not(HasSubstr("other-twelve"))));
}

TEST_F(FlashArrayDriver, VolumesOfFlockerAreFoundAndStrangersDoNotEndTheList) {
    array.add_volume(std::string("flocker-9d3c1f00-1111-4222-") + kOne, 3 * kMiB);
    array.add_volume("flocker-9d3c1f00-1111-4222-renamed-by-hand", kMiB);
    array.add_volume("oracle", kMiB);
    const auto a = node("a");
    ASSERT_EQ(a->list(), DRV_OK) << a->why();
    EXPECT_EQ(a->volumes->only().id, kOne);
    ASSERT_EQ(a->get(kOne), DRV_OK) << a->why();
    EXPECT_EQ(a->volumes->only().bytes, 3 * kMiB);
    EXPECT_EQ(a->create(kOne, 3 * kMiB), DRV_OK) << a->why();
    EXPECT_EQ(a->attach(kOne), DRV_OK) << a->why();
    EXPECT_THAT(array.volumes(), SizeIs(3));
}

TEST_F(FlashArrayDriver, ClustersDoNotSeeEachOther) {
    const auto one = node("a", {{"pure_cluster_id", "9d3c1f00-1111-4222-8333-444455556666"}});
    const auto other = node("a", {{"pure_cluster_id", "11111111-1111-4222-8333-444455556666"}});
    ASSERT_EQ(one->create(kOne), DRV_OK);
    ASSERT_EQ(other->list(), DRV_OK);
    EXPECT_THAT(other->volumes->rows, IsEmpty());
    EXPECT_EQ(other->get(kOne), DRV_E_NOT_FOUND);
    EXPECT_EQ(other->destroy(kOne), DRV_OK);
    EXPECT_EQ(one->get(kOne), DRV_OK);
}

// ---- How many calls ----

TEST_F(FlashArrayDriver, AnAttachCostsThreeCalls) {
    const auto a = node("a");
    ASSERT_EQ(a->create(kOne), DRV_OK);
    ASSERT_EQ(a->create(kTwo), DRV_OK);
    ASSERT_EQ(a->attach(kOne), DRV_OK); // host object and ports are known from here on
    static_cast<void>(array.take_calls());
    ASSERT_EQ(a->attach(kTwo), DRV_OK);
    const std::string volume = std::string("volume/drover-") + kTwo;
    EXPECT_THAT(array.take_calls(), ElementsAre("GET " + volume + "/host", "POST host/drover-a/" + volume,
                                                "GET " + volume + "/host"));
}

TEST_F(FlashArrayDriver, AListIsPagedAndCostsNoCallForEachVolume) {
    constexpr std::size_t kCount = 2500;
    for (std::size_t i = 0; i < kCount; ++i) {
        const std::string number = std::to_string(100000 + i);
        array.add_volume("drover-0b9c3f6e-6f8d-4f0b-9a51-2f7f1f" + number, kMiB);
    }
    const auto a = node("a");
    std::size_t seen = 0;
    std::string token;
    do {
        ASSERT_EQ(a->list(1000, token), DRV_OK) << a->why();
        seen += a->volumes->rows.size();
        token = a->volumes->token;
    } while (!token.empty());
    EXPECT_EQ(seen, kCount);
    EXPECT_THAT(array.take_calls(),
                ElementsAre("GET volume", "GET volume", "GET volume", "GET volume", "GET host"));
}

TEST_F(FlashArrayDriver, AnArrayWithoutPagesAndFiltersWorks) {
    array.speak(R"({"version": ["1.0", "1.4"]})");
    array.add_volume(std::string("flocker-9d3c1f00-1111-4222-") + kOne, kMiB);
    const auto a = node("a");
    ASSERT_EQ(a->get(kOne), DRV_OK) << a->why();
    ASSERT_EQ(a->create(kTwo), DRV_OK) << a->why();
    ASSERT_EQ(a->list(), DRV_OK) << a->why();
    EXPECT_THAT(a->volumes->rows, SizeIs(2));
}

// ---- Lost answers ----

TEST_F(FlashArrayDriver, ACreateWhoseAnswerIsLostMakesOneVolume) {
    const auto a = node("a");
    array.lose_answer_of("POST volume/");
    EXPECT_EQ(a->create(kOne), DRV_E_UNREACHABLE);
    EXPECT_TRUE(a->is_state_unknown()) << a->why();
    EXPECT_EQ(a->get(kOne), DRV_OK) << "the truth";
    EXPECT_EQ(a->create(kOne), DRV_OK) << a->why();
    EXPECT_THAT(array.volumes(), SizeIs(1));
}

TEST_F(FlashArrayDriver, AnAttachWhoseAnswerIsLostConnectsOnce) {
    const auto a = node("a");
    ASSERT_EQ(a->create(kOne), DRV_OK);
    array.lose_answer_of("POST host/drover-a/volume/");
    EXPECT_EQ(a->attach(kOne), DRV_E_UNREACHABLE);
    EXPECT_TRUE(a->is_state_unknown()) << a->why();
    EXPECT_EQ(a->attach(kOne), DRV_OK) << a->why();
    EXPECT_EQ(array.connections(), 1U);
}

TEST_F(FlashArrayDriver, ADestroyFindsTheTruthAfterEachAnswerThatIsLost) {
    const auto a = node("a");
    for (const char *lost : {"PUT volume/", "DELETE volume/"}) {
        ASSERT_EQ(a->create(kOne), DRV_OK) << a->why();
        array.lose_answer_of(lost);
        drv_status status = a->destroy(kOne);
        if (status != DRV_OK)
            status = a->destroy(kOne);
        EXPECT_EQ(status, DRV_OK) << lost << ": " << a->why();
        EXPECT_EQ(living(), 0U) << lost;
    }
}

TEST_F(FlashArrayDriver, AHostObjectThatWentAwayIsMadeAgain) {
    const auto a = node("a");
    ASSERT_EQ(a->create(kOne), DRV_OK);
    ASSERT_EQ(a->attach(kOne), DRV_OK);
    array.remove_host("drover-a");
    EXPECT_EQ(a->attach(kOne), DRV_OK) << a->why();
    EXPECT_EQ(array.connections(), 1U);
}

// ---- Answers that are none ----

TEST_F(FlashArrayDriver, WhatIsNoAnswerIsAnErrorWithAReason) {
    const auto a = node("a");
    ASSERT_EQ(a->create(kOne), DRV_OK);
    for (const char *text :
         {"", "null", "[]", "{}", "5", "\"text\"", "{\"name\": 1}", "{\"name\": \"x\"", "<html>busy</html>",
          R"({"name": "other", "size": 1048576, "serial": "9714B5CB91634C4700000001"})",
          R"([{"name": "a"}, {"name": "b"}])"}) {
        array.answer_with("GET volume/", text);
        EXPECT_EQ(a->get(kOne), DRV_E_INTERNAL) << text << ": " << a->why();
        EXPECT_NE(a->why(), "") << text;
    }
    array.answer_with("GET volume", R"({"not": "a list"})");
    EXPECT_EQ(a->list(), DRV_E_INTERNAL);
}

} // namespace
} // namespace flasharray::testing
