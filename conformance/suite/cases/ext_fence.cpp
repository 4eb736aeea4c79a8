// drv.fence/1: the first node cuts off the second.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"
#include "conformance/suite/data_path.hpp"
#include "conformance/suite/extension_calls.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace drover::conformance {
namespace {

constexpr Needs kFence{.extension = DRV_EXT_FENCE};

Answer fence(Test &test, const std::string &node, std::uint64_t flags = 0) {
    return ExtensionCalls(test.instance()).fence(node, flags);
}

void cuts(Test &test) {
    const BackendVolume one = test.make_volume();
    const BackendVolume other = test.make_volume();
    const BackendVolume own = test.make_volume();
    test.attach_second(one.id);
    test.attach_second(other.id);
    const Connection mine = test.attach_first(own.id);
    const Answer answer = fence(test, test.second().id);
    ok(test, answer);
    for (const std::string &id : {one.id, other.id}) {
        test.expect(std::count_if(answer.volumes.begin(), answer.volumes.end(),
                                  [&](const BackendVolume &row) { return row.id == id; }) == 1,
                    "each volume that was attached to the node is emitted once", "one is not");
        const BackendVolume after = exists(test, test.instance(), id);
        test.expect(std::find(after.attached_nodes.begin(), after.attached_nodes.end(), test.second().id) ==
                        after.attached_nodes.end(),
                    "it is no longer attached to the node", "it is");
        answers(test, test.instance_of_second().resolve({.id = id, .node = test.second()}), {DRV_E_NOT_FOUND},
                "the node was cut off");
    }
    for (const BackendVolume &row : answer.volumes) {
        test.expect(row.id != own.id, "volumes of other nodes are not emitted", "one is");
        test.expect(std::find(row.attached_nodes.begin(), row.attached_nodes.end(), test.second().id) ==
                        row.attached_nodes.end(),
                    "what is emitted is without the node", "it still names the node");
    }
    test.expect(one_connection(test, test.instance().resolve({.id = own.id, .node = test.first()})) == mine,
                "this node's own volume is attached as before", "another connection");
}

void taken_over(Test &test) {
    DataPath path(test);
    const BackendVolume volume = test.make_volume();
    const Plugged plugged = path.plug(volume.id, true);
    path.write(plugged, 70, volume.bytes);
    path.unplug(plugged);
    test.attach_second(volume.id);
    ok(test, fence(test, test.second().id));
    path.expect_volume(volume.id, 70, volume.bytes, "the survivor finds what the node had written");
}

void no_ban(Test &test) {
    const BackendVolume volume = test.make_volume();
    test.attach_second(volume.id);
    ok(test, fence(test, test.second().id));
    test.attach_second(volume.id);
    const Answer again = fence(test, test.second().id);
    ok(test, again);
    test.expect(contains(again.volumes, volume.id), "what is attached anew is cut anew", "it is not emitted");
}

} // namespace

void add_fence_cases(Registry &all) {
    all.advertised("ext.fence.cuts", kFence,
                   "Fencing removes every attachment of the node, emits those volumes, and touches no other.",
                   cuts);
    all.advertised("ext.fence.taken-over", kFence,
                   "What a node wrote before it was fenced is there for the node that takes over.",
                   taken_over);
    all.advertised("ext.fence.no-ban", kFence,
                   "A node that was fenced can be attached again, and fenced again.", no_ban);
    all.advertised(
        "ext.fence.repeat", kFence,
        "Fencing a node with nothing attached, again, or one never seen is OK and emits nothing.",
        [](Test &test) {
            test.attach_second(test.make_volume().id);
            ok(test, fence(test, test.second().id));
            for (const std::string &node : {test.second().id, std::string("conformance-never-seen")}) {
                const Answer answer = fence(test, node);
                ok(test, answer);
                test.expect(answer.volumes.empty(), "nothing is emitted", "a volume is");
            }
        });
    all.advertised(
        "ext.fence.own-node", kFence, "A node that fences itself is answered INVALID.", [](Test &test) {
            const BackendVolume volume = test.make_volume();
            const Connection before = test.attach_first(volume.id);
            answers(test, fence(test, test.first().id), {DRV_E_INVALID}, "it is the calling node");
            test.expect(one_connection(
                            test, test.instance().resolve({.id = volume.id, .node = test.first()})) == before,
                        "still attached", "another connection");
        });
    all.advertised(
        "ext.fence.unknown-flag", kFence, "Each flag bit answers INVALID and cuts nothing.", [](Test &test) {
            const BackendVolume volume = test.make_volume();
            test.attach_second(volume.id);
            for (const std::uint64_t flag : {std::uint64_t{1} << 63U, std::uint64_t{1}})
                answers(test, fence(test, test.second().id, flag), {DRV_E_INVALID}, "the flag is unknown");
            one_connection(test, test.instance_of_second().resolve({.id = volume.id, .node = test.second()}));
        });
    all.advertised(
        "ext.fence.bad-ids", kFence, "Node ids that are empty, 64 KiB long or not UTF-8 answer INVALID.",
        [](Test &test) {
            for (const std::string &id : {std::string(), std::string(65536, 'a'), std::string("\xFF\xFE")})
                answers(test, fence(test, id), {DRV_E_INVALID}, "that is no node id");
        });
    all.advertised(
        "ext.fence.deadline-past", kFence, "A fence whose deadline has passed cuts nothing.", [](Test &test) {
            const BackendVolume volume = test.make_volume();
            test.attach_second(volume.id);
            const CallOptions late{.deadline =
                                       Deadline::at(Deadline::Clock::now() - std::chrono::seconds(1))};
            answers(test, ExtensionCalls(test.instance()).fence(test.second().id, 0, late),
                    {DRV_E_DEADLINE, DRV_E_CANCELLED}, "it came too late");
            one_connection(test, test.instance_of_second().resolve({.id = volume.id, .node = test.second()}));
        });
}

} // namespace drover::conformance
