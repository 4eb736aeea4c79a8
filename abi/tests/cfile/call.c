/* What any driver needs around its ops: texts checked on their way in, failures as sentences with the right
 * code, and an end when the caller has given up. */
#include "abi/tests/cfile/cfile.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PAUSE_MS = 3, MESSAGE_SIZE = 1024 };

drv_str text_of(const char *text) {
    const drv_str view = {text, strlen(text)};
    return view;
}

bool equals(drv_str text, const char *other) {
    return text.len == strlen(other) && memcmp(text.data, other, text.len) == 0;
}

/* How many bytes the well-formed UTF-8 character at `at` has; 0: it is none, or a control character. */
static size_t character_length(const unsigned char *at, size_t left) {
    if (at[0] < 0x80)
        return at[0] >= 0x20 && at[0] != 0x7f ? 1 : 0;
    const size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    if (at[0] < 0xc2 || at[0] > 0xf4 || left < length)
        return 0;
    for (size_t i = 1; i < length; ++i) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    }
    const bool is_overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    const bool is_no_character = (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf4 && at[1] > 0x8f);
    return is_overlong || is_no_character ? 0 : length;
}

bool copy_text(drv_str from, char to[TEXT_SIZE]) {
    if (from.data == NULL || from.len >= TEXT_SIZE)
        return false;
    for (size_t at = 0; at < from.len;) {
        const size_t length =
            character_length((const unsigned char *)from.data + at, (size_t)(from.len - at));
        if (length == 0)
            return false;
        at += length;
    }
    memcpy(to, from.data, (size_t)from.len);
    to[from.len] = '\0';
    return true;
}

/* An id becomes a part of file names, so only what is harmless there is taken. The host's ids are UUIDs. */
bool copy_id(drv_str from, char to[ID_SIZE]) {
    if (from.data == NULL || from.len == 0 || from.len >= ID_SIZE)
        return false;
    for (size_t i = 0; i < from.len; ++i) {
        const char c = from.data[i];
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9') && c != '-' && c != '_')
            return false;
    }
    memcpy(to, from.data, (size_t)from.len);
    to[from.len] = '\0';
    return true;
}

drv_status fail(const drv_call *call, drv_status code, uint64_t flags, const char *format, ...) {
    char message[MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    const int wanted = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    size_t length = wanted < 0 ? 0 : (size_t)wanted;
    if (length >= sizeof message) { /* it was cut: not in the middle of a character */
        length = sizeof message - 1;
        while (length > 0 && ((unsigned char)message[length] & 0xc0) == 0x80)
            --length;
    }
    const drv_failure failure = {.struct_size = sizeof failure,
                                 .code = code,
                                 .flags = flags,
                                 .message = {message, length},
                                 .vendor_code = text_of("")};
    return call->ops->fail(call, &failure);
}

/* Why the call ended, asked when it has. */
static drv_status end_of(const drv_instance *self, const drv_call *call) {
    return self->host->now_ns(self->host) >= call->deadline_ns ? DRV_E_DEADLINE : DRV_E_CANCELLED;
}

drv_status still_wanted(const drv_instance *self, const drv_call *call) {
    if (!call->ops->cancelled(call))
        return DRV_OK;
    const drv_status code = end_of(self, call);
    return fail(call, code, DRV_FAIL_RETRYABLE, "%s before it was done",
                code == DRV_E_DEADLINE ? "the deadline was over" : "the call was cancelled");
}

bool wait_a_little(const drv_call *call) {
    struct pollfd cancel = {.fd = call->ops->cancel_fd(call), .events = POLLIN};
    (void)poll(&cancel, cancel.fd >= 0 ? 1 : 0, PAUSE_MS);
    return !call->ops->cancelled(call);
}

/* The one place that decides what an errno means to the host. */
static drv_status code_of(int error, uint64_t *flags) {
    switch (error) {
    case ENOSPC:
    case EDQUOT:
        return DRV_E_NO_SPACE;
    case EFBIG: /* the filesystem of the folder takes no file of that size */
        return DRV_E_INVALID;
    case EBUSY:
        *flags |= DRV_FAIL_RETRYABLE;
        return DRV_E_CONFLICT;
    case EBADMSG:
        return DRV_E_CONFLICT;
    case EIO:
    case EROFS:
    case ESTALE:
    case ENOENT:
    case ENOTDIR:
    case ENXIO:
        *flags |= DRV_FAIL_RETRYABLE;
        return DRV_E_UNREACHABLE;
    default:
        return DRV_E_INTERNAL;
    }
}

drv_status fail_with(const drv_instance *self, const drv_call *call, const char *subject,
                     struct problem problem) {
    uint64_t flags = problem.state_unknown ? DRV_FAIL_STATE_UNKNOWN : 0;
    if (problem.error == ECANCELED) {
        return fail(call, end_of(self, call), flags | DRV_FAIL_RETRYABLE, "%s: %s in time", subject,
                    problem.doing);
    }
    char why[128] = "";
    if (problem.error == EBADMSG) {
        (void)snprintf(why, sizeof why, "its record or its image is damaged");
    } else if (strerror_r(problem.error, why, sizeof why) != 0) {
        (void)snprintf(why, sizeof why, "error %d", problem.error);
    }
    const drv_status code = code_of(problem.error, &flags);
    return fail(call, code, flags, "%s: %s: %s", subject, problem.doing, why);
}

/* ---- Failures that several ops have ---- */

drv_status bad_id(const drv_call *call) {
    return fail(call, DRV_E_INVALID, 0, "an id has 1 to %d letters, digits, '-' or '_'", ID_SIZE - 1);
}

drv_status bad_flags(const drv_call *call, uint64_t flags) {
    return fail(call, DRV_E_INVALID, 0, "unknown flag bits: 0x%" PRIx64, flags);
}

drv_status no_such_volume(const drv_call *call, const char *id) {
    return fail(call, DRV_E_NOT_FOUND, 0, "there is no volume %s", id);
}

drv_status lock_volume(const drv_instance *self, const drv_call *call, const char *id, int *fd) {
    const drv_status ended = still_wanted(self, call);
    if (ended != DRV_OK)
        return ended;
    const struct problem problem = images_lock(self->folder, call, fd);
    return problem.error == 0 ? DRV_OK : fail_with(self, call, id, problem);
}
