// drv.qos/1 as methods. What each must do is at its slot in drover/ext/qos.h.
#pragma once

#include "drover/ext/qos.h"
#include "drover/sdk/instance.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>

namespace drv {

// The limits of one volume; a limit without a value does not exist. Values are at least 1.
struct Qos {
    std::optional<std::uint64_t> max_iops{}, min_iops{}, burst_iops{}, max_bytes_per_second{};
};

template <class T>
concept LimitsQos = requires(T &driver, Call &call, std::string_view id, const Qos &limits) {
    { driver.qos_supported(call) } -> std::convertible_to<std::uint64_t>; // OR of DRV_QOS_*
    { driver.qos_get(call, id) } -> std::convertible_to<Qos>;
    driver.qos_set(call, id, limits);
    driver.qos_clear(call, id);
};

namespace detail {

template <class T>
concept MentionsQos = requires {
    &T::qos_supported;
}
|| requires {
    &T::qos_get;
}
|| requires {
    &T::qos_set;
}
|| requires {
    &T::qos_clear;
};

inline Qos read(const drv_qos *given) {
    const auto &raw = check_struct("the limits", given, DRV_SIZE_WITH(drv_qos, max_bytes_per_second));
    check_flags(raw.limits,
                DRV_QOS_MAX_IOPS | DRV_QOS_MIN_IOPS | DRV_QOS_BURST_IOPS | DRV_QOS_MAX_BYTES_PER_SECOND);
    Qos limits;
    const auto take = [&](std::uint64_t which, std::uint64_t value, const char *field,
                          std::optional<std::uint64_t> &to) {
        if ((raw.limits & which) == 0)
            return;
        if (value == 0)
            throw invalid(field, "is 0; a limit is at least 1");
        to = value;
    };
    take(DRV_QOS_MAX_IOPS, raw.max_iops, "max_iops", limits.max_iops);
    take(DRV_QOS_MIN_IOPS, raw.min_iops, "min_iops", limits.min_iops);
    take(DRV_QOS_BURST_IOPS, raw.burst_iops, "burst_iops", limits.burst_iops);
    take(DRV_QOS_MAX_BYTES_PER_SECOND, raw.max_bytes_per_second, "max_bytes_per_second",
         limits.max_bytes_per_second);
    return limits;
}

inline void lower(const Qos &from, drv_qos &to) noexcept {
    to.limits = 0;
    const auto give = [&](std::uint64_t which, const std::optional<std::uint64_t> &value,
                          std::uint64_t &field) {
        field = value.value_or(0);
        to.limits |= value ? which : 0;
    };
    give(DRV_QOS_MAX_IOPS, from.max_iops, to.max_iops);
    give(DRV_QOS_MIN_IOPS, from.min_iops, to.min_iops);
    give(DRV_QOS_BURST_IOPS, from.burst_iops, to.burst_iops);
    give(DRV_QOS_MAX_BYTES_PER_SECOND, from.max_bytes_per_second, to.max_bytes_per_second);
}

template <class T>
struct QosTable {
    static drv_status supported(drv_instance *self, const drv_call *raw, std::uint64_t *limits) noexcept {
        return run<T>(self, raw, Effect::none, [&](T &driver, Call &call) {
            if (limits == nullptr)
                throw invalid("limits", "is NULL");
            *limits = driver.qos_supported(call);
        });
    }
    static drv_status get(drv_instance *self, const drv_call *raw, drv_str id, drv_qos *out) noexcept {
        return run<T>(self, raw, Effect::none, [&](T &driver, Call &call) {
            check_struct("the limits", out, DRV_SIZE_WITH(drv_qos, max_bytes_per_second));
            lower(driver.qos_get(call, check_id("id", id)), *out);
        });
    }
    static drv_status set(drv_instance *self, const drv_call *raw, drv_str id,
                          const drv_qos *limits) noexcept {
        return run<T>(self, raw, Effect::changes,
                      [&](T &driver, Call &call) { driver.qos_set(call, check_id("id", id), read(limits)); });
    }
    static drv_status clear(drv_instance *self, const drv_call *raw, drv_str id) noexcept {
        return run<T>(self, raw, Effect::changes,
                      [&](T &driver, Call &call) { driver.qos_clear(call, check_id("id", id)); });
    }
    static constexpr drv_qos_v1 kTable = {.struct_size = sizeof(drv_qos_v1),
                                          .reserved = 0,
                                          .supported = &supported,
                                          .get = &get,
                                          .set = &set,
                                          .clear = &clear};
};

} // namespace detail
} // namespace drv
