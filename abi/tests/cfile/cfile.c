/* The driver proper: what the host calls. Each op checks what it was given, asks whether it is still wanted,
 * and, when it changes something, takes the lock around the part that does. Mutating ops may be repeated by
 * the host at any time, also after a crash in the middle: each one finds out what is there and does the rest.
 */
#include "abi/tests/cfile/cfile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The texts of the descriptor must be constants: drv_entry_v1 computes nothing. */
#define TEXT(literal)                                                                                        \
    { (literal), sizeof(literal) - 1 }

static const uint64_t unit_bytes = 4096;
static const uint64_t max_bytes = UINT64_C(1)
                                  << 43; /* 8 TiB, what ext4 takes in one file with room to spare */
static const char token_head[] = "after:";

/* ---- open and close ---- */

static drv_status open_backend(const drv_host_v1 *host, const drv_call *call, drv_instance **out) {
    drv_str folder;
    if (host->config(host, text_of("folder"), &folder) != DRV_OK)
        return fail(call, DRV_E_INVALID, 0, "configuration key \"folder\" is missing");
    if (folder.data[0] != '/' || strlen(folder.data) != folder.len) {
        return fail(call, DRV_E_INVALID, 0,
                    "configuration key \"folder\" is \"%s\"; expected an absolute path", folder.data);
    }
    drv_instance *self = malloc(sizeof *self);
    if (self == NULL)
        return fail(call, DRV_E_INTERNAL, 0, "out of memory");
    self->host = host;
    self->folder = -1;
    drv_status status = still_wanted(self, call);
    if (status == DRV_OK) {
        const struct problem problem = images_open(folder.data, &self->folder);
        if (problem.error != 0)
            status = fail_with(self, call, folder.data, problem);
    }
    if (status != DRV_OK) {
        free(self);
        return status;
    }
    *out = self;
    return DRV_OK;
}

static void close_backend(drv_instance *self) {
    (void)close(self->folder);
    free(self);
}

/* The record lives on this stack: the host copies what it wants during emit. */
static drv_status emit(const struct volume *volume, bool is_damaged, const drv_volume_sink *sink) {
    const drv_str node = text_of(volume->node);
    const drv_kv problem = {text_of("problem"), text_of("its record or its image is damaged")};
    const drv_volume record = {.struct_size = sizeof record,
                               .state = is_damaged ? DRV_VOLUME_FAULTED : DRV_VOLUME_READY,
                               .id = text_of(volume->id),
                               .name = text_of(volume->name),
                               .backend_id = text_of(volume->id),
                               .pool = text_of(""),
                               .profile = text_of(""),
                               .parent = text_of(""),
                               .bytes = volume->bytes,
                               .used_bytes = is_damaged ? DRV_UNKNOWN : volume->used_bytes,
                               .created_unix_ns = is_damaged ? DRV_UNKNOWN : volume->created_unix_ns,
                               .attached_nodes = &node,
                               .attached_count = node.len > 0 ? 1 : 0,
                               .attrs = &problem,
                               .attr_count = is_damaged ? 1 : 0};
    return sink->emit(sink->data, &record);
}

/* ---- The backend ---- */

static drv_status probe(drv_instance *self, const drv_call *call) {
    const drv_status ended = still_wanted(self, call);
    if (ended != DRV_OK)
        return ended;
    const struct problem problem = images_check(self->folder);
    return problem.error == 0 ? DRV_OK : fail_with(self, call, "the backend cannot be used", problem);
}

static drv_status capabilities(drv_instance *self, const drv_call *call, drv_caps *caps) {
    uint64_t total_bytes = 0;
    uint64_t free_bytes = 0;
    const struct problem problem = images_space(self->folder, &total_bytes, &free_bytes);
    if (problem.error != 0)
        return fail_with(self, call, "the backend cannot be used", problem);
    /* All of these are of minor 0, so every host has room for them. A later field would be written only
     * `if (DRV_HAS(caps, drv_caps, that_field))`. */
    caps->protocols = UINT64_C(1) << DRV_PROTO_LOCAL;
    caps->flags = DRV_CAP_THIN | DRV_CAP_ZEROED;
    caps->min_bytes = unit_bytes;
    caps->max_bytes = max_bytes;
    caps->granularity_bytes = unit_bytes;
    caps->total_bytes = total_bytes;
    caps->free_bytes = free_bytes;
    return DRV_OK;
}

/* ---- Volumes ---- */

static drv_status create_locked(const drv_instance *self, const drv_call *call, struct volume *wanted,
                                const drv_volume_sink *sink) {
    struct volume there;
    struct problem problem = images_load(self->folder, wanted->id, &there);
    if (problem.error == 0) {
        if (there.bytes != wanted->bytes) {
            return fail(call, DRV_E_EXISTS, 0,
                        "volume %s exists already: it has %" PRIu64 " bytes, not %" PRIu64, wanted->id,
                        there.bytes, wanted->bytes);
        }
        return emit(&there, false, sink);
    }
    if (problem.error == ENOENT)
        problem = images_create(self->folder, wanted);
    return problem.error == 0 ? emit(wanted, false, sink) : fail_with(self, call, wanted->id, problem);
}

