/* The driver: each function is one op of the ABI, written down with its rules in drover/abi/driver.h. The
 * host calls them in parallel, never two that change the same volume, and repeats one when it cannot know how
 * it ended: so each finds out what is there and does the rest. The library exports drv_entry_v1 (at the end)
 * and nothing else. */
#include "array.h"
#include "request.h"

#include <drover/abi.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef DRIVER_VERSION
#define DRIVER_VERSION "0.1.0" /* CMakeLists.txt gives the project's */
#endif

/* The texts of the descriptor must be constants: drv_entry_v1 computes nothing. */
#define TEXT(literal)                                                                                        \
    { (literal), sizeof(literal) - 1 }

static const char token_head[] = "after:";

/* An open backend. Not changed between open and close, so ops need no lock for it. */
struct drv_instance {
    const drv_host_v1 *host;
    struct array *array;
    char address[TEXT_SIZE];
};

/* ---- open and close ---- */

static bool is_address(const char *text) {
    const char *allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    return text[0] != '\0' && text[strspn(text, allowed)] == '\0';
}

/* Opens a backend. The array need not be there: the ops may answer UNREACHABLE. */
static drv_status open_backend(const drv_host_v1 *host, const drv_call *call, drv_instance **out) {
    const drv_status ended = still_wanted(host, call);
    if (ended != DRV_OK)
        return ended;
    drv_str address;
    if (host->config(host, text_of("address"), &address) != DRV_OK)
        return fail(call, DRV_E_INVALID, 0, "configuration key \"address\" is not set");
    drv_instance *self = calloc(1, sizeof *self);
    if (self == NULL)
        return no_memory(call);
    self->host = host;
    if (!copy_text(address, self->address) || !is_address(self->address)) {
        free(self);
        return fail(call, DRV_E_INVALID, 0,
                    "configuration key \"address\" is \"%s\"; expected a host name or an IPv4 address",
                    address.data);
    }
    self->array = array_at(self->address);
    if (self->array == NULL) {
        free(self);
        return no_memory(call);
    }
    *out = self;
    return DRV_OK;
}

static void close_backend(drv_instance *self) {
    free(self);
}

/* ---- The backend ---- */

/* Is the array there, and are our credentials good? The model always is. */
static drv_status probe(drv_instance *self, const drv_call *call) {
    return still_wanted(self->host, call);
}

static drv_status capabilities(drv_instance *self, const drv_call *call, drv_caps *caps) {
    (void)call;
    /* All of these are of minor 0, so every host has room for them. A later field would be written only
     * `if (DRV_HAS(caps, drv_caps, that_field))`. */
    caps->protocols = UINT64_C(1) << DRV_PROTO_ISCSI;
    caps->flags = DRV_CAP_ZEROED;
    caps->min_bytes = UNIT_BYTES;
    caps->max_bytes = CAPACITY_BYTES;
    caps->granularity_bytes = UNIT_BYTES;
    caps->total_bytes = CAPACITY_BYTES;
    caps->free_bytes = array_free_bytes(self->array);
    return DRV_OK;
}

/* ---- Volumes ---- */

/* The record lives on this stack: the host copies what it wants during emit. */
static drv_status emit_volume(const struct volume *volume, const drv_volume_sink *sink) {
    char backend_id[32];
    (void)snprintf(backend_id, sizeof backend_id, "volume-%" PRIu64, volume->number);
    const drv_str node = text_of(volume->node);
    const drv_volume record = {.struct_size = sizeof record,
                               .state = DRV_VOLUME_READY,
                               .id = text_of(volume->id),
                               .name = text_of(volume->name),
                               .backend_id = text_of(backend_id),
                               .pool = text_of(""),
                               .profile = text_of(""),
                               .parent = text_of(""),
                               .bytes = volume->bytes,
                               .used_bytes = volume->bytes,
                               .created_unix_ns = volume->created_unix_ns,
                               .attached_nodes = &node,
                               .attached_count = node.len > 0 ? 1 : 0};
    return sink->emit(sink->data, &record);
}

static drv_status no_such_volume(const drv_call *call, const char *id) {
    return fail(call, DRV_E_NOT_FOUND, 0, "there is no volume %s", id);
}

static drv_status attached_to(const drv_call *call, const struct volume *volume) {
    return fail(call, DRV_E_CONFLICT, 0, "volume %s is attached to node %s", volume->id, volume->node);
}

