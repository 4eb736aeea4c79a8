// data: what a volume holds when it grows.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"
#include "conformance/suite/data_path.hpp"

#include <fmt/format.h>

namespace drover::conformance {
namespace {

constexpr Needs kExtend{.extension = DRV_EXT_EXTEND};
constexpr Needs kExtendZeroed{.extension = DRV_EXT_EXTEND, .caps = DRV_CAP_ZEROED};
constexpr Needs kOnline{.extension = DRV_EXT_EXTEND, .caps = DRV_CAP_ONLINE_EXTEND};

void keeps(Test &test) {
    DataPath path(test);
    const BackendVolume volume = test.make_volume();
    path.write_volume(volume, 60);
    const BackendVolume grown =
        one_volume(test, test.instance().extend(volume.id, test.grown_bytes()), volume.id);
    const Plugged plugged = path.plug(volume.id);
    test.expect(plugged.device.bytes == grown.bytes, fmt::format("a device of {} bytes", grown.bytes),
                fmt::format("{} bytes", plugged.device.bytes));
    path.expect_pattern(plugged, 60, volume.bytes, "the data written before is there");
    path.write(plugged, 61, grown.bytes);
    path.unplug(plugged);
    path.expect_volume(volume.id, 61, grown.bytes, "the whole of the grown volume can be written");
}

void zeros(Test &test) {
    DataPath path(test);
    const BackendVolume volume = test.make_volume();
    path.write_volume(volume, 62);
    const BackendVolume grown =
        one_volume(test, test.instance().extend(volume.id, test.grown_bytes()), volume.id);
    const Plugged plugged = path.plug(volume.id);
    path.expect_zero(plugged, volume.bytes, grown.bytes, "the new space reads as zero");
    path.unplug(plugged);
}

void online(Test &test) {
    DataPath path(test);
    const BackendVolume volume = test.make_volume();
    Plugged plugged = path.plug(volume.id);
    path.write(plugged, 63, volume.bytes);
    const BackendVolume grown =
        one_volume(test, test.instance().extend(volume.id, test.grown_bytes()), volume.id);
    path.rescan(plugged, grown.bytes);
    test.expect(plugged.device.bytes == grown.bytes, fmt::format("a device of {} bytes", grown.bytes),
                fmt::format("{} bytes", plugged.device.bytes));
    path.expect_pattern(plugged, 63, volume.bytes, "the data written before is there");
    path.write(plugged, 64, grown.bytes);
    path.unplug(plugged);
    path.expect_volume(volume.id, 64, grown.bytes,
                       "what was written to the new space is there after a re-attach");
}

void mounted(Test &test) {
    DataPath path(test);
    const BackendVolume volume = test.make_volume();
    Plugged plugged = path.plug(volume.id);
    path.format(plugged);
    path.mount(plugged);
    path.write_files(plugged, 65);
    const BackendVolume grown =
        one_volume(test, test.instance().extend(volume.id, test.grown_bytes()), volume.id);
    path.rescan(plugged, grown.bytes);
    path.expect_files(plugged, 65, "the files are there while the device grows under the mount");
    path.unmount(plugged);
    path.unplug(plugged);
}

} // namespace

void add_data_extend_cases(Registry &all) {
    all.advertised("data.extend.keeps", kExtend, "Extend keeps the data, and the device has the new size.",
                   keeps);
    all.advertised("data.extend.zeroed", kExtendZeroed, "The new space reads as zero.", zeros);
    all.advertised("data.extend.online", kOnline,
                   "A device that is attached grows in place and keeps its data.", online);
    all.advertised("data.extend.mounted", kOnline,
                   "A mounted filesystem keeps its files while its device grows.", mounted);
}

} // namespace drover::conformance
