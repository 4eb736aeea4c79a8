/* plain_host DRIVER.so [KEY=VALUE...]: loads the driver, opens one backend and goes once through everything
 * (round.c). {scratch} in a value is a folder of this run. Ends with 0 when all that was checked held. Needs
 * root where the driver does.
 */
#include "abi/tests/host/host.h"

#include <dlfcn.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const drv_driver_v1 *load(const char *file) {
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        (void)printf("FAILED: %s\n", dlerror());
        return NULL;
    }
    drv_entry_v1_fn entry = NULL;
    void *symbol = dlsym(library, "drv_entry_v1");
    if (symbol == NULL) {
        (void)printf("FAILED: %s has no drv_entry_v1\n", file);
        return NULL;
    }
    memcpy(&entry, &symbol, sizeof entry); /* ISO C has no cast from one to the other */
    const drv_driver_v1 *driver = entry();
    check(driver != NULL && driver == entry(), "the entry gives the same descriptor every time");
    if (driver == NULL || !DRV_HAS(driver, drv_driver_v1, extension) || driver->abi_major != DRV_ABI_MAJOR) {
        (void)puts("FAILED: the descriptor is not one of this major");
        return NULL;
    }
    if (!DRV_HAS(driver->ops, drv_ops_v1, resolve)) {
        (void)puts("FAILED: the table of ops does not have the slots of minor 0");
        return NULL;
    }
    return driver;
}

static bool read_setting(char *text, const char *scratch, struct settings *settings) {
    char *sign = strchr(text, '=');
    if (sign == NULL || settings->count == MAX_SETTINGS)
        return false;
    *sign = '\0';
    const char *value = sign + 1;
    static const char name[] = "{scratch}";
    const bool is_in_scratch = strncmp(value, name, sizeof name - 1) == 0;
    struct setting *setting = &settings->all[settings->count++];
    setting->key = text;
    const int len = snprintf(setting->value, sizeof setting->value, "%s%s", is_in_scratch ? scratch : "",
                             is_in_scratch ? value + sizeof name - 1 : value);
    return len >= 0 && (size_t)len < sizeof setting->value;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where) {
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

int main(int argc, char **argv) {
    char scratch[] = "/tmp/drover-plain-host-XXXXXX";
    struct settings settings = {.count = 0};
    if (argc < 2 || mkdtemp(scratch) == NULL) {
        (void)fputs("usage: plain_host DRIVER.so [KEY=VALUE...]\n", stderr);
        return 2;
    }
    for (int i = 2; i < argc; ++i) {
        if (!read_setting(argv[i], scratch, &settings)) {
            (void)fprintf(stderr, "plain_host: %s is no KEY=VALUE\n", argv[i]);
            (void)rmdir(scratch);
            return 2;
        }
    }
    struct backend backend = {.driver = load(argv[1])};
    if (backend.driver == NULL) {
        (void)rmdir(scratch);
        return 1;
    }
    (void)printf("host of ABI %d.%d, driver %.*s of ABI %u.%u\n", DRV_ABI_MAJOR, DRV_ABI_MINOR,
                 (int)backend.driver->name.len, backend.driver->name.data, backend.driver->abi_major,
                 backend.driver->abi_minor);
    backend.ops = backend.driver->ops;
    settings.driver = backend.driver;
    struct guarded_host host;
    host_init(&host, &settings);
    struct call call;
    call_init(&call, false);
    const drv_status opened = backend.driver->open(&host.table, &call.raw, &backend.self);
    check_answer(&call, opened, DRV_OK, "open");
    if (opened == DRV_OK) {
        go_round(&backend);
        backend.driver->close(backend.self);
    }
    check(canary_lives(host.canary), "nothing is written behind the host table");
    (void)nftw(scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    (void)printf("%u held, %u did not\n", held, broken);
    return broken == 0 ? 0 : 1;
}
