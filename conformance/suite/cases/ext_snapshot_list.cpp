// drv.snapshot/1: list and its pages.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"

#include <fmt/format.h>

namespace drover::conformance {
namespace {

constexpr Needs kSnapshot{.extension = DRV_EXT_SNAPSHOT};

struct Two {
    BackendVolume volume;
    std::vector<BackendVolume> snapshots;
};
Two volume_with(Test &test, std::size_t count) {
    Two made{.volume = test.make_volume(), .snapshots = {}};
    for (std::size_t i = 0; i < count; ++i)
        made.snapshots.push_back(test.make_snapshot(made.volume.id));
    return made;
}

void has_all(Test &test, const std::vector<BackendVolume> &rows, const Two &wanted, std::string_view how) {
    for (const BackendVolume &snapshot : wanted.snapshots) {
        test.expect(contains(rows, snapshot.id), fmt::format("{} has snapshot {}", how, snapshot.id),
                    "it is lost");
    }
}

void of_one_volume(Test &test) {
    const Two one = volume_with(test, 2);
    const Two other = volume_with(test, 1);
    const auto rows = list_snapshots(test, test.instance(), one.volume.id);
    has_all(test, rows, one, "the list of its volume");
    for (const BackendVolume &row : rows) {
        test.expect(row.parent == one.volume.id, "only snapshots of the volume asked for",
                    fmt::format("one of \"{}\"", row.parent));
        test.expect(row.is_snapshot, "every row is marked as a snapshot", "one is not");
    }
    has_all(test, list_snapshots(test, test.instance(), ""), one, "the list of all");
    has_all(test, list_snapshots(test, test.instance(), ""), other, "the list of all");
}

} // namespace

void add_snapshot_list_cases(Registry &all) {
    all.advertised(
        "ext.snapshot.list.of-volume", kSnapshot,
        "Listing one volume's snapshots gives exactly those, and listing without a volume gives all.",
        of_one_volume);
    all.advertised("ext.snapshot.list.no-such-volume", kSnapshot,
                   "A volume that does not exist has no snapshots: OK.", [](Test &test) {
                       test.expect(list_snapshots(test, test.instance(), test.fresh_id()).empty(), "no rows",
                                   "some");
                   });
    all.advertised("ext.snapshot.list.page-size-1", kSnapshot,
                   "Pages of 1 and 2 rows lose no snapshot and come to an end.", [](Test &test) {
                       const Two made = volume_with(test, 4);
                       for (const std::uint64_t size : {std::uint64_t{1}, std::uint64_t{2}}) {
                           has_all(test, list_snapshots(test, test.instance(), made.volume.id, size), made,
                                   "a listing of one volume in pages");
                           has_all(test, list_snapshots(test, test.instance(), "", size), made,
                                   "a listing of all in pages");
                       }
                   });
    all.advertised("ext.snapshot.list.stop-in-sink", kSnapshot,
                   "A sink that answers STOPPED ends the listing, which answers STOPPED.", [](Test &test) {
                       const Two made = volume_with(test, 3);
                       const Answer answer = test.instance().snapshot_list(made.volume.id, {.stop_after = 1});
                       answers(test, answer, {DRV_E_STOPPED}, "the sink asked it to stop");
                   });
    all.advertised("ext.snapshot.list.unknown-flag", kSnapshot, "An unknown flag bit answers INVALID.",
                   [](Test &test) {
                       answers(test, test.instance().snapshot_list("", {.flags = 1ULL << 63U}),
                               {DRV_E_INVALID}, "the flag is unknown");
                   });
    all.advertised("ext.snapshot.list.agrees-with-get", kSnapshot,
                   "List and get tell the same of a snapshot.", [](Test &test) {
                       const Two made = volume_with(test, 1);
                       for (const BackendVolume &row : list_snapshots(test, test.instance(), made.volume.id))
                           same_volume(test, made.snapshots.front(), row, "list");
                   });
}

} // namespace drover::conformance
