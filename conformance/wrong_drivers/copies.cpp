// drv.clone/1 and drv.extend/1.
#include "conformance/wrong_drivers/driver.hpp"

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace wrong {
namespace {

constexpr uint64_t kUnit = 4096;
constexpr uint64_t kMaxBytes = uint64_t{1} << 43U;

drv_status clone_volume(drv_instance *self, const drv_call *call, drv_str source,
                        const drv_create_req *request, const drv_volume_sink *sink) {
    char id[ID_SIZE];
    if (!copy_id(source, id))
        return bad_id(call);
    return clone_image(self, call, self->folder, id, request, DRV_CLONE_INDEPENDENT, sink);
}

drv_status extend_locked(const drv_instance *self, const drv_call *call, const char *id, uint64_t bytes,
                         const drv_volume_sink *sink) {
    volume grown{};
    problem found = images_load(self->folder, id, &grown);
    if (found.error == ENOENT)
        return no_such_volume(call, id);
    if (found.error == 0 && bytes > grown.bytes) {
        if (grown.node[0] != '\0') {
            return fail(call, DRV_E_CONFLICT, 0, "volume %s is attached to node %s: detach it first", id,
                        grown.node);
        }
        found = grow_image(self->folder, grown, bytes);
    }
    return found.error == 0 ? emit(grown, origin_of(self->folder, id), false, sink)
                            : fail_with(self, call, id, found);
}

drv_status extend(drv_instance *self, const drv_call *call, drv_str volume_id, uint64_t bytes, uint64_t flags,
                  const drv_volume_sink *sink) {
    char id[ID_SIZE];
    if (!copy_id(volume_id, id))
        return bad_id(call);
    if (flags != 0)
        return bad_flags(call, flags);
    if (bytes > kMaxBytes) {
        return fail(call, DRV_E_INVALID, 0, "a volume has at most %llu bytes",
                    static_cast<unsigned long long>(kMaxBytes));
    }
    Fd lock;
    const drv_status status = lock_volume(self, call, id, lock.out());
    return status == DRV_OK ? extend_locked(self, call, id, (bytes + kUnit - 1) / kUnit * kUnit, sink)
                            : status;
}

} // namespace

drv_status clone_image(drv_instance *self, const drv_call *call, int from_folder, const char *from_id,
                       const drv_create_req *request, uint64_t known_flags, const drv_volume_sink *sink) {
    volume made{};
    if (!copy_id(request->id, made.id))
        return bad_id(call);
    if ((request->flags & ~known_flags) != 0)
        return bad_flags(call, request->flags);
    if (!copy_text(request->name, made.name))
        return fail(call, DRV_E_INVALID, 0, "a name has at most %d bytes of UTF-8", TEXT_SIZE - 1);
    if (request->pool.len > 0 || request->profile.len > 0)
        return fail(call, DRV_E_INVALID, 0, "this backend has neither pools nor profiles");
    if (request->bytes > kMaxBytes) {
        return fail(call, DRV_E_INVALID, 0, "a volume has at most %llu bytes",
                    static_cast<unsigned long long>(kMaxBytes));
    }
    Fd lock;
    if (const drv_status status = lock_volume(self, call, made.id, lock.out()); status != DRV_OK)
        return status;
    volume from{};
    problem found = images_load(from_folder, from_id, &from);
    if (found.error == ENOENT)
        return fail(call, DRV_E_NOT_FOUND, 0, "there is nothing called %s to clone", from_id);
    if (found.error != 0)
        return fail_with(self, call, from_id, found);
    made.bytes = request->bytes == 0 ? from.bytes : (request->bytes + kUnit - 1) / kUnit * kUnit;
    if (made.bytes < from.bytes) {
        return fail(call, DRV_E_INVALID, 0, "a clone of %s has at least %llu bytes", from_id,
                    static_cast<unsigned long long>(from.bytes));
    }
    volume there{};
    found = images_load(self->folder, made.id, &there);
    if (found.error == 0) {
        if (there.bytes != made.bytes || origin_of(self->folder, made.id) != from_id)
            return fail(call, DRV_E_EXISTS, 0, "volume %s exists already, and is no such clone", made.id);
        return emit(there, from_id, false, sink);
    }
    const bool is_of_snapshot = from_folder != self->folder;
    const bool is_shared =
        (is(Fault::clone_shares_attached_source) && !is_of_snapshot && from.node[0] != '\0') ||
        (is(Fault::clone_shares_snapshot) && is_of_snapshot);
    if (found.error == ENOENT)
        found = copy_image(from_folder, from, self->folder, made, is_shared && made.bytes == from.bytes);
    if (is(Fault::destroy_unknown_fails))
        remember_made(made.id);
    call->ops->progress(call, 1000, text_of("copied"));
    if (is(Fault::progress_goes_back))
        call->ops->progress(call, 500, text_of("tidying up"));
    return found.error == 0 ? emit(made, from_id, false, sink) : fail_with(self, call, made.id, found);
}

const drv_clone_v1 kClone = {.struct_size = sizeof kClone, .reserved = 0, .clone = clone_volume};
const drv_extend_v1 kExtend = {.struct_size = sizeof kExtend, .reserved = 0, .extend = extend};

} // namespace wrong
