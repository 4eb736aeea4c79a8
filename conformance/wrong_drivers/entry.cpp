// The descriptor, open and close.
#include "conformance/wrong_drivers/driver.hpp"

#include <cerrno>
#include <memory>

namespace wrong {
namespace {

std::mutex memories_mutex;
std::map<drv_instance *, std::unique_ptr<Memory>> &memories() {
    static std::map<drv_instance *, std::unique_ptr<Memory>> all;
    return all;
}

template <std::size_t N>
constexpr drv_str text(const char (&literal)[N]) {
    return {literal, N - 1};
}

extern drv_driver_v1 descriptor;

drv_status open_backend(const drv_host_v1 *host, const drv_call *call, drv_instance **out) {
    if (is(Fault::knows_one_host_minor) && host->abi_minor != DRV_ABI_MINOR)
        return fail(call, DRV_E_UNSUPPORTED, 0, "this driver knows hosts of minor 0 only");
    const drv_status status = cfile_entry()->open(host, call, out);
    if (status != DRV_OK) {
        when_open_failed();
        return status;
    }
    while_opened(*out, host);
    if (is(Fault::descriptor_changes))
        descriptor.version = text("opened");
    if (!make_snapshot_folder(*out)) {
        const int error = errno;
        forget(*out);
        const drv_status failed =
            fail_with(*out, call, "the backend", trouble("cannot make the folder of snapshots", error));
        cfile_entry()->close(*out);
        return failed;
    }
    return DRV_OK;
}

void close_backend(drv_instance *self) {
    forget(self);
    cfile_entry()->close(self);
    when_closed();
}

const void *extension(drv_instance * /*self*/, drv_str id) {
    const std::string_view wanted =
        is(Fault::finds_extension_by_prefix) ? view(id).substr(0, sizeof DRV_EXT_SNAPSHOT - 1) : view(id);
    if (wanted == DRV_EXT_SNAPSHOT)
        return &kSnapshot;
    if (view(id) == DRV_EXT_CLONE)
        return &kClone;
    return view(id) == DRV_EXT_EXTEND ? &kExtend : nullptr;
}

constexpr drv_ops_v1 kOps = {.struct_size = sizeof(drv_ops_v1),
                             .reserved = 0,
                             .probe = probe,
                             .capabilities = capabilities,
                             .create = create,
                             .destroy = destroy,
                             .attach = attach,
                             .detach = detach,
                             .list = list,
                             .get = get,
                             .resolve = resolve};

constexpr drv_config_key kKeys[] = { // NOLINT: the ABI wants an array
    {.name = text("folder"),
     .help = text("absolute path of the folder that holds the volumes"),
     .fallback = text(""),
     .kind = DRV_KEY_STRING,
     .flags = DRV_KEY_REQUIRED},
    {.name = text("password"),
     .help = text("what one would sign in with, if files had a controller"),
     .fallback = text(""),
     .kind = DRV_KEY_STRING,
     .flags = DRV_KEY_SECRET}};

// Not constant, so that faults can change it.
drv_driver_v1 descriptor = {.struct_size = sizeof(drv_driver_v1),
                            .abi_major = DRV_ABI_MAJOR,
                            .abi_minor = DRV_ABI_MINOR,
                            .flags = 0,
                            .name = text(DROVER_DRIVER_NAME),
                            .version = text("1.0"),
                            .vendor = text("Drover's conformance tests"),
                            .config_keys = kKeys,
                            .config_key_count = std::size(kKeys),
                            .ops = &kOps,
                            .open = open_backend,
                            .close = close_backend,
                            .extension = extension};

} // namespace

Memory &memory_of(drv_instance *self) {
    const std::lock_guard lock(memories_mutex);
    auto &memory = memories()[self];
    if (memory == nullptr)
        memory = std::make_unique<Memory>();
    return *memory;
}

namespace {
std::map<std::string, bool> &made_ids() {
    static std::map<std::string, bool> all;
    return all;
}
} // namespace

void remember_made(const char *id) {
    const std::lock_guard lock(memories_mutex);
    made_ids()[id] = true;
}

bool was_made(const char *id) {
    const std::lock_guard lock(memories_mutex);
    return made_ids().contains(id);
}

void forget(drv_instance *self) {
    const std::lock_guard lock(memories_mutex);
    memories().erase(self);
}

} // namespace wrong

const drv_driver_v1 *drv_entry_v1() {
    wrong::while_loaded();
    static drv_driver_v1 another = wrong::descriptor;
    static int entered = 0;
    return wrong::is(wrong::Fault::entry_changes) && ++entered > 1 ? &another : &wrong::descriptor;
}