static drv_status create(drv_instance *self, const drv_call *call, const drv_create_req *request,
                         const drv_volume_sink *sink) {
    struct volume wanted;
    memset(&wanted, 0, sizeof wanted);
    if (!copy_id(request->id, wanted.id))
        return bad_id(call);
    if (request->flags != 0)
        return bad_flags(call, request->flags);
    if (!copy_text(request->name, wanted.name)) {
        return fail(call, DRV_E_INVALID, 0,
                    "a name has at most %d bytes of UTF-8, without control characters", TEXT_SIZE - 1);
    }
    if (request->pool.len > 0 || request->profile.len > 0)
        return fail(call, DRV_E_INVALID, 0, "this backend has neither pools nor profiles");
    if (request->bytes == 0 || request->bytes > max_bytes) {
        return fail(call, DRV_E_INVALID, 0, "a volume has 1 to %" PRIu64 " bytes, not %" PRIu64, max_bytes,
                    request->bytes);
    }
    wanted.bytes = (request->bytes + unit_bytes - 1) / unit_bytes * unit_bytes;
    int fd = -1;
    drv_status status = lock_volume(self, call, wanted.id, &fd);
    if (status == DRV_OK) {
        status = create_locked(self, call, &wanted, sink);
        (void)close(fd);
    }
    return status;
}

static drv_status destroy_locked(const drv_instance *self, const drv_call *call, const char *id) {
    struct volume volume;
    struct problem problem = images_load(self->folder, id, &volume);
    if (problem.error != 0 && problem.error != ENOENT)
        return fail_with(self, call, id, problem);
    if (problem.error == 0 && volume.node[0] != '\0')
        return fail(call, DRV_E_CONFLICT, 0, "volume %s is attached to node %s", id, volume.node);
    problem = images_remove(self->folder, id);
    return problem.error == 0 ? DRV_OK : fail_with(self, call, id, problem);
}

static drv_status destroy(drv_instance *self, const drv_call *call, drv_str volume_id, uint64_t flags) {
    char id[ID_SIZE];
    if (!copy_id(volume_id, id))
        return bad_id(call);
    if (flags != 0)
        return bad_flags(call, flags);
    int fd = -1;
    drv_status status = lock_volume(self, call, id, &fd);
    if (status == DRV_OK) {
        status = destroy_locked(self, call, id);
        (void)close(fd);
    }
    return status;
}

static drv_status get(drv_instance *self, const drv_call *call, drv_str volume_id,
                      const drv_volume_sink *sink) {
    char id[ID_SIZE];
    if (!copy_id(volume_id, id))
        return bad_id(call);
    struct volume volume;
    const struct problem problem = images_load(self->folder, id, &volume);
    if (problem.error == ENOENT)
        return no_such_volume(call, id);
    if (problem.error != 0 && problem.error != EBADMSG)
        return fail_with(self, call, id, problem);
    return emit(&volume, problem.error == EBADMSG, sink);
}

/* The token names the last volume of the page, so it never goes stale. */
static drv_status list_from(const drv_instance *self, const drv_call *call, char (*ids)[ID_SIZE],
                            size_t count, const char *after, uint64_t max_entries,
                            const drv_volume_sink *sink) {
    uint64_t emitted = 0;
    for (size_t i = 0; i < count; ++i) {
        if (strcmp(ids[i], after) <= 0)
            continue;
        if (max_entries != 0 && emitted == max_entries) {
            char token[sizeof token_head + ID_SIZE];
            (void)snprintf(token, sizeof token, "%s%s", token_head, ids[i - 1]);
            return sink->next_page(sink->data, text_of(token));
        }
        drv_status status = still_wanted(self, call);
        if (status != DRV_OK)
            return status;
        struct volume volume;
        const struct problem problem = images_load(self->folder, ids[i], &volume);
        if (problem.error == ENOENT)
            continue; /* destroyed since the folder was read */
        if (problem.error != 0 && problem.error != EBADMSG)
            return fail_with(self, call, ids[i], problem);
        status = emit(&volume, problem.error == EBADMSG, sink);
        if (status != DRV_OK)
            return status;
        ++emitted;
    }
    return DRV_OK;
}

static drv_status list(drv_instance *self, const drv_call *call, const drv_list_req *request,
                       const drv_volume_sink *sink) {
    if (request->flags != 0)
        return bad_flags(call, request->flags);
    char after[ID_SIZE] = "";
    if (request->page_token.len > 0) {
        const size_t head = sizeof token_head - 1;
        const drv_str token = request->page_token;
        const drv_str id = {token.data + head, token.len - head};
        if (token.len <= head || memcmp(token.data, token_head, head) != 0 || !copy_id(id, after))
            return fail(call, DRV_E_INVALID, 0, "the page token is not one of this driver: start again");
    }
    char(*ids)[ID_SIZE] = NULL;
    size_t count = 0;
    const struct problem problem = images_list(self->folder, &ids, &count);
    const drv_status status = problem.error == 0
                                  ? list_from(self, call, ids, count, after, request->max_entries, sink)
                                  : fail_with(self, call, "the volumes", problem);
    free(ids);
    return status;
}

/* ---- What the library exports: constant data, and the one function that points to it ---- */

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

static const drv_config_key config_keys[] = {
    {.name = TEXT("folder"),
     .help = TEXT("absolute path of the folder that holds the volumes"),
     .fallback = TEXT(""),
     .kind = DRV_KEY_STRING,
     .flags = DRV_KEY_REQUIRED}};

#ifndef CFILE_VERSION /* tests build later ones */
#define CFILE_VERSION "1.0"
#endif

static const drv_driver_v1 driver = {.struct_size = sizeof driver,
                                     .abi_major = DRV_ABI_MAJOR,
                                     .abi_minor = DRV_ABI_MINOR,
                                     .name = TEXT("cfile"),
                                     .version = TEXT(CFILE_VERSION),
                                     .vendor = TEXT("Drover's test tree"),
                                     .config_keys = config_keys,
                                     .config_key_count = sizeof config_keys / sizeof config_keys[0],
                                     .ops = &ops,
                                     .open = open_backend,
                                     .close = close_backend,
                                     .extension = extension};

const drv_driver_v1 *drv_entry_v1(void) {
    return &driver;
}
