/* The parts of the `cfile` driver. It is a whole driver in plain C: volumes are sparse files in one folder,
 * seen through loop devices. It uses drover/abi.h, libc and Linux headers and nothing else, so it can be read
 * (and copied) as an example:
 *   cfile.c        what every driver has: the descriptor, open and close, the ops about volumes
 *   attachments.c  the ops about attachments
 *   call.c         what every driver needs: failures in words, checks of the host's text, ending in time
 *   images.c       this backend's side: the files, and one small record beside each
 *   loops.c        this backend's way to a device; a driver for an array has nothing like it: its host
 * connects
 */
#ifndef CFILE_H
#define CFILE_H

#include "drover/abi.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ID_SIZE = 129, TEXT_SIZE = 256, DEVICE_SIZE = 32 }; /* with the '\0' */

/* Everything an open backend needs. Not changed between open and close, so ops need no lock for it. */
struct drv_instance {
    const drv_host_v1 *host;
    int folder;
};

/* A volume: what its record holds, and what its image tells. */
struct volume {
    char id[ID_SIZE];
    char name[TEXT_SIZE];
    char node[TEXT_SIZE]; /* attached to; empty: to none */
    bool is_read_only;    /* how it is attached */
    uint64_t bytes;
    uint64_t created_unix_ns;
    uint64_t used_bytes;
    uint64_t device, inode; /* which file the image is: a loop device tells the same of its file */
};

/* What stopped a part of an op; error 0: nothing did. Which code the host gets for it is decided in call.c.
 */
struct problem {
    int error;          /* an errno. EBADMSG: a damaged record; ECANCELED: the call ended */
    const char *doing;  /* "cannot write the record" */
    bool state_unknown; /* it may have happened all the same */
};

static inline struct problem trouble(const char *doing, int error) {
    const struct problem result = {error, doing, false};
    return result;
}
static inline struct problem no_trouble(void) {
    return trouble("", 0);
}

/* ---- attachments.c: three of the ops; the others are in cfile.c ---- */

drv_status attach(drv_instance *self, const drv_call *call, const drv_attach_req *request,
                  const drv_connection_sink *sink);
drv_status detach(drv_instance *self, const drv_call *call, const drv_attach_req *request);
drv_status resolve(drv_instance *self, const drv_call *call, const drv_attach_req *request,
                   const drv_connection_sink *sink);

/* ---- call.c ---- */

drv_str text_of(const char *text);
bool equals(drv_str text, const char *other);
/* Copy the host's text; false when it cannot be taken: too long, empty (an id), no UTF-8, control characters.
 */
bool copy_text(drv_str from, char to[TEXT_SIZE]);
bool copy_id(drv_str from, char to[ID_SIZE]);

drv_status fail(const drv_call *call, drv_status code, uint64_t flags, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
drv_status fail_with(const drv_instance *self, const drv_call *call, const char *subject,
                     struct problem problem);
/* DRV_OK, or the failure to return because the call was cancelled or its deadline is over. */
drv_status still_wanted(const drv_instance *self, const drv_call *call);
/* Waits for a few milliseconds, or less when the call ends; false: it ended. */
bool wait_a_little(const drv_call *call);

drv_status bad_id(const drv_call *call);
drv_status bad_flags(const drv_call *call, uint64_t flags);
drv_status no_such_volume(const drv_call *call, const char *id);
/* images_lock for an op on `id`, unless the op is no longer wanted. */
drv_status lock_volume(const drv_instance *self, const drv_call *call, const char *id, int *fd);

/* ---- images.c ---- */

struct problem images_open(const char *path, int *folder);
struct problem images_check(int folder);
struct problem images_space(int folder, uint64_t *total_bytes, uint64_t *free_bytes);
/* Keeps every other op that changes something out, of all processes; close(*lock) lets them in. */
struct problem images_lock(int folder, const drv_call *call, int *lock);
/* ENOENT: there is no such volume. EBADMSG: there is, but only its id is known. */
struct problem images_load(int folder, const char *id, struct volume *volume);
/* A new image of volume->bytes and its record; fills in the rest of `volume`. */
struct problem images_create(int folder, struct volume *volume);
struct problem images_store(int folder, const struct volume *volume);
/* Absent: nothing to do, but what an interrupted removal left is removed too. */
struct problem images_remove(int folder, const char *id);
struct problem images_open_image(int folder, const struct volume *volume, int *image);
/* All ids, sorted. The caller frees *ids. */
struct problem images_list(int folder, char (**ids)[ID_SIZE], size_t *count);

/* ---- loops.c: the caller holds the lock ---- */

/* The device that is bound to the volume's image now. ENOENT: none is. Needs no lock. */
struct problem loops_find(const struct volume *volume, char device[DEVICE_SIZE]);
struct problem loops_bind(const drv_call *call, const struct volume *volume, int image,
                          char device[DEVICE_SIZE]);
/* Flushes the volume's device and takes the image off it. EBUSY: somebody has it open. */
struct problem loops_release(const drv_call *call, const struct volume *volume);

#endif
