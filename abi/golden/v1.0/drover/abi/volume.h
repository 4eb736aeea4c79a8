/* Volumes, connections, capabilities, and the requests and sinks that carry them.
 *
 * Identity. The host gives every volume, snapshot and group an id, a UUID in its 36 character lower-case
 * form, and finds it again by that id alone: a driver keeps the id on the backend (in the object's name or
 * its metadata), so that another agent that shares only the backend finds the same volume. Ids are compared
 * byte for byte. Volumes and snapshots have ids of their own kind: to an op about volumes a snapshot's id is
 * one that does not exist. `name` is what people call it (at most 255 bytes, need not be unique); a driver
 * keeps it where the backend has room and reports it as it was given, or empty.
 *
 * Node ids are the host's too, 1 to 255 bytes: what a driver gets as node_id it reports as node_id.
 *
 * Sizes are in bytes. */
#ifndef DROVER_ABI_VOLUME_H
#define DROVER_ABI_VOLUME_H

#include "drover/abi/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Records. Read by pointer, one at a time; never an array of these. ---- */

/* A volume, or, with DRV_VOLUME_SNAPSHOT set, a snapshot of one. */
typedef struct drv_volume {
    uint32_t struct_size;
    uint32_t state;     /* DRV_VOLUME_READY ...; after create, clone and the like: READY */
    uint64_t flags;     /* DRV_VOLUME_SNAPSHOT | DRV_VOLUME_WRITE_PROTECTED */
    drv_str id;         /* the host's id; empty for an object it does not manage */
    drv_str name;       /* as given at create; may be empty */
    drv_str backend_id; /* the backend's own durable id; never empty, never reused while the object exists */
    drv_str pool;       /* where it lies; may be empty */
    drv_str profile;    /* the profile it has; empty: none */
    drv_str parent; /* snapshot: its volume's id. Volume: the snapshot or volume it was made from (which may
                       be gone since), or empty */
    uint64_t bytes; /* what the device shows; 0 only while it is not READY */
    uint64_t used_bytes;           /* what it takes on the backend, or DRV_UNKNOWN */
    uint64_t created_unix_ns;      /* nanoseconds since 1970 UTC, or DRV_UNKNOWN */
    const drv_str *attached_nodes; /* the nodes it is attached to, by the backend's own record, whoever asks;
                                      decides "attached elsewhere". A node that the backend knows and the host
                                      does not is named as the backend names it, never left out */
    uint64_t attached_count;
    const drv_kv *attrs; /* anything else worth showing to people */
    uint64_t attr_count;
} drv_volume;

enum {
    DRV_VOLUME_READY = 1,
    DRV_VOLUME_CREATING = 2, /* being made or filled; it becomes READY, or vanishes */
    DRV_VOLUME_DELETING = 3, /* being removed; it vanishes */
    DRV_VOLUME_FAULTED = 4   /* the backend cannot serve it; an attribute "problem" says why */
};
enum {
    DRV_VOLUME_SNAPSHOT = 1,
    DRV_VOLUME_WRITE_PROTECTED = 2 /* no node may write to it as it is now */
};

/* Enough for the node's connector to find exactly one device and to prove that it is the right one. */
typedef struct drv_connection {
    uint32_t struct_size;
    uint32_t protocol;       /* DRV_PROTO_* */
    drv_str device;          /* DRV_PROTO_LOCAL: the device's path under /dev; empty otherwise */
    drv_str wwid;            /* what the found device must answer, see below; never empty */
    uint64_t lun;            /* DRV_PROTO_ISCSI, DRV_PROTO_FC: the LUN, 0 to 16383; otherwise 0 */
    const drv_str *portals;  /* "address:port", "[v6 address]:port"; empty text for FC. portals[i] belongs to
                                targets[i]; name all that lead to the volume, working or not at this moment */
    const drv_str *targets;  /* IQN, WWPN (16 lower-case hex digits) or subsystem NQN */
    uint64_t portal_count;   /* of both; DRV_PROTO_LOCAL: 0 */
    drv_str auth_user;       /* CHAP user; empty: no CHAP */
    drv_str auth_secret_key; /* the NAME of the configuration key that holds the secret, never its value */
    const drv_kv *attrs;
    uint64_t attr_count;
} drv_connection;

/* wwid, by protocol; the same on every node for the life of the volume (LOCAL: until it is reverted). ISCSI
 * and FC: page 0x83 NAA or EUI, lower-case hex without prefix. NVME_TCP: the namespace's UUID (36 characters,
 * lower-case) or NGUID (32 lower-case hex digits). LOCAL: "loop:<st_dev hex>:<st_ino hex>" of the backing
 * file for a loop device (LOOP_GET_STATUS64 lo_device and lo_inode), else "dm:<dm/uuid>" or "serial:<the
 * device's serial or wwid in sysfs>". */
