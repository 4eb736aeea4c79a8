/* The array. This one is a model in memory, so that the driver does something from the first hour. Replace it
 * with a client of your array's API, and keep what driver.c asks of it.
 *
 * The model lives as long as the process: volumes outlast the open backends that made them, as on an array,
 * and are gone when the process ends. Every function may be called by several threads at a time. */
#ifndef ARRAY_H
#define ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TEXT_SIZE = 256 }; /* ids and names have at most 255 bytes; with the '\0' */

#define UNIT_BYTES (UINT64_C(1) << 20)     /* sizes are multiples of it */
#define CAPACITY_BYTES (UINT64_C(1) << 40) /* of one array */

struct volume {
    char id[TEXT_SIZE];   /* the agent's, kept on the array: every node finds the volume by it */
    char name[TEXT_SIZE]; /* what people call it */
    uint64_t number;      /* the array's own, never used again */
    uint64_t bytes;
    uint64_t created_unix_ns;
    /* The host that may reach it. */
    char node[TEXT_SIZE];      /* the agent's name for the host, kept on the array; empty: none */
    char initiator[TEXT_SIZE]; /* its IQN */
    bool read_only;
    uint64_t lun; /* chosen by the array */
};

enum result { DONE, NOT_THERE, FULL, MAPPED, INITIATOR_TAKEN, NO_MEMORY };

struct array;

/* The array at an address: the same one for the same address. It is not closed. NULL: no memory. */
struct array *array_at(const char *address);

uint64_t array_free_bytes(struct array *array);
/* NOT_THERE: it is certain that there is no such volume. */
enum result array_find(struct array *array, const char *id, struct volume *found);
/* The first volume whose id comes behind this one, by bytes. NOT_THERE: there is none. */
enum result array_next(struct array *array, const char *after, struct volume *found);

/* Makes a volume, or gives the one that has the id already, in whatever shape. */
enum result array_create(struct array *array, const char *id, const char *name, uint64_t bytes,
                         struct volume *made);
/* DONE also when it was not there. MAPPED: to the host that *found tells. */
enum result array_remove(struct array *array, const char *id, struct volume *found);
/* Lets a host reach the volume, and chooses the LUN. MAPPED: there is a mapping already, *found tells which.
 * INITIATOR_TAKEN: by the host of the volume *found. */
enum result array_map(struct array *array, const char *id, const char *node, const char *initiator,
                      bool read_only, struct volume *found);
/* Takes away the access of that host, and of no other. */
void array_unmap(struct array *array, const char *id, const char *node);

#endif
