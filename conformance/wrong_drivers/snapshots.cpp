// drv.snapshot/1.
#include "conformance/wrong_drivers/driver.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace wrong {
namespace {

constexpr std::string_view kTokenHead = "after:";

drv_status no_such_snapshot(const drv_call *call, const char *id) {
    return fail(call, DRV_E_NOT_FOUND, 0, "there is no snapshot %s", id);
}

drv_status create_locked(const drv_instance *self, const drv_call *call, int folder, const char *volume_id,
                         volume &made, const drv_volume_sink *sink) {
    volume there{};
    problem found = images_load(folder, made.id, &there);
    if (found.error == 0) {
        if (origin_of(folder, made.id) != volume_id) {
            return fail(call, DRV_E_EXISTS, 0, "snapshot %s exists already, of volume %s", made.id,
                        origin_of(folder, made.id).c_str());
        }
        return emit(there, volume_id, true, sink);
    }
    volume from{};
    found = images_load(self->folder, volume_id, &from);
    if (found.error == ENOENT)
        return no_such_volume(call, volume_id);
    if (found.error == 0) {
        made.bytes = from.bytes;
        found = copy_image(self->folder, from, folder, made);
    }
    return found.error == 0 ? emit(made, volume_id, true, sink) : fail_with(self, call, made.id, found);
}

drv_status create_snapshot(drv_instance *self, const drv_call *call, const drv_snapshot_req *request,
                           const drv_volume_sink *sink) {
    char volume_id[ID_SIZE];
    volume made{};
    if (!copy_id(request->volume_id, volume_id) || !copy_id(request->snapshot_id, made.id))
        return bad_id(call);
    if (request->flags != 0)
        return bad_flags(call, request->flags);
    if (!copy_text(request->name, made.name))
        return fail(call, DRV_E_INVALID, 0, "a name has at most %d bytes of UTF-8", TEXT_SIZE - 1);
    Snapshots snapshots(self);
    drv_status status = snapshots.lock(self, call, made.id);
    Fd lock;
    if (status == DRV_OK)
        status = lock_volume(self, call, volume_id, lock.out());
    return status == DRV_OK ? create_locked(self, call, snapshots.folder(), volume_id, made, sink) : status;
}

drv_status destroy_snapshot(drv_instance *self, const drv_call *call, drv_str snapshot_id, uint64_t flags) {
    char id[ID_SIZE];
    if (!copy_id(snapshot_id, id))
        return bad_id(call);
    if (flags != 0)
        return bad_flags(call, flags);
    Snapshots snapshots(self);
    if (const drv_status status = snapshots.lock(self, call, id); status != DRV_OK)
        return status;
    const problem removed = images_remove(snapshots.folder(), id);
    drop_origin(snapshots.folder(), id);
    return removed.error == 0 ? DRV_OK : fail_with(self, call, id, removed);
}

drv_status list_snapshots(drv_instance *self, const drv_call *call, drv_str volume_id,
                          const drv_list_req *request, const drv_volume_sink *sink) {
    char of[ID_SIZE] = "";
    char after[ID_SIZE] = "";
    if (volume_id.len > 0 && !copy_id(volume_id, of))
        return bad_id(call);
    if (request->flags != 0)
        return bad_flags(call, request->flags);
    if (const std::string_view token = view(request->page_token); !token.empty()) {
        if (!token.starts_with(kTokenHead) ||
            !copy_id({token.data() + kTokenHead.size(), token.size() - kTokenHead.size()}, after))
            return fail(call, DRV_E_INVALID, 0, "the page token is not one of this driver: start again");
    }
    const Snapshots snapshots(self);
    char(*ids)[ID_SIZE] = nullptr;
    size_t count = 0;
    const problem found = images_list(snapshots.folder(), &ids, &count);
    drv_status status = found.error == 0 ? DRV_OK : fail_with(self, call, "the snapshots", found);
    uint64_t emitted = 0;
    std::string last;
    for (size_t i = 0; i < count && status == DRV_OK; ++i) {
        volume row{};
        const std::string parent = origin_of(snapshots.folder(), ids[i]);
        if (std::strcmp(ids[i], after) <= 0 || (of[0] != '\0' && parent != of) ||
            images_load(snapshots.folder(), ids[i], &row).error != 0)
            continue;
        if (request->max_entries != 0 && emitted == request->max_entries) {
            status = sink->next_page(sink->data, str(std::string(kTokenHead) + last));
            break;
        }
        status = emit(row, parent, true, sink);
        last = ids[i];
        ++emitted;
    }
    std::free(ids); // NOLINT: cfile's, from malloc
    return status;
}

drv_status get_snapshot(drv_instance *self, const drv_call *call, drv_str snapshot_id,
                        const drv_volume_sink *sink) {
    char id[ID_SIZE];
    if (!copy_id(snapshot_id, id))
        return bad_id(call);
    const Snapshots snapshots(self);
    volume row{};
    const problem found = images_load(snapshots.folder(), id, &row);
    if (found.error == ENOENT)
        return no_such_snapshot(call, id);
    return found.error == 0 ? emit(row, origin_of(snapshots.folder(), id), true, sink)
                            : fail_with(self, call, id, found);
}

drv_status clone_snapshot(drv_instance *self, const drv_call *call, drv_str snapshot_id,
                          const drv_create_req *request, const drv_volume_sink *sink) {
    char id[ID_SIZE];
    if (!copy_id(snapshot_id, id))
        return bad_id(call);
    Snapshots snapshots(self);
    const drv_status status = snapshots.lock(self, call, id);
    return status == DRV_OK ? clone_image(self, call, snapshots.folder(), id, request, 0, sink) : status;
}

drv_status revert(drv_instance *self, const drv_call *call, drv_str snapshot_id, uint64_t flags) {
    char id[ID_SIZE];
    if (!copy_id(snapshot_id, id))
        return bad_id(call);
    if (flags != 0)
        return bad_flags(call, flags);
    Snapshots snapshots(self);
    Fd lock;
    drv_status status = snapshots.lock(self, call, id);
    if (status == DRV_OK)
        status = lock_volume(self, call, id, lock.out());
    if (status != DRV_OK)
        return status;
    volume from{};
    problem found = images_load(snapshots.folder(), id, &from);
    if (found.error == ENOENT)
        return no_such_snapshot(call, id);
    volume into{};
    const std::string parent = origin_of(snapshots.folder(), id);
    if (found.error == 0)
        found = images_load(self->folder, parent.c_str(), &into);
    if (found.error == ENOENT)
        return no_such_volume(call, parent.c_str());
    if (found.error == 0 && into.node[0] != '\0')
        return fail(call, DRV_E_CONFLICT, 0, "volume %s is attached to node %s", into.id, into.node);
    if (found.error == 0)
        found = replace_image(snapshots.folder(), from, self->folder, into);
    return found.error == 0 ? DRV_OK : fail_with(self, call, id, found);
}

} // namespace

const drv_snapshot_v1 kSnapshot = {.struct_size = sizeof kSnapshot,
                                   .reserved = 0,
                                   .create = create_snapshot,
                                   .destroy = destroy_snapshot,
                                   .list = list_snapshots,
                                   .get = get_snapshot,
                                   .clone = clone_snapshot,
                                   .revert = revert};

} // namespace wrong
