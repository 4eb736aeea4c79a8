#include "core/volume/tests/crash/model.hpp"

#include "core/filesystem/mount_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fcntl.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace drover::crash {

namespace {

using Violations = std::vector<std::string>;

// What is mounted below the node's mount root, and how often.
std::map<std::string, int> mounts(const Stage &stage) {
    std::map<std::string, int> found;
    const auto table = filesystem::mount_table();
    if (!table)
        throw std::runtime_error("mount table: " + table.error().message);
    const std::string below = stage.world.mount_root().string() + "/";
    for (const auto &entry : *table) {
        if (entry.target.starts_with(below))
            ++found[entry.target];
    }
    return found;
}

std::map<std::string, BackendVolume> on_backend(const Stage &stage) {
    std::map<std::string, BackendVolume> rows;
    const auto listed = stage.world.driver().list({}, [&](BackendVolume &&row) {
        if (!row.is_snapshot) {
            const std::string id = row.id;
            rows.emplace(id, std::move(row));
        }
        return true;
    });
    if (!listed)
        throw std::runtime_error("list: " + listed.error().message);
    return rows;
}

// A frozen filesystem would hold this up for ever; the process's alarm ends it then.
std::string write_and_sync(const std::string &file) {
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return fmt::format("cannot write {}", file);
    const bool good = ::write(fd, "probe", 5) == 5 && ::fsync(fd) == 0;
    ::close(fd);
    return good ? std::string() : fmt::format("cannot write {}", file);
}

void check_content(const std::string &name, const std::string &path, const ExpectedVolume &expected,
                   Violations &wrong) {
    if (expected.marker.empty()) {
        struct stat status {};
        if (::stat(path.c_str(), &status) != 0 || (status.st_mode & 07777U) != 0777)
            wrong.push_back(fmt::format("{}: its new root is not as it should be", name));
        for (const auto &entry : std::filesystem::directory_iterator(path)) {
            if (entry.path().filename() != "probe")
                wrong.push_back(fmt::format("{}: it is not empty: {}", name, entry.path().string()));
        }
    } else if (const std::string found = testing::read_file(path + "/marker"); found != expected.marker) {
        wrong.push_back(fmt::format("{}: its data is \"{}\", not \"{}\"", name, found, expected.marker));
    }
    if (const std::string failed = write_and_sync(path + "/probe"); !failed.empty())
        wrong.push_back(fmt::format("{}: {}", name, failed));
}

void check_volume(Stage &stage, const std::string &name, const ExpectedVolume &expected, bool rebooted,
                  Violations &wrong) {
    const auto view = stage.world.volumes().get({.name_or_id = name});
    if (!view) {
        wrong.push_back(fmt::format("{}: lost: {}", name, view.error().message));
        return;
    }
    const std::uint64_t uses = rebooted ? expected.uses_after_reboot : expected.uses;
    if (view->uses != uses)
        wrong.push_back(fmt::format("{}: {} uses are counted, not {}", name, view->uses, uses));
    const auto row = stage.world.driver().get({}, view->id);
    if (!row) {
        wrong.push_back(fmt::format("{}: not on the backend: {}", name, row.error().message));
        return;
    }
    if (row->backend_id != view->backend_id) {
        wrong.push_back(
            fmt::format("{}: owns {} while the backend has {}", name, view->backend_id, row->backend_id));
    }
    const std::string target = (stage.world.mount_root() / view->id).string();
    const auto mounted = mounts(stage);
    const int times = mounted.contains(target) ? mounted.at(target) : 0;
    if (times != (uses > 0 ? 1 : 0))
        wrong.push_back(fmt::format("{}: {} times mounted with {} uses", name, times, uses));
    if (expected.never_mounted)
        return;
    const bool attached = std::find(row->attached_nodes.begin(), row->attached_nodes.end(), "node-a") !=
                          row->attached_nodes.end();
    if (attached != (uses > 0) && !expected.attachment_may_stay) {
        wrong.push_back(
            fmt::format("{}: {} with {} uses", name, attached ? "attached" : "not attached", uses));
    }
    if (view->error && !expected.shows_error)
        wrong.push_back(fmt::format("{}: shows an error: {}", name, view->error->message));
    if (uses > 0 && view->mountpoint.empty()) {
        wrong.push_back(
            fmt::format("{}: shows no mountpoint with {} uses: status {}, device \"{}\", node \"{}\"", name,
                        uses, to_string(view->status), view->device, view->node));
        return;
    }
    if (uses > 0) {
        check_content(name, view->mountpoint, expected, wrong);
        return;
    }
    const auto opened = stage.world.mount(name, "check");
    if (!opened) {
        wrong.push_back(fmt::format("{}: cannot be mounted: {}", name, opened.error().message));
        return;
    }
    check_content(name, opened->mountpoint, expected, wrong);
    if (const auto closed = stage.world.unmount(name, "check"); !closed)
        wrong.push_back(fmt::format("{}: cannot be unmounted: {}", name, closed.error().message));
}

} // namespace

