// drv.manage/1. The suite makes volumes and releases them, since it cannot know how else something unmanaged
// comes to be on the backend.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"
#include "conformance/suite/data_path.hpp"
#include "conformance/suite/extension_calls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace drover::conformance {
namespace {

constexpr Needs kManage{.extension = DRV_EXT_MANAGE};
constexpr Needs kWithSnapshots{.extension = DRV_EXT_MANAGE, .second = DRV_EXT_SNAPSHOT};
constexpr std::uint64_t kUnknownFlag = 1ULL << 63U;

// Takes back what a case released and did not adopt, so that it can be taken away as everything else.
class Released {
public:
    explicit Released(Test &test) : test_(test) {}
    ~Released() {
        ExtensionCalls calls(test_.instance());
        for (const auto &[backend_id, id] : ids_) {
            if (calls.adopt({.backend_id = backend_id, .id = id}).is_ok())
                (void)test_.instance().destroy(id);
        }
    }
    Released(const Released &) = delete;
    Released &operator=(const Released &) = delete;

    BackendVolume release(const BackendVolume &volume) {
        const Answer answer = ExtensionCalls(test_.instance()).release(volume.id);
        if (answer.is_ok())
            ids_[volume.backend_id] = test_.fresh_id();
        ok(test_, answer);
        test_.expect(answer.volumes.size() == 1, "release emits exactly one row",
                     fmt::format("it emitted {}", answer.volumes.size()));
        return answer.volumes.front();
    }
    BackendVolume adopt(const AdoptArguments &arguments) {
        const Answer answer = ExtensionCalls(test_.instance()).adopt(arguments);
        BackendVolume volume = one_volume(test_, answer, arguments.id);
        ids_.erase(arguments.backend_id);
        return volume;
    }

private:
    Test &test_;
    std::map<std::string, std::string> ids_; // backend id -> an id for taking it away
};

// All pages; `volume_id`: of its snapshots.
std::vector<BackendVolume> unmanaged(Test &test, std::uint64_t page_size = 0,
                                     const std::string *volume_id = nullptr) {
    ExtensionCalls calls(test.instance());
    std::vector<BackendVolume> rows;
    std::set<std::string> seen;
    ListArguments page{.max_entries = page_size};
    for (;;) {
        const Answer answer = volume_id == nullptr ? calls.list_unmanaged(page)
                                                   : calls.list_unmanaged_snapshots(*volume_id, page);
        ok(test, answer, "lists a page");
        rows.insert(rows.end(), answer.volumes.begin(), answer.volumes.end());
        if (answer.tokens.empty())
            return rows;
        page.token = answer.tokens.front();
        test.expect(seen.insert(page.token).second, "a listing that ends", "a page token came again");
    }
}

const BackendVolume *find(const std::vector<BackendVolume> &rows, const std::string &backend_id) {
    const auto found = std::find_if(rows.begin(), rows.end(),
                                    [&](const BackendVolume &row) { return row.backend_id == backend_id; });
    return found == rows.end() ? nullptr : &*found;
}

void there_and_back(Test &test) {
    DataPath path(test);
    Released released(test);
    const BackendVolume volume = test.make_volume();
    path.write_volume(volume, 95);
    test.expect(find(unmanaged(test), volume.backend_id) == nullptr, "a managed volume is not listed",
                "it is");
    const BackendVolume row = released.release(volume);
    test.expect(row.id.empty(), "without an id", row.id);
    test.expect(row.backend_id == volume.backend_id && row.bytes == volume.bytes,
                "the backend id and the size it had", row.backend_id);
    absent(test, test.instance(), volume.id);
    test.expect(!contains(list_all(test, test.instance()), volume.id), "it is not listed as managed",
                "it is");
    for (const std::uint64_t page : {0U, 1U}) {
        const auto rows = unmanaged(test, page);
        const BackendVolume *listed = find(rows, volume.backend_id);
        test.expect(listed != nullptr && listed->id.empty(), "it is listed as unmanaged, without an id",
                    "it is not");
    }
    const AdoptArguments request{
        .backend_id = volume.backend_id, .id = test.fresh_id(), .name = "conformance adopted"};
    const BackendVolume adopted = released.adopt(request);
    test.expect(adopted.backend_id == volume.backend_id && adopted.bytes == volume.bytes,
                "the backend id and the size it had", adopted.backend_id);
    test.expect(adopted.name == request.name || adopted.name.empty(), "the name as given, or none",
                adopted.name);
    same_volume(test, adopted, exists(test, test.instance(), request.id), "get");
    same_volume(test, adopted, released.adopt(request), "the same pair again");
    absent(test, test.instance(), volume.id);
    test.expect(find(unmanaged(test), volume.backend_id) == nullptr, "it is no longer listed as unmanaged",
                "it is");
    path.expect_volume(request.id, 95, volume.bytes, "it holds its data");
}

void adopt_refuses(Test &test) {
    Released released(test);
    ExtensionCalls calls(test.instance());
    const BackendVolume managed = test.make_volume();
    const BackendVolume volume = test.make_volume();
    released.release(volume);
    const std::string id = test.fresh_id();
    answers(test, calls.adopt({.backend_id = volume.backend_id, .id = managed.id}), {DRV_E_EXISTS},
            "the id is another volume's");
    answers(test, calls.adopt({.backend_id = managed.backend_id, .id = id}), {DRV_E_CONFLICT},
            "it is managed under another id");
    answers(test, calls.adopt({.backend_id = "conformance-no-such-volume", .id = id}), {DRV_E_NOT_FOUND},
            "there is no such volume");
    answers(test, calls.adopt({.backend_id = volume.backend_id, .id = id, .volume_id = managed.id}),
            {DRV_E_INVALID}, "volume_id is for snapshots");
    answers(test, calls.adopt({.backend_id = volume.backend_id, .id = id, .flags = kUnknownFlag}),
            {DRV_E_INVALID}, "the flag is unknown");
    absent(test, test.instance(), id);
    same_volume(test, managed, exists(test, test.instance(), managed.id), "get of the managed volume");
    test.expect(find(unmanaged(test), volume.backend_id) != nullptr, "the released one is still unmanaged",
                "it is not listed");
}

void release_refuses(Test &test) {
    ExtensionCalls calls(test.instance());
    const BackendVolume volume = test.make_volume();
    answers(test, calls.release(test.fresh_id()), {DRV_E_NOT_FOUND}, "there is no such volume");
    answers(test, calls.release(volume.id, kUnknownFlag), {DRV_E_INVALID}, "the flag is unknown");
    test.attach_first(volume.id);
    answers(test, calls.release(volume.id), {DRV_E_CONFLICT}, "the volume is attached");
    test.detach_first(volume.id);
    same_volume(test, volume, exists(test, test.instance(), volume.id), "get after the refusals");
}

void release_again(Test &test) {
    Released released(test);
    const BackendVolume volume = test.make_volume();
    released.release(volume);
    answers(test, ExtensionCalls(test.instance()).release(volume.id), {DRV_E_NOT_FOUND},
            "it was released before");
    ok(test, test.instance().destroy(volume.id), "is OK for an id that nothing has");
    test.expect(find(unmanaged(test), volume.backend_id) != nullptr, "and leaves what was released",
                "it is gone");
}

void snapshots(Test &test) {
    ExtensionCalls calls(test.instance());
    const BackendVolume volume = test.make_volume();
    const BackendVolume other = test.make_volume();
    const BackendVolume snapshot = test.make_snapshot(volume.id);
    answers(test, calls.release(volume.id), {DRV_E_CONFLICT}, "the volume has a managed snapshot");
    const Answer answer = calls.release_snapshot(snapshot.id);
    ok(test, answer);
    test.expect(answer.volumes.size() == 1 && answer.volumes.front().id.empty() &&
                    answer.volumes.front().is_snapshot && answer.volumes.front().parent == volume.id,
                "one snapshot without an id, of its volume", "something else");
    answers(test, test.instance().snapshot_get(snapshot.id), {DRV_E_NOT_FOUND}, "it was released");
    const std::string none;
    for (const std::string *of : {&volume.id, &none}) {
        const auto rows = unmanaged(test, 0, of);
        const BackendVolume *listed = find(rows, snapshot.backend_id);
        test.expect(listed != nullptr && listed->is_snapshot && listed->parent == volume.id,
                    "it is listed as unmanaged, with its volume", "it is not");
    }
    const std::string stranger = test.fresh_id();
    for (const std::string *of : {&other.id, &stranger}) {
        test.expect(find(unmanaged(test, 0, of), snapshot.backend_id) == nullptr,
                    "another volume does not have it", "it has");
    }
    AdoptArguments request{
        .backend_id = snapshot.backend_id, .id = test.fresh_id(), .volume_id = test.fresh_id()};
    answers(test, calls.adopt_snapshot(request), {DRV_E_NOT_FOUND}, "there is no such volume");
    request.volume_id = other.id;
    answers(test, calls.adopt_snapshot(request), {DRV_E_CONFLICT}, "it is another volume's");
    request.volume_id = volume.id;
    for (int round = 0; round < 2; ++round) {
        const BackendVolume adopted = one_snapshot(test, calls.adopt_snapshot(request), request.id);
        test.expect(adopted.parent == volume.id && adopted.backend_id == snapshot.backend_id,
                    "the snapshot as it was, under its new id", adopted.backend_id);
    }
    one_snapshot(test, test.instance().snapshot_get(request.id), request.id);
    answers(test, calls.release_snapshot(test.fresh_id()), {DRV_E_NOT_FOUND}, "there is no such snapshot");
    ok(test, test.instance().snapshot_revert(request.id));
}

} // namespace

