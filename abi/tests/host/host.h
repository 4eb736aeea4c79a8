/* A host in plain C, as small as one can be: it opens one backend of one driver, and checks what it is
 * answered. Built with the headers of a released minor it is the old host that today's drivers must get along
 * with; with today's headers it is the new host for old drivers. It uses drover/ headers, libc and nothing
 * else. host.c    what a host gives a driver: the host table, calls, sinks main.c    the program: loads the
 * driver, and goes once through everything
 */
#ifndef PLAIN_HOST_H
#define PLAIN_HOST_H

#include "drover/abi.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TEXT_SIZE = 256, MAX_IDS = 64, MAX_SETTINGS = 16, CANARY_SIZE = 256 };

/* Nothing may be written behind what this host compiled. */
struct guarded_host {
    drv_host_v1 table;
    unsigned char canary[CANARY_SIZE];
};
struct guarded_caps {
    drv_caps caps;
    unsigned char canary[CANARY_SIZE];
};
void canary_fill(unsigned char canary[CANARY_SIZE]);
bool canary_lives(const unsigned char canary[CANARY_SIZE]);

struct setting {
    const char *key;
    char value[TEXT_SIZE];
};
struct settings {
    struct setting all[MAX_SETTINGS];
    size_t count;
    const drv_driver_v1 *driver; /* for the fallbacks of its keys */
};

drv_str text_of(const char *text);
bool equals(drv_str text, const char *other);

/* `settings` must outlive the host. */
void host_init(struct guarded_host *host, struct settings *settings);

/* ---- One call, and what its sinks were given ---- */

struct call {
    drv_call raw;
    drv_status failed_with; /* DRV_OK: `fail` was not called */
    char message[TEXT_SIZE];
    unsigned volumes, connections;
    bool is_well_formed; /* what was emitted had at least minor 0's fields */
    bool has_more;
    char next_page[TEXT_SIZE];
    /* The last one that was emitted; and the ids of all. */
    char id[TEXT_SIZE], parent[TEXT_SIZE], device[TEXT_SIZE], wwid[TEXT_SIZE];
    char ids[MAX_IDS][TEXT_SIZE];
    uint64_t bytes, flags, attached_count;
    uint32_t state, protocol;
};

/* A call that may take 30 s, or, with `is_late`, whose time is over. The driver gets &call->raw. */
void call_init(struct call *call, bool is_late);
drv_volume_sink volume_sink(struct call *call);
drv_connection_sink connection_sink(struct call *call);

/* ---- What was checked ---- */

extern unsigned held, broken;
void check(bool holds, const char *what);
/* An op's answer: its code, and what went with it. */
void check_answer(const struct call *call, drv_status status, drv_status wanted, const char *what);

struct backend {
    const drv_driver_v1 *driver;
    const drv_ops_v1 *ops;
    drv_instance *self;
};
void go_round(const struct backend *backend);

#endif
