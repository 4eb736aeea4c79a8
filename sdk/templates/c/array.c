#include "array.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_LUN = 16383 };

struct array {
    struct array *next;
    pthread_mutex_t mutex;   /* guards all below */
    struct volume **volumes; /* sorted by id */
    size_t count, room;
    uint64_t used_bytes;
    uint64_t last_number;
    char address[]; /* never changes */
};

/* ---- All arrays there are ---- */

static pthread_mutex_t arrays_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct array *arrays;

static struct array *make_array(const char *address) {
    const size_t size = strlen(address) + 1;
    struct array *made = calloc(1, sizeof *made + size);
    if (made == NULL)
        return NULL;
    memcpy(made->address, address, size);
    if (pthread_mutex_init(&made->mutex, NULL) != 0) {
        free(made);
        return NULL;
    }
    made->next = arrays;
    arrays = made;
    return made;
}

struct array *array_at(const char *address) {
    (void)pthread_mutex_lock(&arrays_mutex);
    struct array *found = arrays;
    while (found != NULL && strcmp(found->address, address) != 0)
        found = found->next;
    if (found == NULL)
        found = make_array(address);
    (void)pthread_mutex_unlock(&arrays_mutex);
    return found;
}

/* ---- One array. What is called ..._locked is called with the mutex held. ---- */

/* Where the id is, or would be. */
static size_t place_locked(const struct array *array, const char *id, bool *is_there) {
    size_t from = 0;
    size_t to = array->count;
    *is_there = false;
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        const int order = strcmp(array->volumes[middle]->id, id);
        if (order == 0) {
            *is_there = true;
            return middle;
        }
        if (order < 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

static struct volume *find_locked(const struct array *array, const char *id) {
    bool is_there = false;
    const size_t place = place_locked(array, id, &is_there);
    return is_there ? array->volumes[place] : NULL;
}

uint64_t array_free_bytes(struct array *array) {
    (void)pthread_mutex_lock(&array->mutex);
    const uint64_t bytes = CAPACITY_BYTES - array->used_bytes;
    (void)pthread_mutex_unlock(&array->mutex);
    return bytes;
}

enum result array_find(struct array *array, const char *id, struct volume *found) {
    (void)pthread_mutex_lock(&array->mutex);
    const struct volume *volume = find_locked(array, id);
    if (volume != NULL)
        *found = *volume;
    (void)pthread_mutex_unlock(&array->mutex);
    return volume != NULL ? DONE : NOT_THERE;
}

enum result array_next(struct array *array, const char *after, struct volume *found) {
    (void)pthread_mutex_lock(&array->mutex);
    bool is_there = false;
    size_t place = place_locked(array, after, &is_there);
    if (is_there)
        ++place;
    const bool is_more = place < array->count;
    if (is_more)
        *found = *array->volumes[place];
    (void)pthread_mutex_unlock(&array->mutex);
    return is_more ? DONE : NOT_THERE;
}

static bool make_room_locked(struct array *array) {
    if (array->count < array->room)
        return true;
    const size_t room = array->room == 0 ? 64 : array->room * 2;
    struct volume **more = realloc(array->volumes, room * sizeof(struct volume *));
    if (more == NULL)
        return false;
    array->volumes = more;
    array->room = room;
    return true;
}

static uint64_t now_unix_ns(void) {
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static enum result create_locked(struct array *array, const char *id, const char *name, uint64_t bytes,
                                 struct volume *made) {
    bool is_there = false;
    const size_t place = place_locked(array, id, &is_there);
    if (is_there) {
        *made = *array->volumes[place];
        return DONE;
    }
    if (bytes > CAPACITY_BYTES - array->used_bytes)
        return FULL;
    struct volume *volume = make_room_locked(array) ? calloc(1, sizeof *volume) : NULL;
    if (volume == NULL)
        return NO_MEMORY;
    memcpy(volume->id, id, strlen(id) + 1);
    memcpy(volume->name, name, strlen(name) + 1);
    volume->number = ++array->last_number;
    volume->bytes = bytes;
    volume->created_unix_ns = now_unix_ns();
    memmove(array->volumes + place + 1, array->volumes + place,
            (array->count - place) * sizeof(struct volume *));
    array->volumes[place] = volume;
    ++array->count;
    array->used_bytes += bytes;
    *made = *volume;
    return DONE;
}

enum result array_create(struct array *array, const char *id, const char *name, uint64_t bytes,
                         struct volume *made) {
    (void)pthread_mutex_lock(&array->mutex);
    const enum result result = create_locked(array, id, name, bytes, made);
    (void)pthread_mutex_unlock(&array->mutex);
    return result;
}

static enum result remove_locked(struct array *array, const char *id, struct volume *found) {
    bool is_there = false;
    const size_t place = place_locked(array, id, &is_there);
    if (!is_there)
        return DONE;
    struct volume *volume = array->volumes[place];
    *found = *volume;
    if (volume->node[0] != '\0')
        return MAPPED;
    --array->count;
    memmove(array->volumes + place, array->volumes + place + 1,
            (array->count - place) * sizeof(struct volume *));
    array->used_bytes -= volume->bytes;
    free(volume);
    return DONE;
}

enum result array_remove(struct array *array, const char *id, struct volume *found) {
    (void)pthread_mutex_lock(&array->mutex);
    const enum result result = remove_locked(array, id, found);
    (void)pthread_mutex_unlock(&array->mutex);
    return result;
}

/* ---- Mappings ---- */

static bool lun_is_free_locked(const struct array *array, const char *node, uint64_t lun) {
    for (size_t i = 0; i < array->count; ++i) {
        if (array->volumes[i]->lun == lun && strcmp(array->volumes[i]->node, node) == 0)
            return false;
    }
    return true;
}

static enum result map_locked(struct array *array, const char *id, const char *node, const char *initiator,
                              bool read_only, struct volume *found) {
    struct volume *volume = find_locked(array, id);
    if (volume == NULL)
        return NOT_THERE;
    *found = *volume;
    if (volume->node[0] != '\0')
        return MAPPED;
    for (size_t i = 0; i < array->count; ++i) {
        const struct volume *other = array->volumes[i];
        if (other->node[0] != '\0' && strcmp(other->node, node) != 0 &&
            strcmp(other->initiator, initiator) == 0) {
            *found = *other;
            return INITIATOR_TAKEN;
        }
    }
    uint64_t lun = 1;
    while (lun <= MAX_LUN && !lun_is_free_locked(array, node, lun))
        ++lun;
    if (lun > MAX_LUN)
        return FULL;
    memcpy(volume->node, node, strlen(node) + 1);
    memcpy(volume->initiator, initiator, strlen(initiator) + 1);
    volume->read_only = read_only;
    volume->lun = lun;
    *found = *volume;
    return DONE;
}

enum result array_map(struct array *array, const char *id, const char *node, const char *initiator,
                      bool read_only, struct volume *found) {
    (void)pthread_mutex_lock(&array->mutex);
    const enum result result = map_locked(array, id, node, initiator, read_only, found);
    (void)pthread_mutex_unlock(&array->mutex);
    return result;
}

void array_unmap(struct array *array, const char *id, const char *node) {
    (void)pthread_mutex_lock(&array->mutex);
    struct volume *volume = find_locked(array, id);
    if (volume != NULL && strcmp(volume->node, node) == 0) {
        volume->node[0] = '\0';
        volume->initiator[0] = '\0';
        volume->read_only = false;
        volume->lun = 0;
    }
    (void)pthread_mutex_unlock(&array->mutex);
}
