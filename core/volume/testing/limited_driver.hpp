// A driver with limits for volumes, kept in memory, over one that has none.
#pragma once

#include "core/volume/testing/forwarding_driver.hpp"
#include "drover/ext/qos.h"

#include <map>
#include <mutex>
#include <string>

namespace drover::testing {

class LimitedDriver final : public ForwardingDriver {
public:
    using ForwardingDriver::ForwardingDriver;

    bool offers(std::string_view extension) const noexcept override {
        return extension == DRV_EXT_QOS || ForwardingDriver::offers(extension);
    }
    Result<LimitKinds> limit_kinds(const CallContext &) override {
        return LimitKinds{.max_iops = true, .max_bytes_per_second = true};
    }
    Result<Limits> limits(const CallContext &call, std::string_view id) override {
        if (auto there = ForwardingDriver::get(call, id); !there)
            return fail(there.error());
        const std::lock_guard lock(mutex_);
        return limits_[std::string(id)];
    }
    Result<void> set_limits(const CallContext &, std::string_view id, const Limits &limits) override {
        if (limits.max_iops && *limits.max_iops < 100)
            return fail(Code::invalid, "it takes 100 at least");
        const std::lock_guard lock(mutex_);
        limits_[std::string(id)] = limits;
        return {};
    }
    // A volume with limits of its own is of no profile.
    Result<BackendVolume> get(const CallContext &call, std::string_view id) override {
        auto row = ForwardingDriver::get(call, id);
        const std::lock_guard lock(mutex_);
        if (row && limits_[std::string(id)] != Limits())
            row->profile.clear();
        return row;
    }

private:
    std::mutex mutex_;
    std::map<std::string, Limits> limits_;
};

} // namespace drover::testing
