/* What a driver gives the host: a constant descriptor, one mandatory table of ops, and extensions by id. */
#ifndef DROVER_ABI_DRIVER_H
#define DROVER_ABI_DRIVER_H

#include "drover/abi/call.h"
#include "drover/abi/host.h"
#include "drover/abi/volume.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct drv_instance drv_instance; /* one open backend; the driver's own */

/* All [op]; all slots of minor 0 are mandatory. Codes are written without DRV_E_. Every op may also answer
 * INTERNAL, AUTH, UNREACHABLE, DEADLINE and CANCELLED; INVALID for text that is no id (1 to 255 bytes), not
 * UTF-8, or too long for the backend, and for flag bits that are not defined; and, where it changes
 * something, CONFLICT, retryable, while the volume is busy with another op, is CREATING or DELETING, and
 * CONFLICT while it is FAULTED. An op that emits once emits before it returns OK, and only then. Every
 * mutating op is safe to repeat with the same arguments, also when the first try ended in the middle, in
 * another process. These rules hold for extensions too. */
typedef struct drv_ops_v1 {
    uint32_t struct_size, reserved;

    /* Is the backend there and are our credentials good? Changes nothing. */
    drv_status (*probe)(drv_instance *, const drv_call *);

    /* Fills the caps. Cheap; may ask the backend for its free space. Changes nothing. The host keeps all but
     * the free and total bytes as long as the backend is open. */
    drv_status (*capabilities)(drv_instance *, const drv_call *, drv_caps *);

    /* Makes a volume and emits it once, ready to be attached. The same id with the same profile, pool and
     * rounded-up size again: emits the one that exists, with the name it has. EXISTS: the id
     * exists in another shape, or was made as a clone; the message says what differs. INVALID: size 0 or over
     * max_bytes, unknown profile or pool. NO_SPACE. After STATE_UNKNOWN the host calls get. */
    drv_status (*create)(drv_instance *, const drv_call *, const drv_create_req *, const drv_volume_sink *);

    /* Removes a volume and its data. Absent: OK. CONFLICT: attached to any node, is in a group, has
     * snapshots, or has clones that need it; the message says which. No flag bits are defined. The id may be
     * used again at once. */
    drv_status (*destroy)(drv_instance *, const drv_call *, drv_str id, uint64_t flags);

    /* Lets req->node_id reach the volume and emits the connection once. Attached to that node already: the
     * same connection again, or CONFLICT when the flags differ. NOT_FOUND: no such volume. CONFLICT: attached
     * to another node and not multi-attach; the message names it. INVALID: the node has no initiator that the
     * backend's protocols need, or another node has it. UNSUPPORTED: DRV_ATTACH_READ_ONLY on a backend
     * without such attachments. The driver acts on the backend only: the host connects the device (except
     * DRV_PROTO_LOCAL, where the device is there when attach returns). */
    drv_status (*attach)(drv_instance *, const drv_call *, const drv_attach_req *,
                         const drv_connection_sink *);

    /* Takes away that node's access, and no other's. Not attached there, or no such volume: OK. The host has
     * let go of the device before. CONFLICT, retryable: the device is still open on this node
     * (DRV_PROTO_LOCAL). After DEADLINE with STATE_UNKNOWN the host calls resolve. */
    drv_status (*detach)(drv_instance *, const drv_call *, const drv_attach_req *);

    /* Emits every managed volume, in any order, a page at a time. Rows may repeat across pages; a volume that
     * does not change during the listing is never lost. A page token that went stale, or is none: INVALID,
     * and the host starts again. A sink that answers DRV_E_STOPPED ends the op, which returns it. No
     * snapshots; see drv.snapshot/1. */
    drv_status (*list)(drv_instance *, const drv_call *, const drv_list_req *, const drv_volume_sink *);

    /* Emits one volume, once, in whatever state. O(1) at the backend: never by listing. Changes nothing.
     * NOT_FOUND is an answer: it is certain that the volume does not exist. */
    drv_status (*get)(drv_instance *, const drv_call *, drv_str id, const drv_volume_sink *);

    /* Emits the connection of an attached volume, as attach did. Changes nothing. NOT_FOUND: not attached to
     * req->node_id, or no such volume; also where the node lost a DRV_PROTO_LOCAL device by a reboot: attach
     * makes it again. */
    drv_status (*resolve)(drv_instance *, const drv_call *, const drv_attach_req *,
                          const drv_connection_sink *);
} drv_ops_v1;

typedef struct drv_driver_v1 {
    uint32_t struct_size;
    uint16_t abi_major, abi_minor; /* DRV_ABI_MAJOR, and the minor it was compiled with */
    uint64_t flags;                /* DRV_DRIVER_* */
    drv_str name;                  /* the file's stem: ^[a-z][a-z0-9_-]{0,62}$ */
    drv_str version, vendor;       /* for people; not empty */
    const drv_config_key *config_keys;
    uint64_t config_key_count;
    const drv_ops_v1 *ops;

    /* [lifecycle] Makes an instance for one backend. May block until the call's deadline. Need not reach the
     * backend: one that is down may as well open, and answer UNREACHABLE from its ops. INVALID: a
     * configuration value that cannot work; the message names the key. UNSUPPORTED: this host or this backend
     * is too old; the message says which version is needed. On failure *out is not read and nothing of the
     * attempt stays: no thread, descriptor or lock. The host pointer is valid until close returns. */
    drv_status (*open)(const drv_host_v1 *, const drv_call *, drv_instance **out);

    /* [lifecycle] Ends it: joins every thread the driver started, closes what it opened, within 10 s. Cannot
     * fail. Volumes and attachments stay as they are. */
    void (*close)(drv_instance *);

    /* [op] The table of an extension ("drv.snapshot/1"), or NULL for an id the driver does not offer,
     * exactly: no prefix, no trailing text. Fixed once open has returned; the host caches it. Vendor ids
     * start with a reversed domain. */
    const void *(*extension)(drv_instance *, drv_str id);
} drv_driver_v1;

enum {
    DRV_DRIVER_SERIAL = 1, /* one op at a time per instance */
    DRV_DRIVER_ISOLATE = 2 /* wants a process of its own */
};

/* The one exported symbol. [scan] Returns constant data: no threads, files, sockets or host calls; the same
 * pointer every time. */
typedef const drv_driver_v1 *(*drv_entry_v1_fn)(void);
DRV_EXPORT const drv_driver_v1 *drv_entry_v1(void);

#ifdef __cplusplus
}
#endif
#endif
