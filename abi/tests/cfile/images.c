/* The backend's side: for each volume an image `<id>.img` and beside it a record `<id>.vol`, in one folder
 * that several processes may use at a time.
 *
 * A volume exists when its record does. So create writes the image first and destroy removes the record
 * first: a crash in between leaves an image without a record, which the next create or destroy of that id
 * removes. A record is only ever replaced as a whole, by renaming a new one over it, so readers need no lock.
 */
#include "abi/tests/cfile/cfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum { FILE_NAME_SIZE = ID_SIZE + 16, RECORD_SIZE = 1024 };

static const char record_suffix[] = ".vol";
static const char image_suffix[] = ".img";
static const char record_head[] = "drover cfile volume 1";

struct file_name {
    char text[FILE_NAME_SIZE];
};

static struct file_name named(const char *id, const char *suffix) {
    struct file_name name;
    (void)snprintf(name.text, sizeof name.text, "%s%s", id, suffix);
    return name;
}

/* ---- The folder ---- */

struct problem images_open(const char *path, int *folder) {
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return trouble("cannot make the folder", errno);
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return trouble("cannot open the folder", errno);
    struct stat status;
    if (fstat(fd, &status) != 0 || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        (void)close(fd);
        return trouble("others may write to this folder, and so to every volume; chmod 0700 it", EPERM);
    }
    *folder = fd;
    return no_trouble();
}

struct problem images_check(int folder) {
    struct stat status;
    if (fstat(folder, &status) != 0)
        return trouble("cannot look at the folder", errno);
    if (status.st_nlink == 0)
        return trouble("the folder was removed", ENOENT);
    if (faccessat(folder, ".", R_OK | W_OK | X_OK, 0) != 0)
        return trouble("cannot write to the folder", errno);
    if (access("/dev/loop-control", R_OK | W_OK) != 0)
        return trouble("cannot use /dev/loop-control (is the kernel module loop loaded?)", errno);
    return no_trouble();
}

struct problem images_space(int folder, uint64_t *total_bytes, uint64_t *free_bytes) {
    struct statvfs space;
    if (fstatvfs(folder, &space) != 0)
        return trouble("cannot ask for the free space", errno);
    *total_bytes = (uint64_t)space.f_blocks * space.f_frsize;
    *free_bytes = (uint64_t)space.f_bavail * space.f_frsize;
    return no_trouble();
}

/* One lock for all volumes, since no op holds it for more than moments. A descriptor of its own for each op:
 * then the lock also stands between the threads of one process. */
struct problem images_lock(int folder, const drv_call *call, int *lock) {
    const int fd = openat(folder, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return trouble("cannot open the lock file", errno);
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        const int error = errno;
        if (error == EINTR || (error == EWOULDBLOCK && wait_a_little(call)))
            continue;
        (void)close(fd);
        return trouble("cannot lock the folder", error == EWOULDBLOCK ? ECANCELED : error);
    }
    *lock = fd;
    return no_trouble();
}

/* ---- Records ---- */

static bool parse_number(const char *text, uint64_t *number) {
    char *end = NULL;
    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0';
}

/* Ends the line "<key> <value>" at *cursor, steps behind it and gives the value; NULL: no such line. */
static char *take_line(char **cursor, const char *key) {
    char *line = *cursor;
    char *end = strchr(line, '\n');
    const size_t length = strlen(key);
    if (end == NULL || strncmp(line, key, length) != 0 || line[length] != ' ')
        return NULL;
    *end = '\0';
    *cursor = end + 1;
    return line + length + 1;
}

static bool parse_record(char *text, struct volume *volume) {
    char *cursor = text;
    char *head = take_line(&cursor, "#");
    char *name = head ? take_line(&cursor, "name") : NULL;
    char *bytes = name ? take_line(&cursor, "bytes") : NULL;
    char *created = bytes ? take_line(&cursor, "created") : NULL;
    char *node = created ? take_line(&cursor, "node") : NULL;
    char *access = node ? take_line(&cursor, "access") : NULL;
    if (access == NULL || *cursor != '\0' || strcmp(head, record_head) != 0)
        return false;
    volume->is_read_only = strcmp(access, "read-only") == 0;
    return (volume->is_read_only || strcmp(access, "read-write") == 0) &&
           copy_text(text_of(name), volume->name) && copy_text(text_of(node), volume->node) &&
           parse_number(bytes, &volume->bytes) && parse_number(created, &volume->created_unix_ns);
}

