/* drv.exec/1: a host service. Runs one program to its end, without fork in the driver's code. since 1.0
 *
 * For drivers of what only has a command line, such as LVM and ZFS. No shell is between: arguments arrive as
 * they are. The program runs as the user that the driver's code runs as, in a session of its own, in "/",
 * with no descriptor but 0, 1 and 2, with the default signals; where the driver has a process of its own
 * (isolation) also without new privileges, so that a set-user-id bit gives it nothing. What is left of its
 * session is killed before `run` returns.
 *
 * `host->service(host, DRV_SERVICE_EXEC)` gives the table, which lives until close returns. `run` is given
 * that same host. */
#ifndef DROVER_EXT_EXEC_H
#define DROVER_EXT_EXEC_H

#include "drover/abi/call.h"
#include "drover/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRV_SERVICE_EXEC "drv.exec/1"

/* Text without NUL bytes, all but `input`. */
typedef struct drv_exec_req {
    uint32_t struct_size, reserved;
    uint64_t flags;           /* no bits are defined; an unknown bit: DRV_E_INVALID */
    drv_str program;          /* an absolute path; also the program's argv[0] */
    const drv_str *arguments; /* argv[1] and so on; at most 4096. People can see them: never a secret */
    uint64_t argument_count;
    const drv_kv *environment; /* all it has besides LANG=C.UTF-8 and a PATH of the system's folders, which
                                  may be named here too; at most 4096 */
    uint64_t environment_count;
    drv_str input; /* any bytes, what it reads from its standard input; then that ends */
} drv_exec_req;

enum { DRV_EXEC_STDOUT = 1, DRV_EXEC_STDERR = 2 };

typedef struct drv_exec_sink {
    uint32_t struct_size, reserved;
    void *data;
    /* [in-call] On the thread that called `run`: the next piece of what the program wrote to `stream`
     * (DRV_EXEC_STDOUT, DRV_EXEC_STDERR), any bytes, at least one, cut anywhere. The bytes live until it
     * returns. Pieces of one stream come in order. Not DRV_OK: the program is killed, and `run` returns that
     * code. */
    drv_status (*output)(void *data, uint32_t stream, drv_str bytes);
} drv_exec_sink;

enum {
    DRV_EXEC_EXITED = 1, /* code: its exit status, 0 to 255 */
    DRV_EXEC_KILLED = 2  /* code: the number of the signal, by whoever sent it */
};

typedef struct drv_exec_end {
    uint32_t struct_size;
    uint32_t how; /* DRV_EXEC_EXITED or DRV_EXEC_KILLED; 0 when it did not come to its end */
    uint64_t code;
} drv_exec_end;

typedef struct drv_exec_v1 {
    uint32_t struct_size, reserved;

    /* [in-call] Runs the program and waits for its end. The driver zeroes *end and sets struct_size. OK: it
     * ended by itself, well or not, as *end tells. NOT_FOUND: there is no such file. INVALID: the path is not
     * absolute, a text has a NUL byte, an unknown flag, too many texts, or the file cannot be run. DEADLINE,
     * CANCELLED: the call ended first; the program and all of its session were killed, and what it has done
     * so far is done. Otherwise what the sink answered, or INTERNAL. `fail` of the call is not called: what
     * the op says is the driver's business. A call whose time is over when `run` begins starts nothing. */
    drv_status (*run)(const drv_host_v1 *, const drv_call *, const drv_exec_req *, const drv_exec_sink *,
                      drv_exec_end *end);
} drv_exec_v1;

#ifdef __cplusplus
}
#endif
#endif
