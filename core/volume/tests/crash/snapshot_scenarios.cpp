// Snapshots: taking, removing, going back to one; of groups too.
#include "core/volume/testing/forwarding_driver.hpp"
#include "core/volume/tests/crash/acting.hpp"

namespace drover::crash {

namespace {

// Refuses whatever is asked of snapshots, for good.
class Refusing final : public testing::ForwardingDriver {
public:
    Refusing(std::shared_ptr<Driver> inner, const std::atomic<bool> &faults)
        : ForwardingDriver(std::move(inner)), faults_(faults) {}
    Result<BackendVolume> snapshot_create(const CallContext &call, const SnapshotRequest &request) override {
        if (faults_)
            return fail(Code::no_space, "the pool is full");
        return ForwardingDriver::snapshot_create(call, request);
    }
    Result<void> snapshot_destroy(const CallContext &call, std::string_view id) override {
        if (faults_)
            return fail(Code::conflict, "a clone needs it");
        return ForwardingDriver::snapshot_destroy(call, id);
    }
    Result<BackendGroup> group_create(const CallContext &call, const GroupRequest &request) override {
        if (faults_)
            return fail(Code::no_space, "no more groups");
        return ForwardingDriver::group_create(call, request);
    }
    Result<BackendGroup> group_snapshot(const CallContext &call,
                                        const GroupSnapshotRequest &request) override {
        if (faults_)
            return fail(Code::no_space, "the pool is full");
        return ForwardingDriver::group_snapshot(call, request);
    }
    Result<void> snapshot_revert(const CallContext &call, std::string_view id) override {
        if (faults_)
            return fail(Code::conflict, "a newer snapshot is in the way");
        return ForwardingDriver::snapshot_revert(call, id);
    }

private:
    const std::atomic<bool> &faults_;
};

std::shared_ptr<Driver> refusing(std::shared_ptr<Driver> inner, const std::atomic<bool> &faults) {
    return std::make_shared<Refusing>(std::move(inner), faults);
}

void with_snapshot(Stage &stage) {
    filled(stage, "db", "then");
    snapshotted(stage, "db", "monday");
    written(stage, "db", "now");
}

void mounted(Stage &stage) {
    filled(stage, "db", "kept");
    held(stage, "db", "u1");
}

void mounted_group(Stage &stage) {
    mounted(stage);
    grouped(stage, "shop", {"db"});
}

std::string take(Stage &stage) {
    return ask_snapshot(stage, "db", "monday");
}

const Expected kWithSnapshot{.volumes = {{"db", {.marker = "now"}}}, .snapshots = {"db/monday"}};
const Expected kTaken{.volumes = {{"db", {.uses = 1, .marker = "kept"}}}, .snapshots = {"db/monday"}};

} // namespace

std::vector<Scenario> snapshot_scenarios() {
    std::vector<Scenario> all;
    all.push_back({.name = "snapshot",
                   .prepare = [](Stage &stage) { filled(stage, "db", "kept"); },
                   .request = take,
                   .expected = {.volumes = {{"db", {.marker = "kept"}}}, .snapshots = {"db/monday"}}});
    all.push_back({.name = "snapshot-mounted", .prepare = mounted, .request = take, .expected = kTaken});
    all.push_back({.name = "snapshot-refused",
                   .prepare = mounted,
                   .request = take,
                   .expected = {.volumes = {{"db", {.uses = 1, .marker = "kept"}}}},
                   .wrap = refusing});
    all.push_back({.name = "start-after-a-crash-behind-the-snapshot",
                   .prepare = mounted,
                   .first_crash = Point{Step::act_snapshot, Moment::after},
                   .request = take,
                   .expected = kTaken,
                   .with_start = true});
    all.push_back({.name = "start-after-a-crash-before-the-snapshot",
                   .prepare = mounted,
                   .first_crash = Point{Step::act_snapshot, Moment::before},
                   .request = take,
                   .expected = kTaken,
                   .with_start = true});
    all.push_back({.name = "snapshot-remove",
                   .prepare = with_snapshot,
                   .request = [](Stage &stage) { return ask_snapshot_remove(stage, "db", "monday"); },
                   .expected = {.volumes = {{"db", {.marker = "now"}}}},
                   .repeat_may_differ = true});
    all.push_back({.name = "snapshot-remove-refused",
                   .prepare = with_snapshot,
                   .request = [](Stage &stage) { return ask_snapshot_remove(stage, "db", "monday"); },
                   .expected = kWithSnapshot,
                   .misbehaves_from_the_start = true,
                   .wrap = refusing});
    all.push_back({.name = "revert",
                   .prepare = with_snapshot,
                   .request = [](Stage &stage) { return ask_revert(stage, "db", "monday"); },
                   .expected = {.volumes = {{"db", {.marker = "then"}}}, .snapshots = {"db/monday"}}});
    all.push_back({.name = "revert-refused",
                   .prepare = with_snapshot,
                   .request = [](Stage &stage) { return ask_revert(stage, "db", "monday"); },
                   .expected = {.volumes = {{"db", {.marker = "now", .shows_error = true}}},
                                .snapshots = {"db/monday"}},
                   .misbehaves_from_the_start = true,
                   .wrap = refusing});
    all.push_back({.name = "group",
                   .prepare = [](Stage &stage) { filled(stage, "db", "kept"); },
                   .request = [](Stage &stage) { return ask_group(stage, "shop", {"db"}); },
                   .expected = {.volumes = {{"db", {.marker = "kept"}}}}});
    all.push_back({.name = "group-refused",
                   .prepare = [](Stage &stage) { filled(stage, "db", "kept"); },
                   .request = [](Stage &stage) { return ask_group(stage, "shop", {"db"}); },
                   .expected = {.volumes = {{"db", {.marker = "kept"}}}},
                   .misbehaves_from_the_start = true,
                   .wrap = refusing});
    all.push_back({.name = "group-snapshot",
                   .prepare = mounted_group,
                   .request = [](Stage &stage) { return ask_group_snapshot(stage, "shop", "monday"); },
                   .expected = kTaken});
    all.push_back({.name = "group-snapshot-refused",
                   .prepare = mounted_group,
                   .request = [](Stage &stage) { return ask_group_snapshot(stage, "shop", "monday"); },
                   .expected = {.volumes = {{"db", {.uses = 1, .marker = "kept"}}}},
                   .wrap = refusing});
    all.push_back({.name = "group-snapshot-remove",
                   .prepare =
                       [](Stage &stage) {
                           mounted_group(stage);
                           ask_group_snapshot(stage, "shop", "monday");
                       },
                   .request = [](Stage &stage) { return ask_group_snapshot_remove(stage, "shop", "monday"); },
                   .expected = {.volumes = {{"db", {.uses = 1, .marker = "kept"}}}},
                   .repeat_may_differ = true});
    return all;
}

} // namespace drover::crash
