/* Every op once, on one volume that is made and removed, and the extensions drv.snapshot/1 and drv.extend/1
 * where they are offered. */
#include "abi/tests/host/host.h"
#include "drover/ext/extend.h"
#include "drover/ext/snapshot.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char volume_id[] = "11111111-2222-4333-8444-555555555555";
static const char snapshot_id[] = "21111111-2222-4333-8444-555555555555";
static const char clone_id[] = "31111111-2222-4333-8444-555555555555";
static const uint64_t first_bytes = UINT64_C(64) << 20;
static const uint64_t more_bytes = UINT64_C(96) << 20;

unsigned held, broken;
void check(bool holds, const char *what) {
    if (holds) {
        ++held;
    } else {
        ++broken;
        (void)printf("FAILED: %s\n", what);
    }
}
void check_answer(const struct call *call, drv_status status, drv_status wanted, const char *what) {
    check(status == wanted, what);
    if (status != wanted)
        (void)printf("  answered %d, expected %d: %s\n", (int)status, (int)wanted, call->message);
    check(call->is_well_formed, "what is emitted has the fields of minor 0");
    check(status == DRV_OK || call->failed_with == DRV_OK || call->failed_with == status,
          "fail is given the code that the op answers");
}

/* ---- Ops that are used in several places ---- */

static drv_create_req create_request(const char *id, uint64_t bytes) {
    const drv_create_req request = {.struct_size = sizeof request,
                                    .bytes = bytes,
                                    .id = text_of(id),
                                    .name = text_of("plain volume"),
                                    .pool = text_of(""),
                                    .profile = text_of("")};
    return request;
}
static drv_attach_req attach_request(void) {
    const drv_attach_req request = {
        .struct_size = sizeof request, .id = text_of(volume_id), .node_id = text_of("plain-host")};
    return request;
}
static void get(const struct backend *backend, const char *id, drv_status wanted, struct call *call) {
    call_init(call, false);
    const drv_volume_sink sink = volume_sink(call);
    const drv_status status = backend->ops->get(backend->self, &call->raw, text_of(id), &sink);
    check_answer(call, status, wanted, "get");
    check(call->volumes == (wanted == DRV_OK ? 1 : 0), "get emits the volume, once");
}
static void destroy(const struct backend *backend, const char *id, drv_status wanted, const char *what) {
    struct call call;
    call_init(&call, false);
    const drv_status status = backend->ops->destroy(backend->self, &call.raw, text_of(id), 0);
    check_answer(&call, status, wanted, what);
}

/* ---- The parts ---- */

static void volumes(const struct backend *backend) {
    struct call call;
    struct guarded_caps guarded;
    memset(&guarded, 0, sizeof guarded);
    canary_fill(guarded.canary);
    guarded.caps.struct_size = sizeof guarded.caps;
    call_init(&call, false);
    check_answer(&call, backend->ops->probe(backend->self, &call.raw), DRV_OK, "probe");
    call_init(&call, false);
    check_answer(&call, backend->ops->capabilities(backend->self, &call.raw, &guarded.caps), DRV_OK,
                 "capabilities");
    check(canary_lives(guarded.canary), "capabilities writes only what this host has room for");
    check(guarded.caps.struct_size == sizeof guarded.caps, "capabilities leaves struct_size alone");
    check(guarded.caps.protocols != 0 && guarded.caps.granularity_bytes > 0,
          "the capabilities say something");

    drv_create_req request = create_request(volume_id, first_bytes);
    for (int i = 0; i < 2; ++i) { /* the second one changes nothing */
        call_init(&call, false);
        const drv_volume_sink sink = volume_sink(&call);
        check_answer(&call, backend->ops->create(backend->self, &call.raw, &request, &sink), DRV_OK,
                     "create");
        check(call.volumes == 1 && strcmp(call.id, volume_id) == 0 && call.bytes >= first_bytes &&
                  call.state == DRV_VOLUME_READY,
              "create emits the volume, ready");
    }
    request.flags = UINT64_C(1) << 62;
    call_init(&call, false);
    const drv_volume_sink sink = volume_sink(&call);
    check_answer(&call, backend->ops->create(backend->self, &call.raw, &request, &sink), DRV_E_INVALID,
                 "create with a flag that nobody knows");
    request.flags = 0;
    request.id = text_of(clone_id);
    call_init(&call, true);
    const drv_volume_sink late_sink = volume_sink(&call);
    check_answer(&call, backend->ops->create(backend->self, &call.raw, &request, &late_sink), DRV_E_DEADLINE,
                 "create whose time is over");
    get(backend, clone_id, DRV_E_NOT_FOUND, &call);
    get(backend, volume_id, DRV_OK, &call);
    check(call.attached_count == 0, "a new volume is attached nowhere");

    unsigned seen = 0;
    char token[TEXT_SIZE] = "";
    bool has_more = true;
    for (int page = 0; has_more && page < MAX_IDS; ++page) {
        const drv_list_req list = {
            .struct_size = sizeof list, .max_entries = 1, .page_token = text_of(token)};
        call_init(&call, false);
        const drv_volume_sink page_sink = volume_sink(&call);
        check_answer(&call, backend->ops->list(backend->self, &call.raw, &list, &page_sink), DRV_OK, "list");
        for (unsigned i = 0; i < call.volumes && i < MAX_IDS; ++i)
            seen += strcmp(call.ids[i], volume_id) == 0;
        has_more = call.has_more;
        memcpy(token, call.next_page, sizeof token);
    }
    check(seen >= 1 && !has_more, "list, page by page, has the volume and ends");
}

