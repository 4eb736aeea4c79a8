#include "one_instant.hpp"

#include "loop_counters.hpp"

#include <algorithm>
#include <chrono>

namespace loopback {
namespace {

constexpr int kAttempts = 5;
// A copy that takes longer was outwritten once and will be again.
constexpr std::chrono::seconds kShort{5};
// A write that the device has done is counted a moment later.
constexpr std::chrono::milliseconds kSettle{2};

std::vector<WriteActivity> activity_of(const std::vector<std::string> &devices) {
    std::vector<WriteActivity> all;
    all.reserve(devices.size());
    for (const std::string &device : devices)
        all.push_back(read_write_activity(device));
    return all;
}

bool is_idle(const std::vector<WriteActivity> &all) {
    return std::all_of(all.begin(), all.end(), [](const WriteActivity &each) { return each.in_flight == 0; });
}

} // namespace

void copy_at_one_instant(const drv::Call &call, const std::vector<std::string> &devices,
                         const std::function<void()> &flush, const std::function<bool()> &copy,
                         std::string_view advice) {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        const auto start = std::chrono::steady_clock::now();
        flush();
        const auto before = activity_of(devices);
        if (copy() || devices.empty())
            return;
        const bool was_idle = is_idle(activity_of(devices));
        if (!call.wait_for(kSettle))
            call.throw_if_cancelled();
        const auto after = activity_of(devices);
        if (was_idle && is_idle(after) &&
            std::equal(before.begin(), before.end(), after.begin(), after.end(),
                       [](const WriteActivity &a, const WriteActivity &b) { return a.done == b.done; }))
            return;
        if (std::chrono::steady_clock::now() - start > kShort)
            break;
    }
    throw drv::Error(drv::Code::conflict,
                     "data was written while it was copied, so that the copy would not show one instant; " +
                         std::string(advice))
        .retryable();
}

} // namespace loopback