static drv_status create(drv_instance *self, const drv_call *call, const drv_create_req *request,
                         const drv_volume_sink *sink) {
    char id[TEXT_SIZE];
    char name[TEXT_SIZE];
    if (!copy_id(request->id, id))
        return bad_id(call);
    if (!copy_text(request->name, name)) {
        return fail(call, DRV_E_INVALID, 0,
                    "a name has at most %d bytes of UTF-8, without control characters", TEXT_SIZE - 1);
    }
    if (request->flags != 0)
        return bad_flags(call, request->flags);
    if (request->pool.len > 0 || request->profile.len > 0)
        return fail(call, DRV_E_INVALID, 0, "this array has neither pools nor profiles");
    if (request->bytes == 0 || request->bytes > CAPACITY_BYTES) {
        return fail(call, DRV_E_INVALID, 0, "a volume has 1 to %" PRIu64 " bytes, not %" PRIu64,
                    CAPACITY_BYTES, request->bytes);
    }
    const uint64_t bytes = (request->bytes + UNIT_BYTES - 1) / UNIT_BYTES * UNIT_BYTES;
    const drv_status ended = still_wanted(self->host, call);
    if (ended != DRV_OK)
        return ended;
    struct volume volume;
    switch (array_create(self->array, id, name, bytes, &volume)) {
    case DONE:
        break;
    case FULL:
        return fail(call, DRV_E_NO_SPACE, 0, "the array has less than the %" PRIu64 " bytes of volume %s",
                    bytes, id);
    default:
        return no_memory(call);
    }
    if (volume.bytes != bytes) {
        return fail(call, DRV_E_EXISTS, 0, "volume %s exists: it has %" PRIu64 " bytes, not %" PRIu64, id,
                    volume.bytes, bytes);
    }
    return emit_volume(&volume, sink);
}

static drv_status destroy(drv_instance *self, const drv_call *call, drv_str volume_id, uint64_t flags) {
    char id[TEXT_SIZE];
    if (!copy_id(volume_id, id))
        return bad_id(call);
    if (flags != 0)
        return bad_flags(call, flags);
    const drv_status ended = still_wanted(self->host, call);
    if (ended != DRV_OK)
        return ended;
    struct volume volume;
    return array_remove(self->array, id, &volume) == MAPPED ? attached_to(call, &volume) : DRV_OK;
}

static drv_status get(drv_instance *self, const drv_call *call, drv_str volume_id,
                      const drv_volume_sink *sink) {
    char id[TEXT_SIZE];
    if (!copy_id(volume_id, id))
        return bad_id(call);
    struct volume volume;
    if (array_find(self->array, id, &volume) != DONE)
        return no_such_volume(call, id);
    return emit_volume(&volume, sink);
}

/* The token names the last volume of the page, so it never goes stale. */
static drv_status list(drv_instance *self, const drv_call *call, const drv_list_req *request,
                       const drv_volume_sink *sink) {
    if (request->flags != 0)
        return bad_flags(call, request->flags);
    char last[TEXT_SIZE] = "";
    if (request->page_token.len > 0) {
        const size_t head = sizeof token_head - 1;
        const drv_str token = request->page_token;
        if (token.len <= head || memcmp(token.data, token_head, head) != 0 ||
            !copy_id((drv_str){token.data + head, token.len - head}, last))
            return fail(call, DRV_E_INVALID, 0, "the page token is not one of this driver: start again");
    }
    struct volume volume;
    uint64_t emitted = 0;
    while (array_next(self->array, last, &volume) == DONE) {
        if (request->max_entries != 0 && emitted == request->max_entries) {
            char token[sizeof token_head + TEXT_SIZE];
            (void)snprintf(token, sizeof token, "%s%s", token_head, last);
            return sink->next_page(sink->data, text_of(token));
        }
        drv_status status = still_wanted(self->host, call);
        if (status == DRV_OK)
            status = emit_volume(&volume, sink);
        if (status != DRV_OK)
            return status;
        ++emitted;
        memcpy(last, volume.id, sizeof last);
    }
    return DRV_OK;
}

/* ---- Attachments ---- */

struct attachment {
    char id[TEXT_SIZE];
    char node[TEXT_SIZE];
    char initiator[TEXT_SIZE]; /* empty: the node has none */
    bool read_only;
};

static drv_status read_attachment(const drv_call *call, const drv_attach_req *request,
                                  struct attachment *wanted) {
    if (!copy_id(request->id, wanted->id) || !copy_id(request->node_id, wanted->node))
        return bad_id(call);
    if ((request->flags & ~(uint64_t)DRV_ATTACH_READ_ONLY) != 0)
        return bad_flags(call, request->flags);
    wanted->read_only = (request->flags & DRV_ATTACH_READ_ONLY) != 0;
    wanted->initiator[0] = '\0';
    for (uint64_t i = 0; i < request->initiator_count; ++i) {
        if (equals(request->initiators[i].key, "iqn") && wanted->initiator[0] == '\0' &&
            !copy_text(request->initiators[i].value, wanted->initiator))
            return fail(call, DRV_E_INVALID, 0, "node %s has an initiator name that is none", wanted->node);
    }
    return DRV_OK;
}

