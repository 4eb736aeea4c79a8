/* What the C side of these tests tells the C++ side. */
#ifndef DROVER_ABI_TESTS_ABI_C11_H
#define DROVER_ABI_TESTS_ABI_C11_H

#include "drover/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

struct abi_c11_size {
    const char *name;
    uint64_t bytes;
};

/* Every struct of the ABI as a C compiler sees it; ends with a NULL name. */
extern const struct abi_c11_size abi_c11_sizes[];

/* DRV_HAS in C. */
int abi_c11_has_resolve(const drv_ops_v1 *ops);
int abi_c11_has_free_bytes(const drv_caps *caps);

#ifdef __cplusplus
}
#endif
#endif
