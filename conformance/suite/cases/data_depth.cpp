// data: what the other node sees after an object was changed, and many volumes at a time.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"
#include "conformance/suite/data_path.hpp"

#include <fmt/format.h>

#include <thread>

namespace drover::conformance {
namespace {

constexpr Needs kSnapshot{.extension = DRV_EXT_SNAPSHOT};
constexpr Needs kClone{.extension = DRV_EXT_CLONE};
constexpr Needs kExtend{.extension = DRV_EXT_EXTEND};
constexpr std::size_t kMany = 6;

void expect_on_second(DataPath &path, const std::string &id, std::uint64_t seed, std::uint64_t bytes,
                      std::string_view what) {
    const Plugged plugged = path.plug(id, true);
    path.expect_pattern(plugged, seed, bytes, what);
    path.unplug(plugged);
}

void pattern_second_node(Test &test) {
    DataPath path(test);
    const BackendVolume volume = test.make_volume();
    path.write_volume(volume, 70);
    expect_on_second(path, volume.id, 70, volume.bytes, "the second node reads every block of the first");
    path.expect_volume(volume.id, 70, volume.bytes, "and the first reads its own again");
}

void snapshot_second_node(Test &test) {
    DataPath path(test);
    const BackendVolume volume = test.make_volume();
    path.write_volume(volume, 71);
    const BackendVolume snapshot = test.make_snapshot(volume.id);
    path.write_volume(volume, 72);
    CreateArguments request = test.small_volume();
    request.bytes = 0;
    one_volume(test, test.instance_of_second().snapshot_clone(snapshot.id, request), request.id);
    expect_on_second(path, request.id, 71, snapshot.bytes,
                     "a clone of the snapshot, made and read by the second node");
    ok(test, test.instance_of_second().snapshot_revert(snapshot.id));
    expect_on_second(path, volume.id, 71, volume.bytes, "the volume, reverted by the second node");
}

void clone_second_node(Test &test) {
    DataPath path(test);
    const BackendVolume source = test.make_volume();
    path.write_volume(source, 73);
    CreateArguments request = test.small_volume();
    request.bytes = 0;
    const BackendVolume made = one_volume(test, test.instance().clone(source.id, request), request.id);
    expect_on_second(path, made.id, 73, made.bytes, "the second node reads the clone");
    const Plugged plugged = path.plug(made.id, true);
    path.write(plugged, 74, made.bytes);
    path.unplug(plugged);
    path.expect_volume(source.id, 73, source.bytes, "its writes leave the source alone");
}

void extend_second_node(Test &test) {
    DataPath path(test);
    const BackendVolume volume = test.make_volume();
    path.write_volume(volume, 75);
    const BackendVolume grown =
        one_volume(test, test.instance().extend(volume.id, test.grown_bytes()), volume.id);
    const Plugged plugged = path.plug(volume.id, true);
    test.expect(plugged.device.bytes == grown.bytes, fmt::format("a device of {} bytes", grown.bytes),
                fmt::format("{} bytes", plugged.device.bytes));
    path.expect_pattern(plugged, 75, volume.bytes, "the second node reads what was written before it grew");
    path.unplug(plugged);
}

// Attached by several threads at a time, as after a reboot, then each device is proven and filled.
void many_at_once(Test &test) {
    DataPath path(test);
    Instance &instance = test.instance();
    std::vector<BackendVolume> volumes;
    std::vector<std::unique_ptr<Instance>> shares;
    for (std::size_t i = 0; i < kMany; ++i) {
        volumes.push_back(test.make_volume());
        shares.push_back(test.share(instance));
    }
    const NodeIdentity node = test.first();
    std::vector<Answer> attached(kMany);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kMany; ++i) {
        threads.emplace_back(
            [&, i] { attached[i] = shares[i]->attach({.id = volumes[i].id, .node = node}); });
    }
    for (std::thread &thread : threads)
        thread.join();
    std::vector<Plugged> plugged;
    for (std::size_t i = 0; i < kMany; ++i)
        plugged.push_back(path.plug_attached(volumes[i].id, one_connection(test, attached[i])));
    for (std::size_t i = 0; i < kMany; ++i)
        path.write(plugged[i], 80 + i, volumes[i].bytes);
    for (std::size_t i = 0; i < kMany; ++i) {
        path.expect_pattern(plugged[i], 80 + i, volumes[i].bytes, "each volume holds its own data");
        path.unplug(plugged[i]);
    }
    for (std::size_t i = 0; i < kMany; ++i)
        path.expect_volume(volumes[i].id, 80 + i, volumes[i].bytes, "and still does after a re-attach");
}

} // namespace

void add_data_depth_cases(Registry &all) {
    all.mandatory("data.second-node-pattern",
                  "Every block that one node wrote is read by the other, and by itself again.",
                  pattern_second_node);
    all.mandatory("data.many-at-once",
                  "Volumes that are attached in parallel each have their own device and data.", many_at_once);
    all.advertised("data.snapshot.second-node", kSnapshot,
                   "Another node clones and reverts a snapshot and reads what it held.",
                   snapshot_second_node);
    all.advertised("data.clone.second-node", kClone, "Another node reads and writes a clone.",
                   clone_second_node);
    all.advertised("data.extend.second-node", kExtend,
                   "Another node sees the new size and the data from before.", extend_second_node);
}

} // namespace drover::conformance
