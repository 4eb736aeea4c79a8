#include "loader/services/host_services.hpp"

#include "drover/ext/exec.h"
#include "drover/ext/store.h"
#include "drover/ext/timer.h"
#include "loader/driver_text.hpp"
#include "loader/host_bridge.hpp"
#include "loader/host_text.hpp"
#include "loader/invoke.hpp"
#include "loader/services/run_program.hpp"
#include "loader/status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace drover {
namespace {

// The code, and a line in the log where the code alone says too little.
drv_status told(HostBridge &host, const Error &error) {
    if (error.code == Code::internal || error.code == Code::no_space)
        host.log(LogLevel::warn, fmt::format("a service of the host failed: {}", error.message));
    return status_of(error.code);
}

// Nothing is thrown into a driver.
template <typename Body>
drv_status fenced(const Body &body) noexcept {
    try {
        return body();
    } catch (...) { // out of memory
        return DRV_E_INTERNAL;
    }
}

std::optional<std::string_view> text_of(drv_str text) noexcept {
    if (text.data == nullptr)
        return std::nullopt;
    return view_of(text);
}

drv_status store_get(const drv_host_v1 *self, drv_str key, void *data,
                     void (*use)(void *data, drv_str value)) noexcept {
    return fenced([&]() -> drv_status {
        const auto name = text_of(key);
        if (!name || use == nullptr)
            return DRV_E_INVALID;
        HostBridge &host = HostBridge::of(self);
        const auto value = host.services().store().get(*name);
        if (!value)
            return told(host, value.error());
        invoke(use, data, borrow(*value));
        return DRV_OK;
    });
}

drv_status store_put(const drv_host_v1 *self, drv_str key, drv_str value) noexcept {
    return fenced([&]() -> drv_status {
        const auto name = text_of(key);
        const auto bytes = text_of(value);
        if (!name || !bytes)
            return DRV_E_INVALID;
        HostBridge &host = HostBridge::of(self);
        const auto done = host.services().store().put(*name, *bytes);
        return done ? DRV_OK : told(host, done.error());
    });
}

drv_status store_erase(const drv_host_v1 *self, drv_str key) noexcept {
    return fenced([&]() -> drv_status {
        const auto name = text_of(key);
        if (!name)
            return DRV_E_INVALID;
        HostBridge &host = HostBridge::of(self);
        const auto done = host.services().store().erase(*name);
        return done ? DRV_OK : told(host, done.error());
    });
}

drv_status store_list(const drv_host_v1 *self, drv_str prefix, void *data,
                      std::uint32_t (*use)(void *data, drv_str key)) noexcept {
    return fenced([&]() -> drv_status {
        const auto begin = text_of(prefix);
        if (!begin || use == nullptr)
            return DRV_E_INVALID;
        HostBridge &host = HostBridge::of(self);
        const auto keys = host.services().store().keys(*begin);
        if (!keys)
            return told(host, keys.error());
        for (const std::string &key : *keys) {
            if (invoke(use, data, borrow(key)) == 0)
                break;
        }
        return DRV_OK;
    });
}

drv_status exec_run(const drv_host_v1 *self, const drv_call *call, const drv_exec_req *request,
                    const drv_exec_sink *sink, drv_exec_end *end) noexcept {
    return fenced([&] {
        HostBridge &host = HostBridge::of(self);
        return run_program(call, request, sink, end,
                           [&](std::string_view sentence) { host.log(LogLevel::warn, sentence); });
    });
}

DriverTimers::Clock::time_point moment_of(std::uint64_t ns) noexcept {
    const auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return DriverTimers::Clock::time_point(
        std::chrono::nanoseconds(static_cast<std::int64_t>(std::min(ns, most))));
}

drv_status timer_set(const drv_host_v1 *self, std::uint64_t when_ns, void *data, void (*fire)(void *data),
                     std::uint64_t *timer) noexcept {
    return fenced([&]() -> drv_status {
        if (fire == nullptr || timer == nullptr)
            return DRV_E_INVALID;
        HostBridge &host = HostBridge::of(self);
        const auto number = host.services().timers().set(moment_of(when_ns), data, fire);
        if (!number)
            return told(host, number.error());
        *timer = *number;
        return DRV_OK;
    });
}

drv_status timer_cancel(const drv_host_v1 *self, std::uint64_t timer) noexcept {
    return fenced([&]() -> drv_status {
        return HostBridge::of(self).services().timers().cancel(timer) ? DRV_OK : DRV_E_NOT_FOUND;
    });
}

constexpr drv_store_v1 kStore = {.struct_size = sizeof kStore,
                                 .reserved = 0,
                                 .get = &store_get,
                                 .put = &store_put,
                                 .erase = &store_erase,
                                 .list = &store_list};
constexpr drv_exec_v1 kExec = {.struct_size = sizeof kExec, .reserved = 0, .run = &exec_run};
constexpr drv_timer_v1 kTimer = {
    .struct_size = sizeof kTimer, .reserved = 0, .set = &timer_set, .cancel = &timer_cancel};

} // namespace

const void *HostServices::find(std::string_view id) const noexcept {
    if (id == DRV_SERVICE_STORE)
        return store_ ? &kStore : nullptr;
    if (id == DRV_SERVICE_EXEC)
        return &kExec;
    if (id == DRV_SERVICE_TIMER)
        return &kTimer;
    return nullptr;
}

} // namespace drover