static void write_and_read(const char *device) {
    char block[4096];
    char found[4096] = "";
    memset(block, 'd', sizeof block);
    const int fd = open(device, O_RDWR | O_CLOEXEC);
    check(fd >= 0, "the device can be opened");
    if (fd < 0)
        return;
    check(pwrite(fd, block, sizeof block, 8192) == (ssize_t)sizeof block && fsync(fd) == 0,
          "the device can be written");
    check(pread(fd, found, sizeof found, 8192) == (ssize_t)sizeof found &&
              memcmp(block, found, sizeof block) == 0,
          "the device has what was written");
    (void)close(fd);
}

static void attachments(const struct backend *backend) {
    struct call call;
    const drv_attach_req request = attach_request();
    call_init(&call, false);
    drv_connection_sink sink = connection_sink(&call);
    const drv_status attached = backend->ops->attach(backend->self, &call.raw, &request, &sink);
    check_answer(&call, attached, DRV_OK, "attach");
    check(call.connections == 1 && call.wwid[0] != '\0', "attach emits a connection with an identity");
    if (attached == DRV_OK && call.protocol == DRV_PROTO_LOCAL)
        write_and_read(call.device);
    char device[TEXT_SIZE];
    memcpy(device, call.device, sizeof device);

    call_init(&call, false);
    sink = connection_sink(&call);
    check_answer(&call, backend->ops->resolve(backend->self, &call.raw, &request, &sink), DRV_OK, "resolve");
    check(strcmp(device, call.device) == 0, "resolve finds the same device");
    get(backend, volume_id, DRV_OK, &call);
    check(call.attached_count == 1, "the volume tells that it is attached");
    destroy(backend, volume_id, DRV_E_CONFLICT, "destroy of an attached volume");

    for (int i = 0; i < 2; ++i) { /* the second one changes nothing */
        call_init(&call, false);
        check_answer(&call, backend->ops->detach(backend->self, &call.raw, &request), DRV_OK, "detach");
    }
    call_init(&call, false);
    sink = connection_sink(&call);
    check_answer(&call, backend->ops->resolve(backend->self, &call.raw, &request, &sink), DRV_E_NOT_FOUND,
                 "resolve of what is not attached");
}

static void snapshots(const struct backend *backend) {
    const drv_snapshot_v1 *table = backend->driver->extension(backend->self, text_of(DRV_EXT_SNAPSHOT));
    if (table == NULL) {
        (void)puts("  it has no snapshots");
        return;
    }
    check(DRV_HAS(table, drv_snapshot_v1, revert), "the table of snapshots has the slots of minor 0");
    struct call call;
    const drv_snapshot_req request = {.struct_size = sizeof request,
                                      .volume_id = text_of(volume_id),
                                      .snapshot_id = text_of(snapshot_id),
                                      .name = text_of("plain snapshot")};
    call_init(&call, false);
    drv_volume_sink sink = volume_sink(&call);
    check_answer(&call, table->create(backend->self, &call.raw, &request, &sink), DRV_OK, "snapshot create");
    check((call.flags & DRV_VOLUME_SNAPSHOT) != 0 && strcmp(call.parent, volume_id) == 0,
          "a snapshot says what it is, and of which volume");
    const drv_create_req copy = create_request(clone_id, 0);
    call_init(&call, false);
    sink = volume_sink(&call);
    check_answer(&call, table->clone(backend->self, &call.raw, text_of(snapshot_id), &copy, &sink), DRV_OK,
                 "clone");
    check(strcmp(call.parent, snapshot_id) == 0 && call.bytes >= first_bytes,
          "a clone says what it was made from");
    destroy(backend, clone_id, DRV_OK, "destroy of a clone");
    destroy(backend, volume_id, DRV_E_CONFLICT, "destroy of a volume with a snapshot");
    call_init(&call, false);
    check_answer(&call, table->destroy(backend->self, &call.raw, text_of(snapshot_id), 0), DRV_OK,
                 "snapshot destroy");
}

static void extension_extend(const struct backend *backend) {
    const drv_extend_v1 *table = backend->driver->extension(backend->self, text_of(DRV_EXT_EXTEND));
    if (table == NULL) {
        (void)puts("  its volumes cannot grow");
        return;
    }
    struct call call;
    call_init(&call, false);
    const drv_volume_sink sink = volume_sink(&call);
    check_answer(&call, table->extend(backend->self, &call.raw, text_of(volume_id), more_bytes, 0, &sink),
                 DRV_OK, "extend");
    check(call.volumes == 1 && call.bytes >= more_bytes, "extend emits the volume with its new size");
}

void go_round(const struct backend *backend) {
    check(backend->driver->extension(backend->self, text_of("drv.nobody.knows/1")) == NULL,
          "an extension that nobody knows is not offered");
    check(backend->driver->extension(backend->self, text_of(DRV_EXT_SNAPSHOT "x")) == NULL,
          "an extension's id is the whole id");
    volumes(backend);
    attachments(backend);
    snapshots(backend);
    extension_extend(backend);
    /* Also after a failure nothing is left behind. */
    struct call call;
    const drv_attach_req request = attach_request();
    call_init(&call, false);
    (void)backend->ops->detach(backend->self, &call.raw, &request);
    destroy(backend, volume_id, DRV_OK, "destroy");
    destroy(backend, volume_id, DRV_OK, "destroy of what is gone");
    get(backend, volume_id, DRV_E_NOT_FOUND, &call);
}
