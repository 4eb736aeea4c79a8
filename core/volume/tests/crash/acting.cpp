#include "core/volume/tests/crash/acting.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>

namespace drover::crash {

namespace {

template <typename T>
T must(Result<T> result) {
    if (!result)
        throw std::runtime_error("preparing: " + result.error().message);
    if constexpr (!std::is_void_v<T>)
        return std::move(*result);
}

std::string text(const Error &error) {
    return fmt::format("error {}", to_string(error.code)); // its sentence may name devices and processes
}

std::string text(const Result<void> &result) {
    return result ? "done" : text(result.error());
}

std::string text(const Result<VolumeView> &result) {
    if (!result)
        return text(result.error());
    return fmt::format("{} {} {} {} bytes {} {} {}", result->name, result->id, result->backend, result->bytes,
                       result->fstype, result->profile, result->source);
}

std::string text(const Result<GroupView> &result) {
    if (!result)
        return text(result.error());
    return fmt::format("{} {} {} volumes {}", result->name, result->id, result->members.size(),
                       result->status);
}

std::string text(const Result<GroupSnapshotView> &result) {
    if (!result)
        return text(result.error());
    return fmt::format("{} {} of {} {} snapshots {}", result->name, result->id, result->group,
                       result->members.size(), result->status);
}

std::string text(const Result<SnapshotView> &result) {
    if (!result)
        return text(result.error());
    return fmt::format("{} {} of {} {} bytes {}", result->name, result->id, result->volume, result->bytes,
                       result->status);
}

} // namespace

void made(Stage &stage, const std::string &name, std::uint64_t bytes, const std::string &fstype) {
    must(stage.world.create(name, bytes, fstype));
}

void written(Stage &stage, const std::string &name, const std::string &marker) {
    const auto mounted = must(stage.world.mount(name, "write"));
    const std::string file = mounted.mountpoint + "/marker";
    testing::write_file(file, marker);
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 || ::fsync(fd) != 0)
        throw std::runtime_error("preparing: cannot sync " + file);
    ::close(fd);
    must(stage.world.unmount(name, "write"));
}

void filled(Stage &stage, const std::string &name, const std::string &marker, std::uint64_t bytes,
            const std::string &fstype) {
    made(stage, name, bytes, fstype);
    written(stage, name, marker);
}

void held(Stage &stage, const std::string &name, const std::string &use) {
    must(stage.world.mount(name, use));
    stage.world.volumes().mount_delivered({.name_or_id = name}, use);
    stage.world.settle();
}

void snapshotted(Stage &stage, const std::string &name, const std::string &snapshot) {
    must(stage.world.snapshot(name, snapshot));
}

void on_other_node(Stage &stage, const std::function<void(Stage &)> &act) {
    const auto folder = stage.folder / "node-b";
    std::filesystem::create_directories(folder);
    World other({.node_id = "node-b",
                 .folder = folder,
                 .backend_root = stage.world.backend_root(),
                 .boot_id = "the same boot"});
    Stage there{.world = other, .faults = stage.faults, .folder = folder};
    act(there);
}

std::string ask_create(Stage &stage, VolumeSpec spec) {
    return text(stage.world.create(std::move(spec)));
}

std::string ask_mount(Stage &stage, const std::string &name, const std::string &use) {
    const auto mounted = stage.world.mount(name, use);
    if (!mounted)
        return text(mounted.error());
    return fmt::format("{} {} {}", std::filesystem::relative(mounted->mountpoint, stage.folder).string(),
                       mounted->volume.id, mounted->volume.fs_uuid);
}

std::string ask_unmount(Stage &stage, const std::string &name, const std::string &use) {
    return text(stage.world.unmount(name, use));
}

std::string ask_remove(Stage &stage, const std::string &name, RemovePolicy policy) {
    return text(stage.world.remove(name, policy));
}

std::string ask_extend(Stage &stage, const std::string &name, std::uint64_t bytes) {
    return text(stage.world.extend(name, bytes));
}

std::string ask_snapshot(Stage &stage, const std::string &name, const std::string &snapshot) {
    return text(stage.world.snapshot(name, snapshot));
}

std::string ask_snapshot_remove(Stage &stage, const std::string &name, const std::string &snapshot) {
    return text(stage.world.remove_snapshot(name, snapshot));
}

std::string ask_revert(Stage &stage, const std::string &name, const std::string &snapshot) {
    return text(stage.world.revert(name, snapshot));
}

void grouped(Stage &stage, const std::string &group, std::vector<std::string> volumes) {
    must(stage.world.create_group(group, std::move(volumes)));
}
std::string ask_group(Stage &stage, const std::string &group, std::vector<std::string> volumes) {
    return text(stage.world.create_group(group, std::move(volumes)));
}
std::string ask_group_snapshot(Stage &stage, const std::string &group, const std::string &snapshot) {
    return text(stage.world.snapshot_group(group, snapshot));
}
std::string ask_group_snapshot_remove(Stage &stage, const std::string &group, const std::string &snapshot) {
    return text(stage.world.remove_group_snapshot(group, snapshot));
}

} // namespace drover::crash