/* How the host reaches the volume, and by which wwid it knows that it found the right one. */
static drv_status emit_connection(const drv_instance *self, const struct volume *volume,
                                  const drv_connection_sink *sink) {
    char portal[TEXT_SIZE + 8];
    char target[TEXT_SIZE + 32];
    (void)snprintf(portal, sizeof portal, "%s:3260", self->address);
    (void)snprintf(target, sizeof target, "iqn.2026-01.com.example:%s", self->address);
    /* An NAA name as the array would answer it to SCSI inquiry (page 0x83): here of its address and the
     * volume's number. Take what your array tells. */
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (const char *c = self->address; *c != '\0'; ++c)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    char wwid[33];
    (void)snprintf(wwid, sizeof wwid, "6%015" PRIx64 "%016" PRIx64, hash >> 4, volume->number);
    const drv_str portals[] = {text_of(portal)};
    const drv_str targets[] = {text_of(target)};
    const drv_connection connection = {.struct_size = sizeof connection,
                                       .protocol = DRV_PROTO_ISCSI,
                                       .device = text_of(""),
                                       .wwid = text_of(wwid),
                                       .lun = volume->lun,
                                       .portals = portals,
                                       .targets = targets,
                                       .portal_count = 1,
                                       .auth_user = text_of(""),
                                       .auth_secret_key = text_of("")};
    return sink->emit(sink->data, &connection);
}

static drv_status attach(drv_instance *self, const drv_call *call, const drv_attach_req *request,
                         const drv_connection_sink *sink) {
    struct attachment wanted;
    drv_status status = read_attachment(call, request, &wanted);
    if (status == DRV_OK)
        status = still_wanted(self->host, call);
    if (status != DRV_OK)
        return status;
    struct volume volume;
    if (array_find(self->array, wanted.id, &volume) != DONE)
        return no_such_volume(call, wanted.id);
    if (volume.node[0] == '\0' && wanted.initiator[0] == '\0') {
        return fail(call, DRV_E_INVALID, 0, "node %s has no iSCSI initiator name: install open-iscsi on it",
                    wanted.node);
    }
    switch (array_map(self->array, wanted.id, wanted.node, wanted.initiator, wanted.read_only, &volume)) {
    case DONE:
        break;
    case MAPPED: /* as it is wanted, or not */
        if (strcmp(volume.node, wanted.node) != 0)
            return attached_to(call, &volume);
        if (volume.read_only != wanted.read_only) {
            return fail(call, DRV_E_CONFLICT, 0, "volume %s is attached %s already: detach it first",
                        volume.id, volume.read_only ? "read-only" : "for writing");
        }
        break;
    case INITIATOR_TAKEN:
        return fail(call, DRV_E_INVALID, 0, "the initiator %s of node %s is that of node %s already",
                    wanted.initiator, wanted.node, volume.node);
    case FULL:
        return fail(call, DRV_E_NO_SPACE, 0, "node %s has no LUN left", wanted.node);
    default:
        return no_such_volume(call, wanted.id);
    }
    return emit_connection(self, &volume, sink);
}

static drv_status detach(drv_instance *self, const drv_call *call, const drv_attach_req *request) {
    struct attachment wanted;
    drv_status status = read_attachment(call, request, &wanted);
    if (status == DRV_OK)
        status = still_wanted(self->host, call);
    if (status == DRV_OK)
        array_unmap(self->array, wanted.id, wanted.node);
    return status;
}

static drv_status resolve(drv_instance *self, const drv_call *call, const drv_attach_req *request,
                          const drv_connection_sink *sink) {
    struct attachment wanted;
    const drv_status status = read_attachment(call, request, &wanted);
    if (status != DRV_OK)
        return status;
    struct volume volume;
    if (array_find(self->array, wanted.id, &volume) != DONE)
        return no_such_volume(call, wanted.id);
    if (strcmp(volume.node, wanted.node) != 0) {
        return fail(call, DRV_E_NOT_FOUND, 0, "volume %s is not attached to node %s", wanted.id, wanted.node);
    }
    return emit_connection(self, &volume, sink);
}

/* ---- What the library exports: constant data, and the one function that points to it ---- */

/* Snapshots, clones and the like: the table of an extension (drover/ext/) by its id. */
static const void *extension(drv_instance *self, drv_str id) {
    (void)self;
    (void)id;
    return NULL; /* core ops only */
}

static const drv_ops_v1 ops = {.struct_size = sizeof ops,
                               .probe = probe,
                               .capabilities = capabilities,
                               .create = create,
                               .destroy = destroy,
                               .attach = attach,
                               .detach = detach,
                               .list = list,
                               .get = get,
                               .resolve = resolve};

/* What agent.yml may hold for a backend of this driver. The agent refuses what is not declared here. */
static const drv_config_key config_keys[] = {{.name = TEXT("address"),
                                              .help = TEXT("host name or IPv4 address of the array"),
                                              .fallback = TEXT(""),
                                              .kind = DRV_KEY_STRING,
                                              .flags = DRV_KEY_REQUIRED}};

static const drv_driver_v1 driver = {.struct_size = sizeof driver,
                                     .abi_major = DRV_ABI_MAJOR,
                                     .abi_minor = DRV_ABI_MINOR,
                                     .flags = DRV_DRIVER_ISOLATE,
                                     .name = TEXT("@NAME@"),
                                     .version = TEXT(DRIVER_VERSION),
                                     .vendor = TEXT("your company"),
                                     .config_keys = config_keys,
                                     .config_key_count = sizeof config_keys / sizeof config_keys[0],
                                     .ops = &ops,
                                     .open = open_backend,
                                     .close = close_backend,
                                     .extension = extension};

const drv_driver_v1 *drv_entry_v1(void) {
    return &driver;
}