void add_manage_cases(Registry &all) {
    all.advertised("ext.manage.there-and-back", kManage,
                   "A volume that is released is listed as unmanaged, and adopted under another id with its "
                   "data.",
                   there_and_back);
    all.advertised("ext.manage.adopt.refuses", kManage,
                   "Ids that are taken, volumes that are managed or absent, and wrong requests are refused.",
                   adopt_refuses);
    all.advertised("ext.manage.release.refuses", kManage,
                   "What is attached or absent is not released, nor with an unknown flag.", release_refuses);
    all.advertised("ext.manage.release.again", kManage,
                   "Releasing again answers NOT_FOUND, and the id no longer reaches the volume.",
                   release_again);
    all.advertised("ext.manage.snapshots", kWithSnapshots,
                   "Snapshots are released and adopted like volumes, and keep to their volume.", snapshots);
    all.advertised(
        "ext.manage.bad-token", kManage, "A page token that is none answers INVALID.", [](Test &test) {
            answers(test,
                    ExtensionCalls(test.instance()).list_unmanaged({.token = "conformance, no such token"}),
                    {DRV_E_INVALID}, "that is no page token");
        });
    all.advertised(
        "ext.manage.bad-ids", kManage, "Ids that are empty, 64 KiB long or not UTF-8 answer INVALID.",
        [](Test &test) {
            ExtensionCalls calls(test.instance());
            for (const std::string &id : {std::string(), std::string(65536, 'a'), std::string("\xFF\xFE")}) {
                answers(test, calls.adopt({.backend_id = "conformance-no-such-volume", .id = id}),
                        {DRV_E_INVALID}, "that is no id");
                answers(test, calls.release(id), {DRV_E_INVALID}, "that is no id");
            }
        });
}

} // namespace drover::conformance
