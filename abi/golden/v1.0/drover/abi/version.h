/* Which ABI this is, and how a reader asks whether the other side knows a field. */
#ifndef DROVER_ABI_VERSION_H
#define DROVER_ABI_VERSION_H

#include <stddef.h>
#include <stdint.h>

#if UINTPTR_MAX != UINT64_MAX
#error "the Drover driver ABI is defined for 64-bit targets only"
#endif

/* The major is part of the entry symbol's name (drv_entry_v1); the minor only adds. */
#define DRV_ABI_MAJOR 1
#define DRV_ABI_MINOR 0

#define DRV_EXPORT __attribute__((visibility("default")))

/* True when `field` lies inside the bytes the other side compiled. A slot newer than minor 0 that is there
 * may still be NULL. */
#define DRV_HAS(p, type, field) ((p)->struct_size >= offsetof(type, field) + sizeof((p)->field))

#endif
