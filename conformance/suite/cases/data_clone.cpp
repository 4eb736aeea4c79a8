// data: what clones hold.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"
#include "conformance/suite/data_path.hpp"

#include <fmt/format.h>

namespace drover::conformance {
namespace {

constexpr Needs kClone{.extension = DRV_EXT_CLONE};
constexpr Needs kCloneZeroed{.extension = DRV_EXT_CLONE, .caps = DRV_CAP_ZEROED};

BackendVolume clone_of(Test &test, const BackendVolume &source, std::uint64_t bytes = 0,
                       std::uint64_t flags = 0) {
    CreateArguments request = test.small_volume();
    request.bytes = bytes;
    request.flags = flags;
    return one_volume(test, test.instance().clone(source.id, request), request.id);
}

void apart(Test &test) {
    DataPath path(test);
    const BackendVolume source = test.make_volume();
    path.write_volume(source, 40);
    const BackendVolume made = clone_of(test, source);
    path.expect_volume(made.id, 40, source.bytes, "the clone holds the source's data");
    path.write_volume(made, 41);
    path.expect_volume(source.id, 40, source.bytes, "writing to the clone leaves the source alone");
    path.write_volume(source, 42);
    path.expect_volume(made.id, 41, made.bytes, "writing to the source leaves the clone alone");
}

void again(Test &test) {
    DataPath path(test);
    const BackendVolume source = test.make_volume();
    path.write_volume(source, 43);
    CreateArguments request = test.small_volume();
    request.bytes = 0;
    const BackendVolume made = one_volume(test, test.instance().clone(source.id, request), request.id);
    path.write_volume(made, 44);
    path.write_volume(source, 45);
    one_volume(test, test.instance().clone(source.id, request), request.id);
    path.expect_volume(made.id, 44, made.bytes, "the same clone again keeps the clone's own data");
}

void outlives(Test &test) {
    DataPath path(test);
    const BackendVolume source = test.make_volume();
    path.write_volume(source, 46);
    const BackendVolume made = clone_of(test, source, 0, DRV_CLONE_INDEPENDENT);
    path.write_volume(source, 47);
    ok(test, test.instance().destroy(source.id));
    path.expect_volume(made.id, 46, made.bytes,
                       "an independent clone holds the data after its source is gone");
}

void two_devices(Test &test) {
    DataPath path(test);
    const BackendVolume source = test.make_volume();
    const BackendVolume made = clone_of(test, source);
    const Plugged first = path.plug(source.id);
    const Plugged second = path.plug(made.id);
    test.expect(first.device.wwid != second.device.wwid, "source and clone have two wwids",
                fmt::format("\"{}\" twice", first.device.wwid));
    path.unplug(first);
    path.unplug(second);
}

void larger(Test &test) {
    DataPath path(test);
    const BackendVolume source = test.make_volume();
    path.write_volume(source, 48);
    const BackendVolume made = clone_of(test, source, test.grown_bytes());
    const Plugged plugged = path.plug(made.id);
    path.expect_pattern(plugged, 48, source.bytes, "a larger clone holds the source's data");
    path.expect_zero(plugged, source.bytes, made.bytes, "what a larger clone has more reads as zero");
    path.unplug(plugged);
}

// Written, flushed, cloned while the device is there.
void of_attached(Test &test) {
    DataPath path(test);
    const BackendVolume source = test.make_volume();
    const Plugged plugged = path.plug(source.id);
    path.write(plugged, 49, source.bytes);
    const BackendVolume made = clone_of(test, source);
    path.write(plugged, 50, source.bytes);
    path.unplug(plugged);
    path.expect_volume(made.id, 49, made.bytes, "a clone of an attached volume holds what had been flushed");
}

} // namespace

void add_data_clone_cases(Registry &all) {
    all.advertised("data.clone.apart", kClone,
                   "A clone holds the source's data, and neither sees the other's writes.", apart);
    all.advertised("data.clone.again", kClone, "The same clone again keeps the data of the clone.", again);
    all.advertised("data.clone.outlives-source", kClone,
                   "An independent clone keeps its data when the source is destroyed.", outlives);
    all.advertised("data.clone.two-devices", kClone, "Source and clone never share a wwid.", two_devices);
    all.advertised("data.clone.of-attached", kClone,
                   "A clone of an attached volume holds what had been flushed to it.", of_attached);
    all.advertised("data.clone.larger", kCloneZeroed,
                   "A larger clone holds the source's data and reads as zero behind it.", larger);
}

} // namespace drover::conformance
