#include "request.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_SIZE = 1024 };

drv_str text_of(const char *text) {
    const drv_str view = {text, strlen(text)};
    return view;
}

bool equals(drv_str text, const char *other) {
    return text.len == strlen(other) && memcmp(text.data, other, (size_t)text.len) == 0;
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
    const size_t size = (size_t)from.len;
    for (size_t at = 0; at < size;) {
        const size_t length = character_length((const unsigned char *)from.data + at, size - at);
        if (length == 0)
            return false;
        at += length;
    }
    memcpy(to, from.data, size);
    to[size] = '\0';
    return true;
}

bool copy_id(drv_str from, char to[TEXT_SIZE]) {
    return from.len > 0 && copy_text(from, to);
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

drv_status bad_id(const drv_call *call) {
    return fail(call, DRV_E_INVALID, 0, "an id has 1 to %d bytes of UTF-8, without control characters",
                TEXT_SIZE - 1);
}

drv_status bad_flags(const drv_call *call, uint64_t flags) {
    return fail(call, DRV_E_INVALID, 0, "unknown flag bits: 0x%" PRIx64, flags);
}

drv_status no_memory(const drv_call *call) {
    return fail(call, DRV_E_INTERNAL, DRV_FAIL_RETRYABLE, "the driver ran out of memory");
}

drv_status still_wanted(const drv_host_v1 *host, const drv_call *call) {
    if (!call->ops->cancelled(call))
        return DRV_OK;
    const bool is_late = host->now_ns(host) >= call->deadline_ns;
    return fail(call, is_late ? DRV_E_DEADLINE : DRV_E_CANCELLED, DRV_FAIL_RETRYABLE, "%s before it was done",
                is_late ? "the deadline was over" : "the call was cancelled");
}
