// Which extensions are found, and that each table reaches its methods.
#include "fixture.hpp"

namespace drv::testing {
namespace {

// The nine core methods and nothing else; what it offers is chosen by deriving classes.
class Bare {
public:
    static constexpr Description description() { return {.name = "bare", .version = "1", .vendor = "tests"}; }
    Bare(Host &, Call &) {}
    void probe(Call &) {}
    Capabilities capabilities(Call &) { return {}; }
    Volume create(Call &, const CreateRequest &) { return {}; }
    void destroy(Call &, std::string_view) {}
    Connection attach(Call &, const AttachRequest &) { return {}; }
    void detach(Call &, const AttachRequest &) {}
    void list(Call &, const ListRequest &, VolumeSink &) {}
    Volume get(Call &, std::string_view) { return {}; }
    Connection resolve(Call &, const AttachRequest &) { return {}; }
};

class Licensed : public Bare {
public:
    using Bare::Bare;
    Volume extend(Call &, std::string_view, std::uint64_t) { return {}; }
    Volume clone(Call &, std::string_view, const CreateRequest &) { return {}; }
    [[nodiscard]] bool offers(std::string_view id) const { return id != DRV_EXT_CLONE; }
    [[nodiscard]] const void *extension(std::string_view id) const {
        return id == "com.acme.blink/1" || id == "drv.job/1" ? this : nullptr;
    }
};

constexpr std::string_view kAll[] = {DRV_EXT_SNAPSHOT, DRV_EXT_CLONE,  DRV_EXT_EXTEND, DRV_EXT_PROFILES,
                                     DRV_EXT_GROUP,    DRV_EXT_MANAGE, DRV_EXT_RETYPE, DRV_EXT_STATS,
                                     DRV_EXT_QOS,      DRV_EXT_FENCE};

template <class T>
class Opened {
public:
    Opened() { EXPECT_EQ(table->open(host.get(), call.get(), &instance), DRV_OK); }
    ~Opened() { table->close(instance); }
    const void *extension(std::string_view id) { return table->extension(instance, to_abi(id)); }

private:
    const drv_driver_v1 *table = driver_table<T>();
    FakeHost host;
    FakeCall call;
    drv_instance *instance = nullptr;
};

TEST(ExtensionDetection, ClassWithAllMethodsOffersAll) {
    Opened<FullDriver> full;
    for (const std::string_view id : kAll)
        EXPECT_NE(full.extension(id), nullptr) << id;
}

TEST(ExtensionDetection, ClassWithoutTheMethodsOffersNone) {
    Opened<Bare> bare;
    for (const std::string_view id : kAll)
        EXPECT_EQ(bare.extension(id), nullptr) << id;
}

TEST(ExtensionDetection, OnlyTheExactIdCounts) {
    Opened<FullDriver> full;
    for (const std::string_view id :
         {std::string_view("drv.snapshot/1x"), std::string_view("drv.snapshot/"),
          std::string_view("drv.snapshot"), std::string_view(""), std::string_view("drv.snapshot/1\0", 15),
          std::string_view("DRV.SNAPSHOT/1"), std::string_view("drv.snapshot/2")})
        EXPECT_EQ(full.extension(id), nullptr) << id;
}

TEST(ExtensionDetection, BackendMayHideWhatItCannotDo) {
    Opened<Licensed> licensed;
    EXPECT_NE(licensed.extension(DRV_EXT_EXTEND), nullptr);
    EXPECT_EQ(licensed.extension(DRV_EXT_CLONE), nullptr);
}

TEST(ExtensionDetection, VendorsOwnIdsAreAskedForButNotInTheAbisNamespace) {
    Opened<Licensed> licensed;
    EXPECT_NE(licensed.extension("com.acme.blink/1"), nullptr);
    EXPECT_EQ(licensed.extension("com.acme.blink/2"), nullptr);
    EXPECT_EQ(licensed.extension("drv.job/1"), nullptr);
}

class Tables : public DriverTest {
protected:
    void SetUp() override {
        DriverTest::SetUp();
        FullDriver::behave = [this](std::string_view method, Call &) {
            methods += std::string(method) + ' ';
        };
    }
    std::string methods;
    drv_str id = to_abi("v");
};

TEST_F(Tables, Snapshot) {
    const auto *ext = extension<drv_snapshot_v1>(DRV_EXT_SNAPSHOT);
    const drv_snapshot_req request = {.struct_size = sizeof request,
                                      .reserved = 0,
                                      .flags = 0,
                                      .volume_id = id,
                                      .snapshot_id = to_abi("s"),
                                      .name = to_abi(""),
                                      .attrs = nullptr,
                                      .attr_count = 0};
    const auto list = list_request();
    const auto create = create_request("c", 0);
    EXPECT_EQ(ext->create(instance, call.get(), &request, volumes.get()), DRV_OK);
    EXPECT_EQ(volumes.only().id, "s");
    EXPECT_EQ(ext->get(instance, call.get(), id, volumes.get()), DRV_OK);
    EXPECT_EQ(ext->list(instance, call.get(), to_abi(""), &list, volumes.get()), DRV_OK);
    EXPECT_EQ(ext->clone(instance, call.get(), id, &create, volumes.get()), DRV_OK); // bytes 0 is fine here
    EXPECT_EQ(ext->revert(instance, call.get(), id, 0), DRV_OK);
    EXPECT_EQ(ext->destroy(instance, call.get(), id, 0), DRV_OK);
    EXPECT_EQ(methods,
              "snapshot_create snapshot_get snapshot_list snapshot_clone snapshot_revert snapshot_destroy ");
    EXPECT_EQ(ext->revert(instance, call.get(), id, 1), DRV_E_INVALID);
}

TEST_F(Tables, CloneExtendRetypeProfiles) {
    auto create = create_request("c", 0);
    create.flags = DRV_CLONE_INDEPENDENT;
    const auto *clone = extension<drv_clone_v1>(DRV_EXT_CLONE);
    EXPECT_EQ(clone->clone(instance, call.get(), id, &create, volumes.get()), DRV_OK);
    create.flags = 2;
    EXPECT_EQ(clone->clone(instance, call.get(), id, &create, volumes.get()), DRV_E_INVALID);
    const auto *extend = extension<drv_extend_v1>(DRV_EXT_EXTEND);
    EXPECT_EQ(extend->extend(instance, call.get(), id, 5, 0, volumes.get()), DRV_OK);
    EXPECT_EQ(extend->extend(instance, call.get(), id, 5, 1, volumes.get()), DRV_E_INVALID);
    const drv_retype_req retype = {.struct_size = sizeof retype,
                                   .reserved = 0,
                                   .flags = DRV_RETYPE_MAY_MIGRATE,
                                   .id = id,
                                   .profile = to_abi("gold"),
                                   .pool = to_abi("")};
    EXPECT_EQ(extension<drv_retype_v1>(DRV_EXT_RETYPE)->retype(instance, call.get(), &retype, volumes.get()),
              DRV_OK);
    struct Seen {
        std::string name;
        std::uint64_t flags = 0, attrs = 0;
    } seen;
    const drv_profile_sink sink = {
        .struct_size = sizeof sink,
        .reserved = 0,
        .data = &seen,
        .emit = [](void *data, const drv_profile *row) -> drv_status {
            *static_cast<Seen *>(data) = {std::string(view_of(row->name)), row->flags, row->attr_count};
            return DRV_OK;
        }};
    EXPECT_EQ(extension<drv_profiles_v1>(DRV_EXT_PROFILES)->list(instance, call.get(), &sink), DRV_OK);
    EXPECT_EQ(seen.name, "gold");
    EXPECT_EQ(seen.flags, std::uint64_t{DRV_PROFILE_DEFAULT});
    EXPECT_EQ(seen.attrs, 1U);
    EXPECT_EQ(methods, "clone independent extend retype profiles ");
}

TEST_F(Tables, Group) {
    const auto *ext = extension<drv_group_v1>(DRV_EXT_GROUP);
    std::uint64_t members = 0;
    const drv_group_sink sink = {.struct_size = sizeof sink,
                                 .reserved = 0,
                                 .data = &members,
                                 .emit = [](void *data, const drv_group *row) -> drv_status {
                                     *static_cast<std::uint64_t *>(data) += row->member_count;
                                     return DRV_OK;
                                 },
                                 .next_page = [](void *, drv_str) -> drv_status { return DRV_OK; }};
    const drv_str ids[] = {to_abi("v1"), to_abi("")};
    drv_group_req request = {.struct_size = sizeof request,
                             .reserved = 0,
                             .flags = 0,
                             .id = to_abi("g"),
                             .name = to_abi(""),
                             .add = ids,
                             .add_count = 1,
                             .remove = nullptr,
                             .remove_count = 0};
    EXPECT_EQ(ext->create(instance, call.get(), &request, &sink), DRV_OK);
    EXPECT_EQ(members, 2U);
    request.add_count = 2; // the second is empty
    EXPECT_EQ(ext->create(instance, call.get(), &request, &sink), DRV_E_INVALID);
    request.add_count = 1;
    request.remove = ids;
    request.remove_count = 1;
    EXPECT_EQ(ext->create(instance, call.get(), &request, &sink), DRV_E_INVALID);
    EXPECT_EQ(ext->update(instance, call.get(), &request, &sink), DRV_OK);
    const drv_kv pairs[] = {{to_abi("v1"), to_abi("s1")}, {to_abi("v2"), to_abi("")}};
    drv_group_snapshot_req snapshot = {.struct_size = sizeof snapshot,
                                       .reserved = 0,
                                       .flags = 0,
                                       .group_id = to_abi("g"),
                                       .id = to_abi("gs"),
                                       .name = to_abi(""),
                                       .snapshots = pairs,
                                       .snapshot_count = 1};
    EXPECT_EQ(ext->snapshot(instance, call.get(), &snapshot, &sink), DRV_OK);
    snapshot.snapshot_count = 2;
    EXPECT_EQ(ext->snapshot(instance, call.get(), &snapshot, &sink), DRV_E_INVALID);
    const auto list = list_request();
    EXPECT_EQ(ext->get(instance, call.get(), to_abi("g"), &sink), DRV_OK);
    EXPECT_EQ(ext->list(instance, call.get(), &list, &sink), DRV_OK);
    EXPECT_EQ(ext->snapshot_list(instance, call.get(), to_abi(""), &list, &sink), DRV_OK);
    EXPECT_EQ(ext->snapshot_destroy(instance, call.get(), to_abi("gs"), 0), DRV_OK);
    EXPECT_EQ(ext->destroy(instance, call.get(), to_abi("g"), 0), DRV_OK);
    EXPECT_EQ(methods, "group_create group_update group_snapshot group_get group_list group_snapshot_list "
                       "group_snapshot_destroy group_destroy ");
}

TEST_F(Tables, Manage) {
    const auto *ext = extension<drv_manage_v1>(DRV_EXT_MANAGE);
    const auto list = list_request();
    drv_adopt_req adopt = {.struct_size = sizeof adopt,
                           .reserved = 0,
                           .flags = 0,
                           .backend_id = to_abi("b"),
                           .id = id,
                           .name = to_abi(""),
                           .volume_id = to_abi("")};
    EXPECT_EQ(ext->list_unmanaged(instance, call.get(), &list, volumes.get()), DRV_OK);
    EXPECT_EQ(ext->adopt(instance, call.get(), &adopt, volumes.get()), DRV_OK);
    EXPECT_EQ(ext->release(instance, call.get(), id, 0, volumes.get()), DRV_OK);
    EXPECT_EQ(ext->list_unmanaged_snapshots(instance, call.get(), to_abi(""), &list, volumes.get()), DRV_OK);
    EXPECT_EQ(ext->adopt_snapshot(instance, call.get(), &adopt, volumes.get()), DRV_E_INVALID); // whose?
    adopt.volume_id = to_abi("v");
    EXPECT_EQ(ext->adopt_snapshot(instance, call.get(), &adopt, volumes.get()), DRV_OK);
    EXPECT_EQ(ext->release_snapshot(instance, call.get(), id, 0, volumes.get()), DRV_OK);
    EXPECT_EQ(methods,
              "list_unmanaged adopt release list_unmanaged_snapshots adopt_snapshot release_snapshot ");
}

TEST_F(Tables, Stats) {
    const auto *ext = extension<drv_stats_v1>(DRV_EXT_STATS);
    std::uint64_t reads = 0;
    const drv_stats_sink sink = {.struct_size = sizeof sink,
                                 .reserved = 0,
                                 .data = &reads,
                                 .emit = [](void *data, const drv_stats *row) -> drv_status {
                                     *static_cast<std::uint64_t *>(data) = row->read_ops;
                                     return DRV_OK;
                                 },
                                 .next_page = nullptr};
    const auto list = list_request();
    EXPECT_EQ(ext->volume(instance, call.get(), id, &sink), DRV_OK);
    EXPECT_EQ(reads, 3U);
    EXPECT_EQ(ext->volumes(instance, call.get(), &list, &sink), DRV_OK);
    EXPECT_EQ(ext->pools(instance, call.get(), &sink), DRV_OK);
    EXPECT_EQ(methods, "volume_stats list_volume_stats pool_stats ");
}

TEST_F(Tables, Qos) {
    const auto *ext = extension<drv_qos_v1>(DRV_EXT_QOS);
    std::uint64_t bits = 0;
    EXPECT_EQ(ext->supported(instance, call.get(), &bits), DRV_OK);
    EXPECT_EQ(bits, std::uint64_t{DRV_QOS_MAX_IOPS});
    drv_qos limits = {.struct_size = sizeof limits,
                      .reserved = 0,
                      .limits = DRV_QOS_MAX_IOPS,
                      .max_iops = 500,
                      .min_iops = 77, // without its bit: does not count
                      .burst_iops = 0,
                      .max_bytes_per_second = 0};
    EXPECT_EQ(ext->set(instance, call.get(), id, &limits), DRV_OK);
    drv_qos out{};
    out.struct_size = sizeof out;
    EXPECT_EQ(ext->get(instance, call.get(), id, &out), DRV_OK);
    EXPECT_EQ(out.limits, std::uint64_t{DRV_QOS_MAX_IOPS});
    EXPECT_EQ(out.max_iops, 500U);
    EXPECT_EQ(out.min_iops, 0U);
    limits.max_iops = 0;
    EXPECT_EQ(ext->set(instance, call.get(), id, &limits), DRV_E_INVALID);
    limits.limits = 16;
    EXPECT_EQ(ext->set(instance, call.get(), id, &limits), DRV_E_INVALID);
    EXPECT_EQ(ext->clear(instance, call.get(), id), DRV_OK);
}

TEST_F(Tables, FenceNeverCutsItsOwnNode) {
    const auto *ext = extension<drv_fence_v1>(DRV_EXT_FENCE);
    EXPECT_EQ(ext->fence(instance, call.get(), to_abi("node-a"), 0, volumes.get()), DRV_E_INVALID);
    EXPECT_EQ(ext->fence(instance, call.get(), to_abi("node-b"), 0, volumes.get()), DRV_OK);
    EXPECT_EQ(volumes.only().id, "cut");
}

} // namespace
} // namespace drv::testing
