// memory.so, the driver of the benchmarks: answers from memory, against the plain C headers, so that nearly
// all that is measured is the loader or the agent. It has as many volumes as its key "rows" says, remembers
// those that are created besides, and has no data plane: what would need one is unsupported. Not for users.
#include "drover/abi.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

constexpr uint64_t kMostRows = 1000000;
constexpr uint64_t kBytes = 1ULL << 30;

drv_str text(std::string_view from) {
    return {from.data(), from.size()};
}
std::string_view view(drv_str from) {
    return {from.data, from.len};
}

drv_volume record(std::string_view id, std::string_view name, std::string_view backend_id, uint64_t bytes) {
    drv_volume volume{};
    volume.struct_size = sizeof volume;
    volume.state = DRV_VOLUME_READY;
    volume.id = text(id);
    volume.name = text(name);
    volume.backend_id = text(backend_id);
    volume.pool = text("pool-1");
    volume.profile = text("gold");
    volume.parent = text("");
    volume.bytes = bytes;
    volume.used_bytes = DRV_UNKNOWN;
    volume.created_unix_ns = 1700000000000000000ULL;
    return volume;
}

struct Row {
    std::string id, name, backend_id;
};

} // namespace

struct drv_instance {
    std::vector<Row> rows;
    std::unordered_map<std::string_view, const Row *> by_id;
    std::mutex mutex;                                  // of what is created
    std::unordered_map<std::string, uint64_t> created; // id to bytes

    drv_status emit(const Row &row, const drv_volume_sink *sink) const {
        const drv_volume volume = record(row.id, row.name, row.backend_id, kBytes);
        return sink->emit(sink->data, &volume);
    }
};

namespace {

drv_status failing(const drv_call *call, drv_status code, std::string_view message) {
    const drv_failure failure{.struct_size = sizeof failure,
                              .code = code,
                              .flags = 0,
                              .retry_after_ns = 0,
                              .message = text(message),
                              .vendor_code = text("")};
    return call->ops->fail(call, &failure);
}

drv_status no_data_plane(const drv_call *call) {
    return failing(call, DRV_E_UNSUPPORTED, "the driver of the benchmarks has no devices");
}

drv_status probe(drv_instance * /*self*/, const drv_call * /*call*/) {
    return DRV_OK;
}

drv_status capabilities(drv_instance * /*self*/, const drv_call * /*call*/, drv_caps *caps) {
    caps->protocols = 1ULL << DRV_PROTO_LOCAL;
    caps->flags = DRV_CAP_THIN;
    caps->max_bytes = DRV_UNKNOWN;
    caps->granularity_bytes = 512;
    caps->total_bytes = DRV_UNKNOWN;
    caps->free_bytes = DRV_UNKNOWN;
    return DRV_OK;
}

drv_status get(drv_instance *self, const drv_call *call, drv_str id, const drv_volume_sink *sink) {
    if (const auto row = self->by_id.find(view(id)); row != self->by_id.end())
        return self->emit(*row->second, sink);
    uint64_t bytes = 0;
    {
        const std::lock_guard lock(self->mutex);
        const auto made = self->created.find(std::string(view(id)));
        if (made != self->created.end())
            bytes = made->second;
    }
    if (bytes == 0)
        return failing(call, DRV_E_NOT_FOUND, "no such volume");
    const drv_volume volume = record(view(id), view(id), view(id), bytes);
    return sink->emit(sink->data, &volume);
}

drv_status create(drv_instance *self, const drv_call *call, const drv_create_req *request,
                  const drv_volume_sink *sink) {
    if (request->bytes == 0)
        return failing(call, DRV_E_INVALID, "a size of 0");
    {
        const std::lock_guard lock(self->mutex);
        self->created.try_emplace(std::string(view(request->id)), request->bytes);
    }
    return get(self, call, request->id, sink);
}

drv_status destroy(drv_instance *self, const drv_call * /*call*/, drv_str id, uint64_t /*flags*/) {
    const std::lock_guard lock(self->mutex);
    self->created.erase(std::string(view(id)));
    return DRV_OK;
}

drv_status attach(drv_instance * /*self*/, const drv_call *call, const drv_attach_req * /*request*/,
                  const drv_connection_sink * /*sink*/) {
    return no_data_plane(call);
}

drv_status detach(drv_instance * /*self*/, const drv_call * /*call*/, const drv_attach_req * /*request*/) {
    return DRV_OK;
}

drv_status resolve(drv_instance * /*self*/, const drv_call *call, const drv_attach_req * /*request*/,
                   const drv_connection_sink * /*sink*/) {
    return failing(call, DRV_E_NOT_FOUND, "nothing is attached");
}

// One page, whatever was asked for: the cost of paging is not what is measured. What was created is left out.
drv_status list(drv_instance *self, const drv_call * /*call*/, const drv_list_req * /*request*/,
                const drv_volume_sink *sink) {
    for (const Row &row : self->rows) {
        if (const drv_status status = self->emit(row, sink); status != DRV_OK)
            return status;
    }
    return DRV_OK;
}

drv_status open(const drv_host_v1 *host, const drv_call *call, drv_instance **out) {
    try {
        drv_str wanted{};
        uint64_t rows = 0;
        if (host->config(host, text("rows"), &wanted) == DRV_OK)
            rows = std::strtoull(std::string(view(wanted)).c_str(), nullptr, 10);
        if (rows > kMostRows)
            return failing(call, DRV_E_INVALID, "configuration key \"rows\" is over 1000000");
        auto self = std::make_unique<drv_instance>();
        self->rows.reserve(rows);
        for (uint64_t i = 0; i < rows; ++i) {
            char number[64];
            std::snprintf(number, sizeof number, "%012llu", static_cast<unsigned long long>(i));
            Row row{.id = std::string("00000000-0000-4000-8000-") + number,
                    .name = "volume-" + std::to_string(i),
                    .backend_id = std::string("array-object-") + number};
            self->rows.push_back(std::move(row));
        }
        for (const Row &row : self->rows)
            self->by_id.emplace(row.id, &row);
        *out = self.release();
        return DRV_OK;
    } catch (const std::bad_alloc &) {
        return DRV_E_INTERNAL;
    }
}

void close(drv_instance *self) {
    delete self;
}

const void *extension(drv_instance * /*self*/, drv_str /*id*/) {
    return nullptr;
}

const drv_ops_v1 kOps = {.struct_size = sizeof kOps,
                         .reserved = 0,
                         .probe = &probe,
                         .capabilities = &capabilities,
                         .create = &create,
                         .destroy = &destroy,
                         .attach = &attach,
                         .detach = &detach,
                         .list = &list,
                         .get = &get,
                         .resolve = &resolve};

const drv_config_key kKeys[] = {{.name = {"rows", 4},
                                 .help = {"how many volumes there are from the start", 41},
                                 .fallback = {"0", 1},
                                 .kind = DRV_KEY_U64,
                                 .flags = 0}};

const drv_driver_v1 kDriver = {.struct_size = sizeof kDriver,
                               .abi_major = DRV_ABI_MAJOR,
                               .abi_minor = DRV_ABI_MINOR,
                               .flags = 0,
                               .name = {"memory", 6},
                               .version = {"1", 1},
                               .vendor = {"Drover", 6},
                               .config_keys = kKeys,
                               .config_key_count = 1,
                               .ops = &kOps,
                               .open = &open,
                               .close = &close,
                               .extension = &extension};

} // namespace

extern "C" DRV_EXPORT const drv_driver_v1 *drv_entry_v1(void) {
    return &kDriver;
}
