/* Loop devices: the way from an image to a device under /dev. Nothing of them is recorded, because the kernel
 * knows best: a device is the volume's when LOOP_GET_STATUS64 tells the image's device and inode number. */
#include "abi/tests/cfile/cfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { MOST_ATTEMPTS = 1000, GRACE_ATTEMPTS = 60, PATH_SIZE = 4200 };

static int open_device(const char *path, int flags) {
    return open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
}

/* True when the open device is bound to the volume's image. */
static bool is_bound(int fd, const struct volume *volume, struct loop_info64 *info) {
    return ioctl(fd, LOOP_GET_STATUS64, info) == 0 && info->lo_device == volume->device &&
           info->lo_inode == volume->inode;
}

/* By the name of its file as sysfs tells it: foreign devices are not even opened, which would disturb those
 * who take them apart. */
static bool looks_like(const char *name, const struct volume *volume) {
    char path[PATH_SIZE];
    char image[ID_SIZE + 8];
    (void)snprintf(path, sizeof path, "/sys/block/%s/loop/backing_file", name);
    (void)snprintf(image, sizeof image, "/%s.img", volume->id);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false; /* no file is on it */
    const ssize_t length = read(fd, path, sizeof path - 1);
    (void)close(fd);
    path[length > 0 ? length : 0] = '\0';
    return strstr(path, image) != NULL;
}

struct problem loops_find(const struct volume *volume, char device[DEVICE_SIZE]) {
    DIR *blocks = opendir("/sys/block");
    if (blocks == NULL)
        return trouble("cannot list /sys/block", errno);
    bool is_found = false;
    const struct dirent *entry = NULL;
    while (!is_found && (entry = readdir(blocks)) != NULL) {
        const char *name = entry->d_name;
        if (strncmp(name, "loop", 4) != 0 || strlen(name) > 16 || !looks_like(name, volume))
            continue;
        (void)snprintf(device, DEVICE_SIZE, "/dev/%.16s", name);
        const int fd = open_device(device, O_RDONLY);
        struct loop_info64 info;
        is_found = fd >= 0 && is_bound(fd, volume, &info);
        if (fd >= 0)
            (void)close(fd);
    }
    (void)closedir(blocks);
    return is_found ? no_trouble() : trouble("no device is bound to the image", ENOENT);
}

/* LOOP_CTL_GET_FREE only says which device was free: somebody else may take it before we do (EBUSY), and its
 * node under /dev may still be coming or going (ENOENT, ENXIO). Then the next one is asked for. */
struct problem loops_bind(const drv_call *call, const struct volume *volume, int image,
                          char device[DEVICE_SIZE]) {
    const int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0)
        return trouble("cannot open /dev/loop-control", errno);
    struct loop_config config = {.fd = (uint32_t)image, .block_size = 512};
    config.info.lo_flags = volume->is_read_only ? LO_FLAGS_READ_ONLY : 0;
    (void)snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "%.58s.img", volume->id);
    struct problem result = trouble("cannot find a free loop device", EBUSY);
    for (int attempt = 0; attempt < MOST_ATTEMPTS; ++attempt) {
        const int number = ioctl(control, LOOP_CTL_GET_FREE);
        if (number < 0) {
            result = trouble("cannot find a free loop device", errno);
            break;
        }
        (void)snprintf(device, DEVICE_SIZE, "/dev/loop%d", number);
        const int fd = open_device(device, volume->is_read_only ? O_RDONLY : O_RDWR);
        const int error = fd >= 0 && ioctl(fd, LOOP_CONFIGURE, &config) == 0 ? 0 : errno;
        if (fd >= 0)
            (void)close(fd);
        result = error == 0 ? no_trouble() : trouble("cannot bind a loop device to the image", error);
        if (error != EBUSY && error != ENOENT && error != ENXIO)
            break;
        if (error != EBUSY && !wait_a_little(call)) {
            result.error = ECANCELED;
            break;
        }
    }
    (void)close(control);
    return result;
}

/* One attempt. EBUSY: it is mounted, or a process has it open, maybe for a moment only. */
static int release_once(const char *device, const struct volume *volume) {
    struct loop_info64 info;
    /* With O_EXCL the kernel refuses while it is mounted or part of another device, in whatever namespace. */
    int fd = open_device(device, (volume->is_read_only ? O_RDONLY : O_RDWR) | O_EXCL);
    if (fd < 0)
        return errno == ENXIO || errno == ENOENT ? 0 : errno;
    int error = 0;
    if (is_bound(fd, volume, &info) && (fsync(fd) != 0 || ioctl(fd, LOOP_CLR_FD, 0) != 0))
        error = errno;
    (void)close(fd);
    if (error != 0)
        return error == ENXIO ? 0 : error;
    /* With another opener LOOP_CLR_FD only marks it to be cleared when the last one leaves. That would take
     * the device from under somebody later, unasked: take the mark back, and say that it is busy. */
    fd = open_device(device, O_RDONLY);
    if (fd < 0)
        return errno == ENXIO || errno == ENOENT ? 0 : errno;
    if (is_bound(fd, volume, &info)) {
        info.lo_flags &= ~(uint32_t)LO_FLAGS_AUTOCLEAR;
        error = ioctl(fd, LOOP_SET_STATUS64, &info) == 0 || errno != ENXIO ? EBUSY : 0;
    }
    (void)close(fd);
    return error;
}

struct problem loops_release(const drv_call *call, const struct volume *volume) {
    char device[DEVICE_SIZE];
    int error = 0;
    for (int attempt = 0; attempt < GRACE_ATTEMPTS; ++attempt) {
        const struct problem found = loops_find(volume, device);
        if (found.error == ENOENT)
            return no_trouble();
        if (found.error != 0)
            return found;
        error = release_once(device, volume);
        if (error != 0 && error != EBUSY)
            break;
        if (error == EBUSY && !wait_a_little(call))
            return trouble("cannot free the loop device", ECANCELED);
    }
    return trouble("cannot free the loop device, something has it mounted or open",
                   error == 0 ? EBUSY : error);
}
