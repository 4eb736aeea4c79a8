// What the parts of the loader's test driver share: its instance, small helpers, and its core ops.
#pragma once

#include "drover/abi.h"

#include <atomic>
#include <poll.h>
#include <string>
#include <string_view>

struct drv_instance {
    const drv_host_v1 *host;
    std::atomic<int> running{0};
    std::atomic<int> most_running{0};
    std::atomic<int> calls{0};
    std::atomic<int> listings{0};
    std::atomic<uint64_t> limits{0};
    std::atomic<uint64_t> max_iops{0};
};

namespace fixture {

using std::string_view;

inline drv_str text(string_view value) {
    return {value.data(), value.size()};
}
inline string_view view(drv_str value) {
    return {value.data, value.len};
}

inline string_view config(const drv_instance *self, string_view key) {
    drv_str value{};
    return self->host->config(self->host, text(key), &value) == DRV_OK ? view(value) : string_view();
}

inline drv_status failing(const drv_call *call, drv_status code, string_view message, uint64_t flags = 0,
                          string_view vendor_code = "") {
    drv_failure failure{};
    failure.struct_size = sizeof failure;
    failure.code = code;
    failure.flags = flags;
    failure.message = text(message);
    failure.vendor_code = text(vendor_code);
    return call->ops->fail(call, &failure);
}

inline drv_volume volume(drv_str id) {
    drv_volume v{};
    v.struct_size = sizeof v;
    v.state = DRV_VOLUME_READY;
    v.id = id;
    v.name = v.pool = v.profile = v.parent = text("");
    v.backend_id = text("backend-1");
    v.bytes = 4096;
    v.used_bytes = DRV_UNKNOWN;
    v.created_unix_ns = DRV_UNKNOWN;
    return v;
}

// Blocks until the call is cancelled or its deadline passes, as the ABI asks of a driver that waits.
inline drv_status block(const drv_call *call) {
    call->ops->progress(call, 1, text("blocking"));
    pollfd fd{call->ops->cancel_fd(call), POLLIN, 0};
    while (call->ops->cancelled(call) == 0)
        poll(&fd, 1, fd.fd < 0 ? 1 : -1);
    return failing(call, DRV_E_CANCELLED, "stopped while blocking");
}

// An id of that kind says what the driver does to its process; see fixture_faults.cpp.
bool is_fault(string_view how);
drv_status fault(string_view how, drv_instance *self, const drv_call *call);

// The key "faulty" names an op, and what it does to its process: "list fault-crash". Without the latter it
// hangs for ever.
void fault_in(string_view op, drv_instance *self, const drv_call *call);
// An id of that kind uses a service of the host; see fixture_services.cpp.
bool is_service(string_view how);
drv_status use_service(string_view how, const drv_instance *self, const drv_call *call, std::string &answer);

drv_status probe(drv_instance *self, const drv_call *);
drv_status capabilities(drv_instance *self, const drv_call *, drv_caps *caps);
drv_status create(drv_instance *, const drv_call *call, const drv_create_req *request,
                  const drv_volume_sink *sink);
drv_status destroy(drv_instance *, const drv_call *call, drv_str id, uint64_t flags);
drv_status attach(drv_instance *, const drv_call *, const drv_attach_req *request,
                  const drv_connection_sink *sink);
drv_status detach(drv_instance *, const drv_call *, const drv_attach_req *);
drv_status resolve(drv_instance *, const drv_call *, const drv_attach_req *request,
                   const drv_connection_sink *sink);
drv_status get(drv_instance *self, const drv_call *call, drv_str id, const drv_volume_sink *sink);
drv_status emit_rows(drv_instance *self, const drv_list_req *request, const drv_volume_sink *sink);
drv_status list(drv_instance *self, const drv_call *, const drv_list_req *request,
                const drv_volume_sink *sink);

} // namespace fixture
