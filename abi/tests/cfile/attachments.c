/* The ops about attachments.
 *
 * The record is the truth about who has the volume, so it is written before the device is bound, and cleared
 * after the device is gone: no image is ever on a device of a node that the record does not name. */
#include "abi/tests/cfile/cfile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct attachment {
    char id[ID_SIZE];
    char node[TEXT_SIZE];
    bool is_read_only;
};

static drv_status read_attachment(const drv_call *call, const drv_attach_req *request,
                                  struct attachment *wanted) {
    if (!copy_id(request->id, wanted->id))
        return bad_id(call);
    if (!copy_text(request->node_id, wanted->node) || wanted->node[0] == '\0')
        return fail(call, DRV_E_INVALID, 0, "a node id has 1 to %d bytes of UTF-8", TEXT_SIZE - 1);
    if ((request->flags & ~(uint64_t)DRV_ATTACH_READ_ONLY) != 0)
        return bad_flags(call, request->flags);
    wanted->is_read_only = (request->flags & DRV_ATTACH_READ_ONLY) != 0;
    return DRV_OK;
}

static drv_status emit_device(const struct volume *volume, const char *device,
                              const drv_connection_sink *sink) {
    char wwid[64]; /* of the backing file; the host asks the device the same before it writes */
    (void)snprintf(wwid, sizeof wwid, "loop:%" PRIx64 ":%" PRIx64, volume->device, volume->inode);
    const drv_connection connection = {.struct_size = sizeof connection,
                                       .protocol = DRV_PROTO_LOCAL,
                                       .device = text_of(device),
                                       .wwid = text_of(wwid),
                                       .auth_user = text_of(""),
                                       .auth_secret_key = text_of("")};
    return sink->emit(sink->data, &connection);
}

static struct problem find_or_bind(const drv_instance *self, const drv_call *call,
                                   const struct volume *volume, char device[DEVICE_SIZE]) {
    int image = -1;
    struct problem problem = loops_find(volume, device);
    if (problem.error != ENOENT)
        return problem;
    problem = images_open_image(self->folder, volume, &image);
    if (problem.error != 0)
        return problem;
    problem = loops_bind(call, volume, image, device);
    (void)close(image); /* the device has its own hold on the file */
    return problem;
}

static drv_status attach_locked(const drv_instance *self, const drv_call *call,
                                const struct attachment *wanted, const drv_connection_sink *sink) {
    struct volume volume;
    struct problem problem = images_load(self->folder, wanted->id, &volume);
    if (problem.error == ENOENT)
        return no_such_volume(call, wanted->id);
    if (problem.error != 0)
        return fail_with(self, call, wanted->id, problem);
    const bool is_new = volume.node[0] == '\0';
    if (!is_new && strcmp(volume.node, wanted->node) != 0)
        return fail(call, DRV_E_CONFLICT, 0, "volume %s is attached to node %s", volume.id, volume.node);
    if (!is_new && volume.is_read_only != wanted->is_read_only) {
        return fail(call, DRV_E_CONFLICT, 0, "volume %s is attached %s already: detach it first", volume.id,
                    volume.is_read_only ? "read-only" : "for writing");
    }
    if (is_new) {
        memcpy(volume.node, wanted->node, sizeof volume.node);
        volume.is_read_only = wanted->is_read_only;
        problem = images_store(self->folder, &volume);
        if (problem.error != 0)
            return fail_with(self, call, volume.id, problem);
    }
    char device[DEVICE_SIZE];
    problem = find_or_bind(self, call, &volume, device);
    if (problem.error == 0)
        return emit_device(&volume, device, sink);
    if (is_new) { /* as it was before */
        volume.node[0] = '\0';
        problem.state_unknown = images_store(self->folder, &volume).error != 0;
    }
    return fail_with(self, call, volume.id, problem);
}

drv_status attach(drv_instance *self, const drv_call *call, const drv_attach_req *request,
                  const drv_connection_sink *sink) {
    struct attachment wanted;
    drv_status status = read_attachment(call, request, &wanted);
    if (status != DRV_OK)
        return status;
    int fd = -1;
    status = lock_volume(self, call, wanted.id, &fd);
    if (status == DRV_OK) {
        status = attach_locked(self, call, &wanted, sink);
        (void)close(fd);
    }
    return status;
}

static drv_status detach_locked(const drv_instance *self, const drv_call *call,
                                const struct attachment *wanted) {
    struct volume volume;
    struct problem problem = images_load(self->folder, wanted->id, &volume);
    if (problem.error == ENOENT)
        return DRV_OK;
    if (problem.error == 0) {
        if (strcmp(volume.node, wanted->node) != 0)
            return DRV_OK; /* not attached there; what others have is not touched */
        problem = loops_release(call, &volume);
    }
    if (problem.error == 0) {
        volume.node[0] = '\0';
        volume.is_read_only = false;
        problem = images_store(self->folder, &volume);
    }
    return problem.error == 0 ? DRV_OK : fail_with(self, call, wanted->id, problem);
}

drv_status detach(drv_instance *self, const drv_call *call, const drv_attach_req *request) {
    struct attachment wanted;
    drv_status status = read_attachment(call, request, &wanted);
    if (status != DRV_OK)
        return status;
    int fd = -1;
    status = lock_volume(self, call, wanted.id, &fd);
    if (status == DRV_OK) {
        status = detach_locked(self, call, &wanted);
        (void)close(fd);
    }
    return status;
}

drv_status resolve(drv_instance *self, const drv_call *call, const drv_attach_req *request,
                   const drv_connection_sink *sink) {
    struct attachment wanted;
    const drv_status status = read_attachment(call, request, &wanted);
    if (status != DRV_OK)
        return status;
    struct volume volume;
    struct problem problem = images_load(self->folder, wanted.id, &volume);
    if (problem.error == ENOENT)
        return no_such_volume(call, wanted.id);
    if (problem.error != 0)
        return fail_with(self, call, wanted.id, problem);
    char device[DEVICE_SIZE];
    if (strcmp(volume.node, wanted.node) == 0) {
        problem = loops_find(&volume, device); /* after a reboot the record is there, but no device */
    } else {
        problem.error = ENOENT;
    }
    if (problem.error == ENOENT)
        return fail(call, DRV_E_NOT_FOUND, 0, "volume %s is not attached to node %s", wanted.id, wanted.node);
    return problem.error == 0 ? emit_device(&volume, device, sink)
                              : fail_with(self, call, wanted.id, problem);
}
