// What stands behind drv_instance, and the one way from a slot of the C table into a method: check the call,
// look at the deadline, run the method behind the guard. Not for driver authors.
#pragma once

#include "drover/abi/driver.h"
#include "drover/sdk/call.hpp"
#include "drover/sdk/guard.hpp"
#include "drover/sdk/host.hpp"
#include "drover/sdk/sink.hpp"

#include <atomic>
#include <utility>

namespace drv::detail {

template <class T>
struct Instance {
    Instance(const drv_host_v1 *raw_host, Call &call) : host(raw_host), driver(host, call) {}

    Host host;
    T driver;
    std::atomic<int> running{0}; // ops in progress; counted in debug builds only
};

template <class T>
Instance<T> &instance_of(drv_instance *self) noexcept {
    return *reinterpret_cast<Instance<T> *>(self);
}

// Counts an op and tells the host when it breaks the promise of DRV_DRIVER_SERIAL.
template <class T>
class Running {
public:
    explicit Running([[maybe_unused]] Instance<T> &instance) noexcept : instance_(instance) {
#ifndef NDEBUG
        const int others = instance_.running.fetch_add(1);
        if (others > 0 && (T::description().flags & DRV_DRIVER_SERIAL) != 0) {
            instance_.host.log(LogLevel::host_misbehaving,
                               "two operations at a time on a driver that asked for one");
        }
#endif
    }
    ~Running() {
#ifndef NDEBUG
        instance_.running.fetch_sub(1);
#endif
    }
    Running(const Running &) = delete;
    Running &operator=(const Running &) = delete;

private:
    [[maybe_unused]] Instance<T> &instance_;
};

// A call that arrives too late, or already given up, changes nothing.
inline void refuse_late(const Call &call) {
    if (call.deadline_passed())
        throw Error(Code::deadline, "the deadline had passed when the operation arrived").retryable();
    if (call.cancelled())
        throw Error(Code::cancelled, "the operation was cancelled before it began").retryable();
}

// body(T &driver, Call &call)
template <class T, class Body>
drv_status run(drv_instance *self, const drv_call *raw, Effect effect, const Body &body) noexcept {
    if (self == nullptr)
        return DRV_E_INTERNAL;
    Instance<T> &instance = instance_of<T>(self);
    if (!is_complete(raw)) {
        instance.host.log(LogLevel::host_misbehaving, "an operation came without a usable drv_call");
        return DRV_E_INTERNAL;
    }
    const Running<T> running(instance);
    return guard(raw, effect, [&] {
        CallScope scope(raw, instance.host.raw());
        refuse_late(scope.call());
        body(instance.driver, scope.call());
    });
}

// An op that answers with exactly one record: make(driver, call) returns it. The sink is checked first, so
// that nothing is changed which could not be told.
template <class T, class OutSink, class RawSink, class Make>
drv_status run_one(drv_instance *self, const drv_call *raw, Effect effect, const RawSink *sink,
                   const Make &make) noexcept {
    return run<T>(self, raw, effect, [&](T &driver, Call &call) {
        OutSink out(sink);
        out.emit(make(driver, call));
    });
}

// An op that answers with rows: fill(driver, call, sink).
template <class T, class OutSink, class RawSink, class Fill>
drv_status run_many(drv_instance *self, const drv_call *raw, Effect effect, const RawSink *sink,
                    const Fill &fill) noexcept {
    return run<T>(self, raw, effect, [&](T &driver, Call &call) {
        OutSink out(sink);
        fill(driver, call, out);
        out.throw_if_stopped();
    });
}

} // namespace drv::detail
