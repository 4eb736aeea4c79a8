// Snapshots, clones and revert: copies of images. A copy shares blocks where the filesystem can; it never
// depends on its source, so nothing that is copied is ever needed afterwards.
#include "copy.hpp"
#include "driver.hpp"
#include "names.hpp"
#include "one_instant.hpp"

#include <fcntl.h>
#include <optional>

namespace loopback {
namespace {

using drv::Code;
using drv::Error;

constexpr std::string_view kAdvice =
    "unmount the volume, or stop what writes to it, meanwhile; where root_path is on "
    "a filesystem that shares blocks (XFS, btrfs) it takes an instant";

} // namespace

// The caller holds the volume's lock, so nobody attaches or detaches meanwhile. What the filesystem has not
// written yet is the host's business, which freezes it around the call; what the device has not written is
// ours.
void Loopback::copy_one_volume(const drv::Call &call, const Object &volume,
                               const std::function<bool()> &copy) const {
    const auto device = live_device(volume);
    copy_at_one_instant(
        call, device ? std::vector{*device} : std::vector<std::string>(),
        [&] {
            if (device)
                flush_loop(*device, volume.file);
        },
        copy, kAdvice);
}

drv::Volume Loopback::snapshot_create(drv::Call &call, const drv::SnapshotRequest &request) {
    const std::string key = key_of(request.snapshot_id);
    const Fd lock =
        locks_.lock(call, {{volumes_.lock_name(key_of(request.volume_id))}, {snapshots_.lock_name(key)}},
                    "volume " + quoted(request.volume_id) + " or snapshot " + quoted(request.snapshot_id));
    if (snapshots_.load(key)) {
        Object there = sound(snapshots_, request.snapshot_id);
        if (there.metadata.parent != request.volume_id) {
            throw Error(Code::exists, "snapshot " + quoted(request.snapshot_id) +
                                          " exists already, of volume " + quoted(there.metadata.parent));
        }
        return to_volume(std::move(there), key);
    }
    snapshots_.clear(key);
    const Object volume = sound(volumes_, request.volume_id);
    const Fd source = volumes_.open_image(volume.metadata, O_RDONLY);
    const bool may_share = space_of(volume.metadata.profile) != Space::reserved;
    std::optional<NewImage> image;
    copy_one_volume(call, volume, [&] {
        image.reset();
        image.emplace(snapshots_, new_image_name(key));
        return copy_image(call, source.get(), image->fd(), volume.metadata.bytes, may_share,
                          "copying to the snapshot");
    });
    return added(snapshots_, key,
                 {.kind = Kind::snapshot,
                  .id = std::string(request.snapshot_id),
                  .name = std::string(request.name),
                  .profile = volume.metadata.profile,
                  .parent = std::string(request.volume_id),
                  .bytes = volume.metadata.bytes},
                 *image);
}

void Loopback::snapshot_destroy(drv::Call &call, std::string_view id) {
    const std::string key = key_of(id);
    const Fd lock = locks_.lock(call, {{snapshots_.lock_name(key)}}, "snapshot " + quoted(id));
    if (!snapshots_.load(key)) {
        snapshots_.clear(key);
        return;
    }
    (void)sound(snapshots_, id);
    snapshots_.remove(key);
}

// The caller holds the new volume's lock and a shared one of the source.
drv::Volume Loopback::copy_to_volume(const drv::Call &call, const Shelf &shelf, const Object &source,
                                     const drv::CreateRequest &request, std::string_view parent) const {
    const std::uint64_t source_bytes = source.metadata.bytes;
    const std::uint64_t bytes = request.bytes == 0 ? source_bytes : rounded(request.bytes);
    if (bytes < source_bytes) {
        throw Error(Code::invalid, "a copy of " + std::to_string(bytes) +
                                       " bytes is smaller than its source, which "
                                       "has " +
                                       std::to_string(source_bytes));
    }
    const std::string key = key_of(request.id);
    volumes_.clear(key);
    const Fd from = shelf.open_image(source.metadata, O_RDONLY);
    std::optional<NewImage> image;
    const bool reserved = space_of(request.profile) == Space::reserved;
    // Blocks shared with a reserved volume would have to be found anew when it writes to them.
    const bool may_share = !reserved && space_of(source.metadata.profile) != Space::reserved;
    copy_one_volume(call, source, [&] {
        image.reset();
        image.emplace(volumes_, new_image_name(key));
        set_size(call, image->fd(), 0, bytes, reserved);
        return copy_image(call, from.get(), image->fd(), source_bytes, may_share,
                          "copying to the new volume");
    });
    set_size(call, image->fd(), source_bytes, bytes, reserved);
    return added(volumes_, key,
                 {.kind = Kind::volume,
                  .id = std::string(request.id),
                  .name = std::string(request.name),
                  .profile = std::string(request.profile),
                  .parent = std::string(parent),
                  .bytes = bytes},
                 *image);
}

drv::Volume Loopback::snapshot_clone(drv::Call &call, std::string_view id,
                                     const drv::CreateRequest &request) {
    refuse_unknown_shape(request.profile, request.pool);
    const std::string key = key_of(request.id);
    const Fd lock = locks_.lock(call, {{snapshots_.lock_name(key_of(id)), false}, {volumes_.lock_name(key)}},
                                "snapshot " + quoted(id) + " or volume " + quoted(request.id));
    if (auto object = volumes_.load(key))
        return existing(std::move(*object), request, id);
    return copy_to_volume(call, snapshots_, sound(snapshots_, id), request, id);
}

drv::Volume Loopback::clone(drv::Call &call, std::string_view source_id, const drv::CreateRequest &request) {
    refuse_unknown_shape(request.profile, request.pool);
    const std::string key = key_of(request.id);
    const Fd lock =
        locks_.lock(call, {{volumes_.lock_name(key_of(source_id)), false}, {volumes_.lock_name(key)}},
                    "volume " + quoted(source_id) + " or " + quoted(request.id));
    if (auto object = volumes_.load(key))
        return existing(std::move(*object), request, source_id);
    const Object source = sound(volumes_, source_id);
    return copy_to_volume(call, volumes_, source, request, source_id);
}

void Loopback::snapshot_revert(drv::Call &call, std::string_view id) {
    // Which volume it is decides what to lock, and is fixed for the life of a snapshot.
    const std::string volume_id = sound(snapshots_, id).metadata.parent;
    const std::string key = key_of(volume_id);
    const Fd lock = locks_.lock(call, {{snapshots_.lock_name(key_of(id)), false}, {volumes_.lock_name(key)}},
                                "volume " + quoted(volume_id) + " or snapshot " + quoted(id));
    const Object snapshot = sound(snapshots_, id);
    const Object volume = sound(volumes_, volume_id);
    refuse_attached(volume, "put back to a snapshot");
    drop_strays(call, volume);
    const Fd from = snapshots_.open_image(snapshot.metadata, O_RDONLY);
    NewImage image(volumes_, new_image_name(key));
    const bool reserved = space_of(volume.metadata.profile) == Space::reserved;
    set_size(call, image.fd(), 0, snapshot.metadata.bytes, reserved);
    copy_image(call, from.get(), image.fd(), snapshot.metadata.bytes, !reserved,
               "copying back to the volume");
    flush(image.fd(), volumes_.path_of(volume.metadata));
    Metadata after = volume.metadata;
    after.image = image.name();
    after.bytes = snapshot.metadata.bytes;
    volumes_.store_replacing(key, after, image, volume.metadata);
}

} // namespace loopback
