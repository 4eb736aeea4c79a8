/* The Drover storage driver ABI, major 1: everything a driver must implement.
 *
 * A driver is one shared object, `<backend name>.so`, that exports exactly one symbol, `drv_entry_v1`.
 * The headers below are C11 and C++20 and depend on nothing but <stddef.h> and <stdint.h>. Read them in
 * this order; optional parts of the ABI are in drover/ext/, one header each.
 *
 * THREADS. Every function says who may call it:
 *   [scan]       any thread, once per load; no side effects, under 100 ms
 *   [lifecycle]  one thread; no op of that instance is running
 *   [op]         host worker threads, in parallel, unless the driver set DRV_DRIVER_SERIAL. The host never
 *                runs two mutating ops on one volume id; list, get, probe and resolve run beside anything.
 *                After an agent restart that promise can be broken once: answer DRV_E_CONFLICT, retryable
 *   [in-call]    any thread that works for that call, until the op returns; never after
 *   [any]        any thread of the driver, from the start of open to the return of close; never from a
 *                signal handler
 * The host never calls a driver while it holds a lock that a host service could need.
 *
 * OWNERSHIP. Arguments live until the callee returns. Results are handed to a sink and copied there. What
 * the descriptor points to is constant while the library is loaded; what `config` returns lives until
 * close. No memory is ever freed across the border.
 *
 * PROCESS STATE is the host's. A driver does not touch the environment, locale, umask, directory, signals,
 * rlimits, stdin, stdout or stderr, does not call exit, and does not fork without exec. No exception and
 * no longjmp crosses the border.
 *
 * GROWTH. A struct that starts with `struct_size` may gain fields at its end in a later minor; its reader
 * asks DRV_HAS before it reads a field newer than minor 0. Fields named `reserved` are written as 0 and not
 * read. Unknown status codes mean DRV_E_INTERNAL, unknown volume states DRV_VOLUME_FAULTED, unknown
 * protocols: the connection is skipped, unknown request flags: the driver answers DRV_E_INVALID.
 */
#ifndef DROVER_ABI_H
#define DROVER_ABI_H

#include "drover/abi/call.h"
#include "drover/abi/driver.h"
#include "drover/abi/host.h"
#include "drover/abi/types.h"
#include "drover/abi/version.h"
#include "drover/abi/volume.h"

#endif
