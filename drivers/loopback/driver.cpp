#include "driver.hpp"

#include "copy.hpp"
#include "names.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <limits>
#include <sys/statvfs.h>
#include <unistd.h>

namespace loopback {
namespace {

using drv::Code;
using drv::Error;

std::string read_boot_id() {
    constexpr char kPath[] = "/proc/sys/kernel/random/boot_id";
    const Fd file(::open(kPath, O_RDONLY | O_CLOEXEC));
    if (!file)
        throw failure("cannot open", kPath, errno);
    std::string id = read_start(file.get(), kPath, 64);
    while (!id.empty() && id.back() == '\n')
        id.pop_back();
    return id;
}

// The largest file the filesystem takes, found with a file that has no name. DRV_UNKNOWN when it has no such
// files.
std::uint64_t find_max_bytes(int root) {
    const Fd file(::openat(root, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (!file)
        return DRV_UNKNOWN;
    std::uint64_t fits = 0;
    std::uint64_t fails = std::uint64_t{1} << 63;
    while (fails - fits > 512) {
        const std::uint64_t middle = fits + (fails - fits) / 2;
        (::ftruncate(file.get(), static_cast<off_t>(middle)) == 0 ? fits : fails) = middle;
    }
    return fits;
}

struct statvfs space_in(int root, const std::string &path) {
    struct statvfs space {};
    if (::fstatvfs(root, &space) != 0)
        throw failure("cannot look at", path, errno);
    return space;
}

} // namespace

std::uint64_t unix_now_ns() {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                          std::chrono::system_clock::now().time_since_epoch())
                                          .count());
}

Loopback::Loopback(drv::Host &host, drv::Call &call)
    : host_(host), settings_(read_settings(host)), root_(open_root(settings_.root_path)), locks_(root_.get()),
      volumes_(root_.get(), "volumes", Kind::volume, settings_.root_path),
      groups_(root_.get(), settings_.root_path),
      snapshots_(root_.get(), "snapshots", Kind::snapshot, settings_.root_path, &groups_),
      volume_index_(volumes_,
                    [this](Object object, std::string_view key) { return to_row(std::move(object), key); }),
      snapshot_index_(snapshots_,
                      [this](Object object, std::string_view key) { return to_row(std::move(object), key); }),
      boot_id_(read_boot_id()) {
    const std::uint64_t largest = find_max_bytes(root_.get());
    max_bytes_ = largest == DRV_UNKNOWN ? largest : largest / settings_.granularity * settings_.granularity;
    call.throw_if_cancelled();
    volumes_.sweep(locks_, host_);
    snapshots_.sweep(locks_, host_);
    sweep_groups();
}

void Loopback::probe(drv::Call & /*call*/) {
    struct stat ours = status_of(root_.get(), settings_.root_path);
    struct stat there {};
    if (::stat(settings_.root_path.c_str(), &there) != 0)
        throw failure("cannot look at root_path", settings_.root_path, errno);
    if (ours.st_dev != there.st_dev || ours.st_ino != there.st_ino) {
        throw Error(Code::unreachable,
                    "root_path " + settings_.root_path +
                        " is another folder than when the driver was opened; was a filesystem "
                        "mounted or unmounted there? Restart the agent");
    }
    if ((space_in(root_.get(), settings_.root_path).f_flag & ST_RDONLY) != 0)
        throw failure("cannot write to root_path", settings_.root_path, EROFS);
    if (::access("/dev/loop-control", R_OK | W_OK) != 0) {
        throw Error(Code::unreachable,
                    "/dev/loop-control cannot be used: load the kernel module with \"modprobe "
                    "loop\", and run as root");
    }
}

drv::Capabilities Loopback::capabilities(drv::Call & /*call*/) {
    const struct statvfs space = space_in(root_.get(), settings_.root_path);
    return {.protocols = drv::bit(drv::Protocol::local),
            .thin = true,
            .online_extend = true,
            .zeroed = true,
            .min_bytes = settings_.granularity,
            .max_bytes = max_bytes_,
            .granularity_bytes = settings_.granularity,
            .total_bytes = std::uint64_t{space.f_blocks} * space.f_frsize,
            .free_bytes = std::uint64_t{space.f_bavail} * space.f_frsize};
}

std::string Loopback::node_of(std::string_view node_id) const {
    const bool replaced = node_id == host_.node_id() && !settings_.compute_instance_id.empty();
    return replaced ? settings_.compute_instance_id : std::string(node_id);
}

std::uint64_t Loopback::rounded(std::uint64_t bytes) const {
    const std::uint64_t unit = settings_.granularity;
    const std::uint64_t largest =
        std::min<std::uint64_t>(max_bytes_, std::numeric_limits<std::int64_t>::max() - unit);
    if (bytes > largest) {
        throw Error(Code::invalid, std::to_string(bytes) +
                                       " bytes are more than the filesystem of root_path can hold "
                                       "in one volume (" +
                                       std::to_string(largest) + ")");
    }
    return (bytes + unit - 1) / unit * unit;
}

Space Loopback::space_of(std::string_view profile) const {
    for (const ProfileRule &rule : settings_.profiles) {
        if (rule.name == profile)
            return rule.space;
    }
    return Space::returned; // none, or one that is no longer configured
}

void Loopback::refuse_unknown_shape(std::string_view profile, std::string_view pool) const {
    if (!pool.empty())
        throw Error(Code::invalid, "there is no pool " + quoted(pool) + ": this backend has none");
    std::string known;
    for (const ProfileRule &rule : settings_.profiles) {
        if (rule.name == profile)
            return;
        known += (known.empty() ? "" : ", ") + rule.name;
    }
    if (!profile.empty())
        throw Error(Code::invalid, "there is no profile " + quoted(profile) + "; known are: " + known);
}

bool Loopback::is_this_node(std::string_view recorded) const {
    return recorded == node_of(host_.node_id());
}

drv::Volume Loopback::to_volume(Object object, std::string_view key) const {
    const bool is_damaged = !object.problem.empty();
    const Shelf &shelf = object.metadata.kind == Kind::volume ? volumes_ : snapshots_;
    std::string image = shelf.path_of(object.metadata);
    drv::Volume volume = to_row(std::move(object), key);
    if (!is_damaged)
        volume.attributes.push_back({"image", std::move(image)});
    return volume;
}

drv::Volume Loopback::to_row(Object object, std::string_view key) const {
    Metadata &metadata = object.metadata;
    if (!object.problem.empty()) {
        return {.state = drv::VolumeState::faulted,
                .id = is_plain(key) ? key : std::string_view(),
                .backend_id = "damaged/" + std::string(key),
                .attributes = {{"problem", std::move(object.problem)}}};
    }
    drv::Volume volume{.is_snapshot = metadata.kind == Kind::snapshot,
                       .bytes = metadata.bytes,
                       .used_bytes = object.used_bytes,
                       .created_unix_ns = metadata.created_unix_ns};
    if (!metadata.group_snapshot.empty())
        volume.attributes.push_back({"group_snapshot", std::move(metadata.group_snapshot)});
    if (metadata.attachment) {
        Attachment &attachment = *metadata.attachment;
        // The host knows this node by its own name for it.
        volume.attached_nodes = {is_this_node(attachment.node) ? drv::Text(host_.node_id())
                                                               : drv::Text(attachment.node)};
        volume.attributes.push_back({"device", std::move(attachment.device)});
        volume.is_write_protected = attachment.read_only;
    }
    volume.id = std::move(metadata.id);
    volume.name = std::move(metadata.name);
    volume.backend_id = std::move(metadata.backend_id);
    volume.profile = std::move(metadata.profile);
    volume.parent = std::move(metadata.parent);
    return volume;
}

drv::Volume Loopback::existing(Object object, const drv::CreateRequest &request,
                               std::string_view parent) const {
    const Metadata &metadata = object.metadata;
    if (!object.problem.empty()) {
        throw Error(Code::conflict,
                    "volume " + quoted(request.id) + " exists and is damaged: " + object.problem);
    }
    std::string differs;
    if (metadata.profile != request.profile) {
        differs = "its profile is " + quoted(metadata.profile) + ", not " + quoted(request.profile);
    } else if (metadata.parent != parent) {
        differs = metadata.parent.empty() ? "it is no copy" : "it was made from " + quoted(metadata.parent);
    } else if (request.bytes != 0 && metadata.bytes != rounded(request.bytes)) {
        differs = "it has " + std::to_string(metadata.bytes) + " bytes, not " +
                  std::to_string(rounded(request.bytes));
    }
    if (!differs.empty())
        throw Error(Code::exists, "volume " + quoted(request.id) + " exists already: " + differs);
    return to_volume(std::move(object), key_of(request.id));
}

Object Loopback::sound(const Shelf &shelf, std::string_view id) const {
    auto object = shelf.load(key_of(id));
    const std::string what = &shelf == &volumes_ ? "volume " : "snapshot ";
    if (!object)
        throw Error(Code::not_found, "there is no " + what + quoted(id));
    if (!object->problem.empty()) {
        throw Error(Code::conflict, what + quoted(id) + " is damaged: " + object->problem +
                                        "; repair it, or move its files out of root_path");
    }
    return std::move(*object);
}

drv::Volume Loopback::added(const Shelf &shelf, const std::string &key, Metadata metadata,
                            NewImage &image) const {
    metadata.backend_id = image.name();
    metadata.image = image.name();
    if (metadata.created_unix_ns == 0)
        metadata.created_unix_ns = unix_now_ns();
    flush(image.fd(), shelf.path_of(metadata));
    shelf.store(key, metadata, &image);
    const auto blocks = static_cast<std::uint64_t>(status_of(image.fd(), shelf.path_of(metadata)).st_blocks);
    return to_volume({.metadata = std::move(metadata), .problem = {}, .used_bytes = blocks * 512}, key);
}

drv::Volume Loopback::create(drv::Call &call, const drv::CreateRequest &request) {
    refuse_unknown_shape(request.profile, request.pool);
    const std::uint64_t bytes = rounded(request.bytes);
    const std::string key = key_of(request.id);
    const Fd lock = locks_.lock(call, {{volumes_.lock_name(key)}}, "volume " + quoted(request.id));
    if (auto object = volumes_.load(key))
        return existing(std::move(*object), request, {});
    volumes_.clear(key);
    NewImage image(volumes_, new_image_name(key));
    set_size(call, image.fd(), 0, bytes, space_of(request.profile) == Space::reserved);
    return added(volumes_, key,
                 {.kind = Kind::volume,
                  .id = std::string(request.id),
                  .name = std::string(request.name),
                  .profile = std::string(request.profile),
                  .bytes = bytes},
                 image);
}

void Loopback::refuse_attached(const Object &volume, std::string_view what) const {
    if (volume.metadata.attachment) {
        throw Error(Code::conflict, "volume " + quoted(volume.metadata.id) + " cannot be " +
                                        std::string(what) + " while it is attached to node " +
                                        quoted(volume.metadata.attachment->node));
    }
}

void Loopback::refuse_needed(const drv::Call &call, std::string_view id, const std::string &what) {
    if (const std::string group = group_of(id); !group.empty()) {
        throw Error(Code::conflict,
                    "volume " + quoted(id) + " cannot be " + what + ": it is in group " + quoted(group));
    }
    if (const std::size_t count = count_snapshots(call, id); count > 0) {
        throw Error(Code::conflict, "volume " + quoted(id) + " cannot be " + what + ": it has " +
                                        std::to_string(count) + (count == 1 ? " snapshot" : " snapshots"));
    }
}

void Loopback::destroy(drv::Call &call, std::string_view id) {
    const std::string key = key_of(id);
    const Fd lock = locks_.lock(call, {{volumes_.lock_name(key)}}, "volume " + quoted(id));
    if (!volumes_.load(key)) {
        volumes_.clear(key);
        return;
    }
    const Object volume = sound(volumes_, id);
    refuse_attached(volume, "destroyed");
    refuse_needed(call, id, "destroyed");
    drop_strays(call, volume);
    volumes_.remove(key);
}

drv::Volume Loopback::extend(drv::Call &call, std::string_view id, std::uint64_t bytes) {
    const std::string key = key_of(id);
    const Fd lock = locks_.lock(call, {{volumes_.lock_name(key)}}, "volume " + quoted(id));
    Object volume = sound(volumes_, id);
    // The image may be larger already, when an extend was interrupted: that space is the volume's.
    const std::uint64_t there = volume.image_bytes / settings_.granularity * settings_.granularity;
    const std::uint64_t wanted = std::max({rounded(bytes), volume.metadata.bytes, there});
    if (wanted > volume.metadata.bytes) {
        const Fd image = volumes_.open_image(volume.metadata, O_RDWR);
        if (wanted > volume.image_bytes) {
            set_size(call, image.get(), volume.image_bytes, wanted,
                     space_of(volume.metadata.profile) == Space::reserved);
        }
        flush(image.get(), volumes_.path_of(volume.metadata));
        volume.metadata.bytes = wanted;
        volumes_.store(key, volume.metadata);
    }
    // Also when it is that large already: the step that failed last time may have been this one.
    if (const auto device = live_device(volume))
        resize_loop(*device, volume.file);
    return get(call, id);
}

std::vector<drv::Profile> Loopback::profiles(drv::Call & /*call*/) {
    std::vector<drv::Profile> all;
    for (const ProfileRule &rule : settings_.profiles) {
        const bool reserved = rule.space == Space::reserved;
        all.push_back({.name = rule.name,
                       .description = describe(rule.space),
                       .attributes = {{"thin", reserved ? "false" : "true"},
                                      {"trim", rule.space == Space::returned ? "true" : "false"},
                                      {"reflink", reserved ? "false" : "true"}}});
    }
    return all;
}

} // namespace loopback

DRV_DRIVER(loopback::Loopback);
