/* The Drover storage driver ABI, major 1: everything a driver must implement.
 *
 * A driver is one shared object, `<backend name>.so`, that exports exactly one symbol, `drv_entry_v1`.
 * The headers below are C11 and C++20 and depend on nothing but <stddef.h> and <stdint.h>. Read them in
 * this order: version.h, types.h, call.h, volume.h, host.h, driver.h. Optional parts of the ABI are in
 * drover/ext/, one header each. All of it is since 1.0 where a comment does not say otherwise.
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
 * The host never calls a driver while it holds a lock that a host service could need, so a driver may call
 * services from any op. Tables that a driver gets from the host may be called by several threads at a time.
 *
 * OWNERSHIP. Arguments live until the callee returns. Results are handed to a sink and copied there. What
 * the descriptor and extension tables point to is constant while the library is loaded; what `config`
 * returns lives until close. No memory is ever freed across the border. Pointers to structs and tables are
 * never NULL, slots that a comment calls mandatory neither; an array may be NULL when its count is 0.
 *
 * PROCESS STATE is the host's. A driver does not touch the environment, locale, umask, directory, signals,
 * rlimits, stdin, stdout or stderr, does not call exit, and does not fork without exec. No exception and
 * no longjmp crosses the border.
 *
 * GROWTH. A struct that starts with `struct_size` may gain fields at its end in a later minor; its reader
 * asks DRV_HAS before it reads a field newer than minor 0. Its writer sets struct_size to its own sizeof.
 * Fields named `reserved` are written as 0 and not read. Types without `struct_size` are frozen.
 * Unknown status codes mean DRV_E_INTERNAL, unknown volume states DRV_VOLUME_FAULTED, unknown protocols: the
 * connection is skipped, unknown request flags: the driver answers DRV_E_INVALID and changes nothing. Unknown
 * flags in what a driver answers (records, capabilities, failures, descriptor) and unknown log levels are
 * passed over. Either side may be the newer one: a driver compiled with minor 3 loads in a host of minor 0,
 * and the other way round. A driver that cannot work with this host's minor says so in `open`, with
 * DRV_E_UNSUPPORTED and a sentence.
 *
 * LIMITS of what a driver answers; the host refuses more as a bug of the driver. Ids and names 255 bytes,
 * other text 4096, attribute values and page tokens 65536; entries in one array 4096. Text is UTF-8 without
 * NUL bytes. What comes from the host is not checked for it: text that is longer than the backend takes, or
 * no UTF-8, is answered with DRV_E_INVALID.
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
