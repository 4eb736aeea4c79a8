// Adopting, releasing, another profile, limits.
#include "core/volume/testing/limited_driver.hpp"
#include "core/volume/tests/crash/acting.hpp"

#include <stdexcept>

namespace drover::crash {
namespace {

// Refuses for good what gives things back or takes them.
class Unwilling final : public testing::ForwardingDriver {
public:
    Unwilling(std::shared_ptr<Driver> inner, const std::atomic<bool> &faults)
        : ForwardingDriver(std::move(inner)), faults_(faults) {}
    Result<BackendVolume> release(const CallContext &call, std::string_view id) override {
        if (faults_)
            return fail(Code::conflict, "it is in a group");
        return ForwardingDriver::release(call, id);
    }
    Result<BackendVolume> snapshot_adopt(const CallContext &call, const AdoptRequest &request) override {
        if (faults_)
            return fail(Code::conflict, "it is part of a group's snapshot");
        return ForwardingDriver::snapshot_adopt(call, request);
    }
    Result<BackendVolume> snapshot_release(const CallContext &call, std::string_view id) override {
        if (faults_)
            return fail(Code::conflict, "a clone needs it");
        return ForwardingDriver::snapshot_release(call, id);
    }

private:
    const std::atomic<bool> &faults_;
};

std::shared_ptr<Driver> unwilling(std::shared_ptr<Driver> inner, const std::atomic<bool> &faults) {
    return std::make_shared<Unwilling>(std::move(inner), faults);
}

void need(const Result<void> &done) {
    if (!done)
        throw std::runtime_error(done.error().message);
}

template <typename T>
std::string answer(const Result<T> &result) {
    return result ? "ok" : std::string(to_string(result.error().code));
}

// The handle outlives the crash beside the node's state.
void note_handle(Stage &stage, const std::string &handle) {
    testing::write_file(stage.folder / "handle", handle);
}
std::string handle(Stage &stage) {
    return testing::read_file(stage.folder / "handle");
}

void given_back(Stage &stage) {
    filled(stage, "db", "kept");
    note_handle(stage, stage.world.volumes().get({.name_or_id = "db"})->backend_id);
    need(stage.world.release("db"));
}

void snapshot_given_back(Stage &stage) {
    filled(stage, "db", "kept");
    snapshotted(stage, "db", "monday");
    need(stage.world.release_snapshot("db", "monday"));
    note_handle(stage, stage.world.unmanaged_snapshots("db").value().at(0).handle);
}

} // namespace

std::vector<Scenario> manage_scenarios() {
    std::vector<Scenario> all;
    all.push_back({.name = "adopt-unmanaged",
                   .prepare = given_back,
                   .request = [](Stage &stage) { return answer(stage.world.adopt(handle(stage), "old")); },
                   .expected = {.volumes = {{"old", {.marker = "kept"}}}}});
    all.push_back({.name = "adopt-refused",
                   .prepare = [](Stage &stage) { filled(stage, "db", "kept"); },
                   .request = [](Stage &stage) { return answer(stage.world.adopt("no-such", "old")); },
                   .expected = {.volumes = {{"db", {.marker = "kept"}}}}});
    all.push_back({.name = "release",
                   .prepare = [](Stage &stage) { filled(stage, "db", "kept"); },
                   .request = [](Stage &stage) { return answer(stage.world.release("db")); },
                   .expected = {.backend_may_have_more = true},
                   .repeat_may_differ = true});
    all.push_back({.name = "release-refused",
                   .prepare = [](Stage &stage) { filled(stage, "db", "kept"); },
                   .request = [](Stage &stage) { return answer(stage.world.release("db")); },
                   .expected = {.volumes = {{"db", {.marker = "kept", .shows_error = true}}}},
                   .misbehaves_from_the_start = true,
                   .wrap = unwilling});
    all.push_back(
        {.name = "snapshot-adopt",
         .prepare = snapshot_given_back,
         .request =
             [](Stage &stage) { return answer(stage.world.adopt_snapshot("db", handle(stage), "tuesday")); },
         .expected = {.volumes = {{"db", {.marker = "kept"}}}, .snapshots = {"db/tuesday"}}});
    all.push_back(
        {.name = "snapshot-adopt-refused",
         .prepare = snapshot_given_back,
         .request =
             [](Stage &stage) { return answer(stage.world.adopt_snapshot("db", handle(stage), "tuesday")); },
         .expected = {.volumes = {{"db", {.marker = "kept"}}}, .backend_may_have_more = true},
         .misbehaves_from_the_start = true,
         .wrap = unwilling});
    all.push_back(
        {.name = "snapshot-release",
         .prepare =
             [](Stage &stage) {
                 filled(stage, "db", "kept");
                 snapshotted(stage, "db", "monday");
             },
         .request = [](Stage &stage) { return answer(stage.world.release_snapshot("db", "monday")); },
         .expected = {.volumes = {{"db", {.marker = "kept"}}}, .backend_may_have_more = true},
         .repeat_may_differ = true});
    all.push_back(
        {.name = "snapshot-release-refused",
         .prepare =
             [](Stage &stage) {
                 filled(stage, "db", "kept");
                 snapshotted(stage, "db", "monday");
             },
         .request = [](Stage &stage) { return answer(stage.world.release_snapshot("db", "monday")); },
         .expected = {.volumes = {{"db", {.marker = "kept"}}}, .snapshots = {"db/monday"}},
         .misbehaves_from_the_start = true,
         .wrap = unwilling});
    all.push_back(
        {.name = "retype",
         .prepare = [](Stage &stage) { filled(stage, "db", "kept"); },
         .request = [](Stage &stage) { return answer(stage.world.retype("db", {.profile = "bronze"})); },
         .expected = {.volumes = {{"db", {.marker = "kept"}}}}});
    all.push_back(
        {.name = "retype-refused",
         .prepare = [](Stage &stage) { filled(stage, "db", "kept"); },
         .request = [](Stage &stage) { return answer(stage.world.retype("db", {.profile = "no-such"})); },
         .expected = {.volumes = {{"db", {.marker = "kept", .shows_error = true}}}}});
    all.push_back(
        {.name = "limits",
         .prepare =
             [](Stage &stage) {
                 ask_create(stage, {.name = "db", .bytes = kSmall, .profile = "silver"});
                 written(stage, "db", "kept");
             },
         .request = [](Stage &stage) { return answer(stage.world.set_limits("db", {.max_iops = 500})); },
         .expected = {.volumes = {{"db", {.marker = "kept"}}}},
         .wrap = [](std::shared_ptr<Driver> inner, const std::atomic<bool> &) -> std::shared_ptr<Driver> {
             return std::make_shared<testing::LimitedDriver>(std::move(inner));
         }});
    return all;
}

} // namespace drover::crash