std::vector<std::string> left_attached(Stage &stage, const Expected &expected) {
    Violations wrong;
    for (const auto &[name, volume] : expected.volumes) {
        const auto view = stage.world.volumes().get({.name_or_id = name});
        if (!view || volume.attachment_may_stay)
            continue;
        const auto row = stage.world.driver().get({}, view->id);
        if (row && std::ranges::find(row->attached_nodes, "node-a") != row->attached_nodes.end())
            wrong.push_back(fmt::format("{}: still attached after a reboot, and nobody uses it", name));
    }
    return wrong;
}

std::vector<std::string> compare(Stage &stage, const Expected &expected, bool rebooted) {
    Violations wrong;
    std::set<std::string> ids;
    for (const auto &view : stage.world.volumes().list({})) {
        ids.insert(view.id);
        if (!expected.volumes.contains(view.name))
            wrong.push_back(fmt::format("{}: should not be there", view.name));
    }
    for (const auto &[id, row] : on_backend(stage)) {
        if (!ids.contains(id) && !expected.backend_may_have_more)
            wrong.push_back(fmt::format("the backend has {}, which nobody owns", row.backend_id));
    }
    for (const auto &[name, volume] : expected.volumes)
        check_volume(stage, name, volume, rebooted, wrong);

    std::set<std::string> snapshots;
    if (const auto views = stage.world.volumes().snapshots(std::nullopt)) {
        for (const auto &view : *views) {
            snapshots.insert(view.volume + "/" + view.name);
            if (view.status != "ready")
                wrong.push_back(fmt::format("snapshot {} is {}", view.name, view.status));
            if (const auto row = stage.world.driver().snapshot_get({}, view.id); !row)
                wrong.push_back(fmt::format("snapshot {} is not on the backend", view.name));
        }
    }
    const std::set<std::string> wanted(expected.snapshots.begin(), expected.snapshots.end());
    if (snapshots != wanted)
        wrong.push_back(fmt::format("{} snapshots, not {}", snapshots.size(), wanted.size()));
    return wrong;
}

std::vector<std::string> take_down(Stage &stage, const Expected &expected) {
    Violations wrong;
    const auto must = [&](const std::string &what, const Result<void> &result) {
        if (!result)
            wrong.push_back(fmt::format("{}: {}", what, result.error().message));
    };
    World &world = stage.world;
    for (const auto &record : world.journal().volumes()) {
        for (const auto &[use, state] : record->uses) {
            for (std::uint64_t i = 0; i < state.count; ++i)
                must("unmount at the end", world.unmount(record->name, use));
        }
    }
    for (const auto &snapshot : world.journal().group_snapshots()) {
        must("group snapshot remove at the end",
             world.remove_group_snapshot(snapshot->group_id, snapshot->name));
    }
    for (const auto &group : world.journal().groups())
        must("group remove at the end", world.remove_group(group->name));
    for (const auto &snapshot : world.journal().snapshots()) {
        const auto record = world.journal().volume(snapshot->volume_id);
        must("snapshot remove at the end",
             world.remove_snapshot(record ? record->name : snapshot->volume_id, snapshot->name));
    }
    for (const auto &record : world.journal().volumes())
        must("remove at the end", world.remove(record->name));
    world.settle();
    for (const auto &[target, times] : mounts(stage))
        wrong.push_back(fmt::format("{} is mounted at the end", target));
    if (expected.backend_may_have_more)
        return wrong;
    for (const auto &[id, row] : on_backend(stage))
        wrong.push_back(fmt::format("{} is on the backend at the end", row.backend_id));
    for (const auto &block : std::filesystem::directory_iterator("/sys/block")) {
        const std::string backing = testing::read_file(block.path() / "loop" / "backing_file");
        if (backing.starts_with(world.backend_root().string() + "/"))
            wrong.push_back(fmt::format("a device is left at the end on {}", backing));
    }
    return wrong;
}

} // namespace drover::crash