static struct problem read_record(int folder, struct volume *volume) {
    const int fd =
        openat(folder, named(volume->id, record_suffix).text, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return trouble("cannot open the record", errno);
    char text[RECORD_SIZE];
    const ssize_t length = read(fd, text, sizeof text - 1);
    const int error = errno;
    (void)close(fd);
    if (length < 0)
        return trouble("cannot read the record", error);
    text[length] = '\0';
    if (strlen(text) != (size_t)length || !parse_record(text, volume))
        return trouble("cannot read the record", EBADMSG);
    return no_trouble();
}

struct problem images_load(int folder, const char *id, struct volume *volume) {
    struct problem found = no_trouble();
    for (int look = 0; look < 2; ++look) { /* it may be destroyed between the record and the image */
        memset(volume, 0, sizeof *volume);
        memcpy(volume->id, id, strlen(id) + 1);
        found = read_record(folder, volume);
        if (found.error != 0)
            return found;
        struct stat image;
        if (fstatat(folder, named(id, image_suffix).text, &image, AT_SYMLINK_NOFOLLOW) != 0) {
            found = trouble("cannot look at the image", errno == ENOENT ? EBADMSG : errno);
            continue;
        }
        volume->device = image.st_dev;
        volume->inode = image.st_ino;
        volume->used_bytes = (uint64_t)image.st_blocks * 512;
        if (!S_ISREG(image.st_mode) || (uint64_t)image.st_size < volume->bytes)
            return trouble("cannot use the image", EBADMSG);
        return no_trouble();
    }
    return found;
}

static int write_and_flush(int fd, const char *text, size_t length) {
    while (length > 0) {
        const ssize_t put = write(fd, text, length);
        if (put < 0 && errno != EINTR)
            return errno;
        text += put > 0 ? put : 0;
        length -= put > 0 ? (size_t)put : 0;
    }
    return fsync(fd) == 0 ? 0 : errno;
}

struct problem images_store(int folder, const struct volume *volume) {
    char text[RECORD_SIZE];
    const int length = snprintf(text, sizeof text,
                                "# %s\nname %s\nbytes %" PRIu64 "\ncreated %" PRIu64 "\nnode %s\naccess %s\n",
                                record_head, volume->name, volume->bytes, volume->created_unix_ns,
                                volume->node, volume->is_read_only ? "read-only" : "read-write");
    const struct file_name temporary = named(volume->id, ".tmp");
    const int fd =
        openat(folder, temporary.text, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return trouble("cannot make a new record", errno);
    int error = write_and_flush(fd, text, (size_t)length);
    if (close(fd) != 0 && error == 0)
        error = errno;
    if (error == 0 && renameat(folder, temporary.text, folder, named(volume->id, record_suffix).text) != 0)
        error = errno;
    if (error != 0) {
        (void)unlinkat(folder, temporary.text, 0);
        return trouble("cannot write the record", error);
    }
    struct problem result = no_trouble();
    if (fsync(folder) != 0) { /* the new record is there, but maybe not after a power cut */
        result = trouble("cannot flush the folder", errno);
        result.state_unknown = true;
    }
    return result;
}

/* ---- Images ---- */

static struct problem remove_file(int folder, const char *id, const char *suffix, const char *doing) {
    if (unlinkat(folder, named(id, suffix).text, 0) != 0 && errno != ENOENT)
        return trouble(doing, errno);
    return no_trouble();
}

/* Makes the file anew: what an earlier life of this id left must not show through. */
static struct problem make_image(int folder, struct volume *volume) {
    const struct problem left = remove_file(folder, volume->id, image_suffix, "cannot remove an old image");
    if (left.error != 0)
        return left;
    const int fd = openat(folder, named(volume->id, image_suffix).text,
                          O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return trouble("cannot make the image", errno);
    struct stat image;
    int error = 0;
    if (ftruncate(fd, (off_t)volume->bytes) != 0 || fsync(fd) != 0 || fstat(fd, &image) != 0)
        error = errno;
    (void)close(fd);
    if (error != 0)
        return trouble("cannot size the image", error);
    volume->device = image.st_dev;
    volume->inode = image.st_ino;
    volume->used_bytes = (uint64_t)image.st_blocks * 512;
    return no_trouble();
}

struct problem images_create(int folder, struct volume *volume) {
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    volume->created_unix_ns = (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
    struct problem result = make_image(folder, volume);
    if (result.error == 0)
        result = images_store(folder, volume);
    if (result.error != 0 && !result.state_unknown)
        (void)unlinkat(folder, named(volume->id, image_suffix).text, 0);
    return result;
}

struct problem images_remove(int folder, const char *id) {
    struct problem result = remove_file(folder, id, record_suffix, "cannot remove the record");
    if (result.error != 0)
        return result;
    if (fsync(folder) != 0) {
        result = trouble("cannot flush the folder", errno);
        result.state_unknown = true;
        return result;
    }
    return remove_file(folder, id, image_suffix, "cannot remove the image");
}

struct problem images_open_image(int folder, const struct volume *volume, int *image) {
    *image = openat(folder, named(volume->id, image_suffix).text,
                    (volume->is_read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW);
    return *image < 0 ? trouble("cannot open the image", errno) : no_trouble();
}

/* ---- All of them ---- */

static int by_bytes(const void *left, const void *right) {
    return strcmp(left, right);
}

/* The id of a record's file name. */
static bool id_in(const char *name, char id[ID_SIZE]) {
    const size_t length = strlen(name);
    const size_t suffix = sizeof record_suffix - 1;
    if (length <= suffix || strcmp(name + length - suffix, record_suffix) != 0)
        return false;
    const drv_str stem = {name, length - suffix};
    return copy_id(stem, id);
}

struct problem images_list(int folder, char (**ids)[ID_SIZE], size_t *count) {
    const int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    if (entries == NULL) {
        const int error = errno;
        if (fd >= 0)
            (void)close(fd);
        return trouble("cannot list the folder", error);
    }
    size_t room = 0;
    const struct dirent *entry = NULL;
    struct problem result = no_trouble();
    *ids = NULL;
    *count = 0;
    while (errno = 0, (entry = readdir(entries)) != NULL) {
        char id[ID_SIZE];
        if (!id_in(entry->d_name, id))
            continue;
        if (*count == room) {
            room = room == 0 ? 64 : room * 2;
            void *more = realloc(*ids, room * sizeof **ids);
            if (more == NULL) {
                errno = ENOMEM;
                break;
            }
            *ids = more;
        }
        memcpy((*ids)[(*count)++], id, sizeof id);
    }
    if (errno != 0)
        result = trouble("cannot list the folder", errno);
    (void)closedir(entries);
    if (*count > 0)
        qsort(*ids, *count, sizeof **ids, by_bytes);
    return result;
}
