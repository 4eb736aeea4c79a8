#include "every_op.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <stdexcept>

namespace flasharray::testing {

namespace {

std::string id_of(const char *end) {
    return std::string("0b9c3f6e-6f8d-4f0b-9a51-2f7f1f0e9c") + end;
}

// What is there all the time.
const std::string kAttached = id_of("a1"); // to node a
const std::string kPlain = id_of("a2");    // has a snapshot of ours and one of somebody's
const std::string kMember = id_of("a3");   // in a group that has a snapshot
const std::string kSnapshot = id_of("b1"); // of kPlain
const std::string kMemberSnapshot = id_of("b2");
const std::string kGroup = id_of("c1");
const std::string kGroupSnapshot = id_of("c2");
constexpr std::uint64_t kUnmanagedBytes = 1024 * kMiB;
// What comes and goes.
const std::string kVolume = id_of("d1");
const std::string kTaken = id_of("d2");
const std::string kNewGroup = id_of("d3");
const std::string kTakenOfGroup = id_of("d4");

Outcome must(Outcome outcome) {
    if (!outcome.is_ok())
        throw std::runtime_error("with nothing in its way: " + outcome.message);
    return outcome;
}

std::vector<std::string> nodes_of(Scene &scene, const std::string &id) {
    return must(scene.other.get(id)).volumes.at(0).attached_nodes;
}

bool is_gone(const Outcome &outcome) {
    return outcome.status == DRV_E_NOT_FOUND;
}

void make_volume(Scene &scene) {
    must(scene.other.create(kVolume, kMiB));
}
void destroy_volume(Scene &scene) {
    must(scene.other.destroy(kVolume));
}
bool has_volume(Scene &scene) {
    const Outcome found = scene.other.get(kVolume);
    return !is_gone(found) && must(found).is_ok();
}

template <class Get>
auto rows(Get get, std::size_t count) {
    return [get, count](const Outcome &outcome) { return get(outcome) == count; };
}
const auto volumes = [](std::size_t count) {
    return rows([](const Outcome &outcome) { return outcome.volumes.size(); }, count);
};
const auto others = [](std::size_t count) {
    return rows([](const Outcome &outcome) { return outcome.rows; }, count);
};

void add_core(std::vector<Op> &ops) {
    ops.push_back({.name = "probe", .run = [](Scene &s) { return s.tested.probe(); }});
    ops.push_back({.name = "capabilities", .run = [](Scene &s) { return s.tested.capabilities(); }});
    ops.push_back({.name = "create",
                   .run = [](Scene &s) { return s.tested.create(kVolume, 3 * kMiB, "gold"); },
                   .is_done =
                       [](Scene &s) {
                           const Outcome made = s.other.get(kVolume);
                           return made.is_ok() && made.volumes.at(0).profile == "gold" &&
                                  made.volumes.at(0).bytes == 3 * kMiB;
                       },
                   .undo = destroy_volume});
    ops.push_back({.name = "destroy",
                   .run = [](Scene &s) { return s.tested.destroy(kVolume); },
                   .before = make_volume,
                   .is_done = [](Scene &s) { return is_gone(s.other.get(kVolume)); },
                   .undo = destroy_volume});
    ops.push_back(
        {.name = "get", .run = [](Scene &s) { return s.tested.get(kPlain); }, .is_right = volumes(1)});
    ops.push_back({.name = "list", .run = [](Scene &s) { return s.tested.list(); }, .is_right = volumes(3)});
    const auto is_attached = [](Scene &s) { return nodes_of(s, kVolume) == std::vector<std::string>{"a"}; };
    const auto take_away = [](Scene &s) {
        must(s.other.detach(kVolume, "a"));
        must(s.other.detach(kVolume));
        destroy_volume(s);
    };
    ops.push_back({.name = "attach",
                   .run = [](Scene &s) { return s.tested.attach(kVolume); },
                   .before = make_volume,
                   .is_done = is_attached,
                   .undo = take_away});
    ops.push_back({.name = "first attach",
                   .run =
                       [](Scene &s) {
                           OpenedDriver fresh("a", s.keys);
                           fresh.limit = s.tested.limit;
                           return fresh.attach(kVolume);
                       },
                   .before = make_volume,
                   .is_done = is_attached,
                   .undo = take_away});
    ops.push_back({.name = "resolve",
                   .run = [](Scene &s) { return s.tested.resolve(kAttached); },
                   .is_right = rows([](const Outcome &outcome) { return outcome.wwids.size(); }, 1)});
    ops.push_back({.name = "detach",
                   .run = [](Scene &s) { return s.tested.detach(kVolume); },
                   .before =
                       [](Scene &s) {
                           make_volume(s);
                           must(s.tested.attach(kVolume));
                       },
                   .is_done = [](Scene &s) { return nodes_of(s, kVolume).empty(); },
                   .undo = take_away});
    ops.push_back(
        {.name = "extend",
         .run = [](Scene &s) { return s.tested.extend(kVolume, 5 * kMiB); },
         .before = make_volume,
         .is_done = [](Scene &s) { return must(s.other.get(kVolume)).volumes.at(0).bytes == 5 * kMiB; },
         .undo = destroy_volume});
    ops.push_back({.name = "fence",
                   .run = [](Scene &s) { return s.tested.fence("b"); },
                   .before =
                       [](Scene &s) {
                           make_volume(s);
                           must(s.other.attach(kVolume));
                       },
                   .is_done = [](Scene &s) { return nodes_of(s, kVolume).empty(); },
                   .undo = take_away});
}

void add_copies(std::vector<Op> &ops) {
    ops.push_back({.name = "clone",
                   .run = [](Scene &s) { return s.tested.clone(kPlain, kVolume, 0, ""); },
                   .is_done = has_volume,
                   .undo = destroy_volume});
    ops.push_back({.name = "larger clone",
                   .run = [](Scene &s) { return s.tested.clone(kPlain, kVolume, 8 * kMiB, "gold"); },
                   .is_done =
                       [](Scene &s) {
                           const Outcome made = s.other.get(kVolume);
                           return made.is_ok() && made.volumes.at(0).bytes == 8 * kMiB &&
                                  made.volumes.at(0).profile == "gold";
                       },
                   .undo = destroy_volume});
    ops.push_back({.name = "clone of a snapshot",
                   .run = [](Scene &s) { return s.tested.snapshot_clone(kSnapshot, kVolume); },
                   .is_done = has_volume,
                   .undo = destroy_volume});
    const auto drop = [](Scene &s) { must(s.other.snapshot_destroy(kTaken)); };
    ops.push_back({.name = "take a snapshot",
                   .run = [](Scene &s) { return s.tested.snapshot_create(kPlain, kTaken); },
                   .is_done = [](Scene &s) { return s.other.snapshot_get(kTaken).is_ok(); },
                   .undo = drop});
    ops.push_back({.name = "destroy a snapshot",
                   .run = [](Scene &s) { return s.tested.snapshot_destroy(kTaken); },
                   .before = [](Scene &s) { must(s.other.snapshot_create(kPlain, kTaken)); },
                   .is_done = [](Scene &s) { return is_gone(s.other.snapshot_get(kTaken)); },
                   .undo = drop});
    ops.push_back({.name = "list snapshots",
                   .run = [](Scene &s) { return s.tested.snapshot_list(kPlain); },
                   .is_right = volumes(1)});
    ops.push_back({.name = "list all snapshots",
                   .run = [](Scene &s) { return s.tested.snapshot_list(""); },
                   .is_right = volumes(2)});
    ops.push_back({.name = "get a snapshot",
                   .run = [](Scene &s) { return s.tested.snapshot_get(kSnapshot); },
                   .is_right = volumes(1)});
    // Whether the data came back only a host can see.
    ops.push_back({.name = "revert", .run = [](Scene &s) { return s.tested.snapshot_revert(kSnapshot); }});
}

void add_groups(std::vector<Op> &ops) {
    const auto drop = [](Scene &s) { must(s.other.group_destroy(kNewGroup)); };
    ops.push_back({.name = "make a group",
                   .run = [](Scene &s) { return s.tested.group_create(kNewGroup, kPlain); },
                   .is_done = [](Scene &s) { return s.other.group_get(kNewGroup).is_ok(); },
                   .undo = drop});
    ops.push_back(
        {.name = "change a group",
         .run = [](Scene &s) { return s.tested.group_update(kGroup, kPlain, ""); },
         .is_done = [](Scene &s) { return must(s.other.group_get(kGroup)).members.at(0).size() == 2; },
         .undo = [](Scene &s) { must(s.other.group_update(kGroup, "", kPlain)); }});
    ops.push_back({.name = "destroy a group",
                   .run = [](Scene &s) { return s.tested.group_destroy(kNewGroup); },
                   .before = [](Scene &s) { must(s.other.group_create(kNewGroup, kPlain)); },
                   .is_done = [](Scene &s) { return is_gone(s.other.group_get(kNewGroup)); },
                   .undo = drop});
    ops.push_back({.name = "get a group",
                   .run = [](Scene &s) { return s.tested.group_get(kGroup); },
                   .is_right = others(1)});
    ops.push_back({.name = "list groups",
                   .run = [](Scene &s) { return s.tested.group_list(); },
                   .is_right = others(1)});
    const auto drop_snapshot = [](Scene &s) { must(s.other.group_snapshot_destroy(kTakenOfGroup)); };
    ops.push_back(
        {.name = "take a group's snapshot",
         .run = [](Scene &s) { return s.tested.group_snapshot(kGroup, kTakenOfGroup, kMember, kTaken); },
         .is_done = [](Scene &s) { return s.other.snapshot_get(kTaken).is_ok(); },
         .undo = drop_snapshot});
    ops.push_back(
        {.name = "destroy a group's snapshot",
         .run = [](Scene &s) { return s.tested.group_snapshot_destroy(kTakenOfGroup); },
         .before = [](Scene &s) { must(s.other.group_snapshot(kGroup, kTakenOfGroup, kMember, kTaken)); },
         .is_done = [](Scene &s) { return is_gone(s.other.snapshot_get(kTaken)); },
         .undo = drop_snapshot});
    ops.push_back({.name = "list a group's snapshots",
                   .run = [](Scene &s) { return s.tested.group_snapshot_list(kGroup); },
                   .is_right = others(1)});
}

void add_managing(std::vector<Op> &ops) {
    const auto release = [](Scene &s) {
        if (has_volume(s))
            must(s.other.release(kVolume));
    };
    ops.push_back({.name = "list what is not managed",
                   .run = [](Scene &s) { return s.tested.list_unmanaged(); },
                   // What was destroyed, and could not be eradicated, is there too.
                   .is_right =
                       [](const Outcome &outcome) {
                           return std::ranges::any_of(outcome.volumes, [](const auto &volume) {
                               return volume.bytes == kUnmanagedBytes;
                           });
                       }});
    ops.push_back({.name = "adopt",
                   .run = [](Scene &s) { return s.tested.adopt(s.unmanaged, kVolume); },
                   .is_done = has_volume,
                   .undo = release});
    ops.push_back({.name = "release",
                   .run = [](Scene &s) { return s.tested.release(kVolume); },
                   .before = [](Scene &s) { must(s.other.adopt(s.unmanaged, kVolume)); },
                   .is_done = [](Scene &s) { return is_gone(s.other.get(kVolume)); },
                   .undo = release,
                   .again = DRV_E_NOT_FOUND});
    const auto release_snapshot = [](Scene &s) {
        if (s.other.snapshot_get(kTaken).is_ok())
            must(s.other.release_snapshot(kTaken));
    };
    ops.push_back({.name = "list snapshots that are not managed",
                   .run = [](Scene &s) { return s.tested.list_unmanaged_snapshots(kPlain); },
                   .is_right = volumes(1)});
    ops.push_back(
        {.name = "adopt a snapshot",
         .run = [](Scene &s) { return s.tested.adopt_snapshot(s.unmanaged_snapshot, kTaken, kPlain); },
         .is_done = [](Scene &s) { return s.other.snapshot_get(kTaken).is_ok(); },
         .undo = release_snapshot});
    ops.push_back(
        {.name = "release a snapshot",
         .run = [](Scene &s) { return s.tested.release_snapshot(kTaken); },
         .before = [](Scene &s) { must(s.other.adopt_snapshot(s.unmanaged_snapshot, kTaken, kPlain)); },
         .is_done = [](Scene &s) { return is_gone(s.other.snapshot_get(kTaken)); },
         .undo = release_snapshot,
         .again = DRV_E_NOT_FOUND});
}

void add_limits(std::vector<Op> &ops) {
    ops.push_back(
        {.name = "retype",
         .run = [](Scene &s) { return s.tested.retype(kVolume, "gold"); },
         .before = make_volume,
         .is_done = [](Scene &s) { return must(s.other.get(kVolume)).volumes.at(0).profile == "gold"; },
         .undo = destroy_volume});
    ops.push_back(
        {.name = "profiles", .run = [](Scene &s) { return s.tested.profiles(); }, .is_right = others(1)});
    ops.push_back({.name = "limits there can be", .run = [](Scene &s) { return s.tested.qos_supported(); }});
    ops.push_back({.name = "get limits",
                   .run = [](Scene &s) { return s.tested.qos_get(kPlain); },
                   .is_right = [](const Outcome &outcome) { return outcome.qos.limits == 0; }});
    ops.push_back({.name = "set limits",
                   .run = [](Scene &s) { return s.tested.qos_set(kVolume, 5000); },
                   .before = make_volume,
                   .is_done = [](Scene &s) { return must(s.other.qos_get(kVolume)).qos.max_iops == 5000; },
                   .undo = destroy_volume});
    ops.push_back({.name = "clear limits",
                   .run = [](Scene &s) { return s.tested.qos_clear(kVolume); },
                   .before =
                       [](Scene &s) {
                           make_volume(s);
                           must(s.other.qos_set(kVolume, 5000));
                       },
                   .is_done = [](Scene &s) { return must(s.other.qos_get(kVolume)).qos.limits == 0; },
                   .undo = destroy_volume});
    ops.push_back({.name = "statistics of a volume",
                   .run = [](Scene &s) { return s.tested.volume_stats(kPlain); },
                   .is_right = others(1)});
    ops.push_back({.name = "statistics of all volumes",
                   .run = [](Scene &s) { return s.tested.list_stats(); },
                   .is_right = others(3)});
    ops.push_back({.name = "statistics of the array",
                   .run = [](Scene &s) { return s.tested.pool_stats(); },
                   .is_right = others(1)});
}

} // namespace

std::string seed_of_tests(const std::string &more) {
    return std::string("users: [{name: pureuser, api_token: ") + kToken + "}]\n" + more;
}

OpenedDriver::Keys keys_for(const drv::rest::testing::ArrayProcess &array) {
    return {{"pure_ip", "127.0.0.1:" + std::to_string(array.port())},
            {"pure_api_token", kToken},
            {"pure_verify_https", "true"},
            {"pure_ssl_cert", array.certificate().string()},
            {"pure_chap_host_user", "tester"},
            {"pure_chap_host_password", kChapPassword},
            {"pure_eradicate_on_delete", "true"},
            {"pure_profiles", "gold=iops:20k,bandwidth:400M"}};
}

Scene::Scene()
    : array(ARRAY_SIM, "flasharray", seed_of_tests("volumes: [{name: oracle, size: 1G}]\n")),
      keys(keys_for(array)), tested("a", keys), other("b", keys) {
    for (const std::string &id : {kAttached, kPlain, kMember})
        must(other.create(id, kMiB));
    must(tested.attach(kAttached));
    must(other.attach(kPlain)); // so that its host object is there
    must(other.detach(kPlain));
    must(other.snapshot_create(kPlain, kSnapshot));
    must(other.snapshot_create(kPlain, kTaken));
    unmanaged_snapshot = must(other.release_snapshot(kTaken)).volumes.at(0).backend_id;
    must(other.group_create(kGroup, kMember));
    must(other.group_snapshot(kGroup, kGroupSnapshot, kMember, kMemberSnapshot));
    unmanaged = must(other.list_unmanaged()).volumes.at(0).backend_id;
}

std::size_t Scene::living_volumes() {
    const auto all = array.state().at("volume").as_array();
    return static_cast<std::size_t>(std::ranges::count_if(all, [](const boost::json::value &each) {
        const auto *destroyed = each.as_object().if_contains("destroyed");
        return destroyed == nullptr || destroyed->is_null();
    }));
}

std::vector<Op> every_op() {
    std::vector<Op> ops;
    add_core(ops);
    add_copies(ops);
    add_groups(ops);
    add_managing(ops);
    add_limits(ops);
    return ops;
}

} // namespace flasharray::testing