enum { DRV_PROTO_LOCAL = 1, DRV_PROTO_ISCSI = 2, DRV_PROTO_FC = 3, DRV_PROTO_NVME_TCP = 4 };

/* What the backend can do. The host zeroes it and sets struct_size; the driver fills what fits in it and
 * leaves struct_size alone. All but the free and total bytes stays the same while the backend is open. */
typedef struct drv_caps {
    uint32_t struct_size, reserved;
    uint64_t protocols;         /* OR of 1 << DRV_PROTO_* */
    uint64_t flags;             /* DRV_CAP_* */
    uint64_t min_bytes;         /* the smallest volume, a multiple of granularity_bytes; at least 1 */
    uint64_t max_bytes;         /* the largest, a multiple of granularity_bytes, or DRV_UNKNOWN */
    uint64_t granularity_bytes; /* sizes are rounded up to a multiple of it; at least 1 */
    uint64_t total_bytes;       /* of the backend, or DRV_UNKNOWN */
    uint64_t free_bytes;        /* of the backend, or DRV_UNKNOWN */
} drv_caps;

enum {
    DRV_CAP_THIN = 1,          /* space is taken when written */
    DRV_CAP_MULTI_ATTACH = 2,  /* one volume may be attached to several nodes at a time */
    DRV_CAP_ONLINE_EXTEND = 4, /* extend works while attached */
    DRV_CAP_ZEROED = 8         /* a new volume, and what extend adds, reads as zero everywhere */
};

/* ---- Sinks. The host copies during emit, so the record may be on the driver's stack. ---- */

typedef struct drv_volume_sink {
    uint32_t struct_size, reserved;
    void *data;                                         /* the host's own, first argument of both */
    drv_status (*emit)(void *data, const drv_volume *); /* [in-call] not DRV_OK: stop and return that code */
    drv_status (*next_page)(void *data, drv_str token); /* [in-call] at most once, last, by ops that page:
                                                           there is more. `token` is not empty and not the one
                                                           the page was asked for with. Returns as emit */
} drv_volume_sink;

typedef struct drv_connection_sink {
    uint32_t struct_size, reserved;
    void *data;
    drv_status (*emit)(void *data, const drv_connection *); /* [in-call] as above; once per op */
} drv_connection_sink;

/* ---- Requests ---- */

/* A flag bit the driver does not know: DRV_E_INVALID, so that it can mean something one day. */

typedef struct drv_create_req {
    uint32_t struct_size, reserved;
    uint64_t flags;      /* no bits are defined for create; for clones see drover/ext/ */
    uint64_t bytes;      /* at least so many; the driver rounds up to its granularity and to min_bytes. For a
                            clone: 0 means the source's size */
    drv_str id;          /* the new volume's id */
    drv_str name;        /* what people call it; may be empty */
    drv_str pool;        /* empty: the driver's choice */
    drv_str profile;     /* a name of drv.profiles/1; empty: none */
    const drv_kv *attrs; /* wishes beyond these, by keys that the driver's own documents name; a value it does
                            not take: DRV_E_INVALID. They are no part of the shape that create compares */
    uint64_t attr_count;
} drv_create_req;

typedef struct drv_attach_req {
    uint32_t struct_size, reserved;
    uint64_t flags;           /* DRV_ATTACH_READ_ONLY; detach and resolve accept it and act as without it */
    drv_str id;               /* the volume */
    drv_str node_id;          /* the node; detach and resolve act on this node's attachment only */
    const drv_kv *initiators; /* of the node, as its programs and sysfs tell them: "iqn", "wwpn" (16
                                 lower-case hex digits; may repeat), "nqn". May be missing at detach and
                                 resolve, for instance when the node is gone: node_id decides */
    uint64_t initiator_count;
} drv_attach_req;
enum { DRV_ATTACH_READ_ONLY = 1 /* the backend, or the device it gives, takes no writes of this node */ };

typedef struct drv_list_req {
    uint32_t struct_size, reserved;
    uint64_t flags;       /* no bits are defined */
    uint64_t max_entries; /* at most so many in this page; 0: the driver's choice */
    drv_str page_token;   /* as next_page gave it; empty: from the start. It need not outlive the instance */
} drv_list_req;

#ifdef __cplusplus
}
#endif
#endif
