// data: what a volume keeps, through real devices and a real mount.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"
#include "conformance/suite/data_path.hpp"
#include "conformance/suite/pattern.hpp"

#include <fmt/format.h>

namespace drover::conformance {
namespace {

constexpr Needs kZeroed{.caps = DRV_CAP_ZEROED};

void files_survive(Test &test) {
    DataPath path(test);
    const BackendVolume volume = test.make_volume();
    Plugged plugged = path.plug(volume.id);
    path.format(plugged);
    path.mount(plugged);
    path.write_files(plugged, 1);
    path.unmount(plugged);
    path.unplug(plugged);
    plugged = path.plug(volume.id);
    path.mount(plugged);
    path.expect_files(plugged, 1, "the files that were written before the re-attach");
    path.unmount(plugged);
    path.unplug(plugged);
}

void files_on_second_node(Test &test) {
    DataPath path(test);
    const BackendVolume volume = test.make_volume();
    Plugged plugged = path.plug(volume.id);
    path.format(plugged);
    path.mount(plugged);
    path.write_files(plugged, 2);
    path.unmount(plugged);
    path.unplug(plugged);
    plugged = path.plug(volume.id, true);
    path.mount(plugged);
    path.expect_files(plugged, 2, "the second node sees the first one's files");
    path.write_files(plugged, 3);
    path.unmount(plugged);
    path.unplug(plugged);
    plugged = path.plug(volume.id);
    path.mount(plugged);
    path.expect_files(plugged, 3, "the first node sees the second one's files");
    path.unmount(plugged);
    path.unplug(plugged);
}

void reopen(Test &test) {
    DataPath path(test);
    const BackendVolume volume = test.make_volume();
    path.write_volume(volume, 4);
    test.close_all();
    path.expect_volume(volume.id, 4, volume.bytes,
                       "the data written before the backend was closed and opened");
}

void two_devices(Test &test) {
    DataPath path(test);
    const BackendVolume one = test.make_volume();
    const BackendVolume other = test.make_volume();
    const Plugged first = path.plug(one.id);
    const Plugged second = path.plug(other.id);
    test.expect(first.device.path != second.device.path, "two devices",
                fmt::format("{} twice", first.device.path.native()));
    test.expect(first.device.major != second.device.major || first.device.minor != second.device.minor,
                "two device numbers", "one");
    test.expect(first.device.wwid != second.device.wwid, "two wwids",
                fmt::format("\"{}\" twice", first.device.wwid));
    path.write(first, 5, one.bytes);
    path.write(second, 6, other.bytes);
    path.expect_pattern(first, 5, one.bytes, "the first volume's own data");
    path.expect_pattern(second, 6, other.bytes, "the second volume's own data");
    path.unplug(first);
    path.unplug(second);
    path.expect_volume(one.id, 5, one.bytes, "the first volume's own data after a re-attach");
    path.expect_volume(other.id, 6, other.bytes, "the second volume's own data after a re-attach");
}

void wwid_stable(Test &test) {
    DataPath path(test);
    const BackendVolume volume = test.make_volume();
    const Plugged first = path.plug(volume.id);
    path.unplug(first);
    const Plugged other_node = path.plug(volume.id, true);
    path.unplug(other_node);
    const Plugged again = path.plug(volume.id);
    path.unplug(again);
    for (const Plugged *each : {&other_node, &again}) {
        test.expect(each->device.wwid == first.device.wwid,
                    fmt::format("the wwid it had before: \"{}\"", first.device.wwid),
                    fmt::format("\"{}\"", each->device.wwid));
    }
}

void read_only(Test &test) {
    DataPath path(test);
    const BackendVolume volume = test.make_volume();
    path.write_volume(volume, 7);
    const Plugged plugged = path.plug(volume.id, false, DRV_ATTACH_READ_ONLY);
    test.expect(!write_pattern(plugged.device.path, 8, volume.bytes), "a read-only device refuses writes",
                "it took them");
    path.expect_pattern(plugged, 7, volume.bytes, "the data is as before");
    path.unplug(plugged);
}

void create_again(Test &test) {
    DataPath path(test);
    const CreateArguments request = test.small_volume();
    const BackendVolume volume = one_volume(test, test.instance().create(request), request.id);
    path.write_volume(volume, 9);
    one_volume(test, test.instance().create(request), request.id);
    path.expect_volume(volume.id, 9, volume.bytes, "the data is there after the same create again");
}

void attach_again(Test &test) {
    DataPath path(test);
    const BackendVolume volume = test.make_volume();
    const Plugged plugged = path.plug(volume.id);
    path.write(plugged, 10, volume.bytes);
    test.attach_first(volume.id);
    path.expect_pattern(plugged, 10, volume.bytes, "the data is there after the same attach again");
    path.unplug(plugged);
}

void recreated(Test &test) {
    DataPath path(test);
    const CreateArguments request = test.small_volume();
    for (const std::uint64_t seed : {11U, 12U}) {
        const BackendVolume volume = one_volume(test, test.instance().create(request), request.id);
        const Plugged plugged = path.plug(volume.id);
        path.expect_zero(plugged, 0, volume.bytes,
                         "a new volume reads as zero, also one whose id was used before");
        path.write(plugged, seed, volume.bytes);
        path.unplug(plugged);
        ok(test, test.instance().destroy(volume.id));
    }
}

void neighbour_destroyed(Test &test) {
    DataPath path(test);
    const BackendVolume stays = test.make_volume();
    const BackendVolume goes = test.make_volume();
    path.write_volume(stays, 13);
    path.write_volume(goes, 14);
    ok(test, test.instance().destroy(goes.id));
    path.expect_volume(stays.id, 13, stays.bytes, "the data is there after another volume was destroyed");
}

void device_size(Test &test) {
    DataPath path(test);
    const BackendVolume volume = test.make_volume();
    const Plugged plugged = path.plug(volume.id);
    test.expect(plugged.device.bytes == volume.bytes, fmt::format("a device of {} bytes", volume.bytes),
                fmt::format("{} bytes", plugged.device.bytes));
    path.unplug(plugged);
}

} // namespace

void add_data_volume_cases(Registry &all) {
    all.mandatory("data.files", "Files written through a mount are there after detach, attach and mount.",
                  files_survive);
    all.mandatory("data.second-node", "Files go with the volume to another node and back.",
                  files_on_second_node);
    all.mandatory("data.reopen", "Data is there after the backend was closed and opened.", reopen);
    all.mandatory("data.device-size", "The device has the size that the volume reports.", device_size);
    all.mandatory("data.two-devices",
                  "Two volumes have two devices and two wwids, and their data never mixes.", two_devices);
    all.mandatory("data.wwid-stable", "A volume answers the same wwid after every attach, on every node.",
                  wwid_stable);
    all.mandatory("data.create-again", "The same create again keeps the data.", create_again);
    all.mandatory("data.attach-again", "The same attach again keeps the device working and its data.",
                  attach_again);
    all.mandatory("data.destroy-neighbour", "Destroying a volume leaves the data of others alone.",
                  neighbour_destroyed);
    all.mandatory(
        "data.read-only",
        "A read-only attach gives a device that takes no writes, where the backend has such attaches.",
        read_only);
    all.advertised("data.zeroed", kZeroed,
                   "A new volume reads as zero everywhere, also when its id and its space were used before.",
                   recreated);
}

} // namespace drover::conformance
