// What one op of a driver gave back, with everything it said on the way, unjudged. The checks (checks.hpp)
// judge.
#pragma once

#include "drover/abi/types.h"
#include "loader/base/error.hpp"
#include "loader/volume_types.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drover::conformance {

// "OK", "CONFLICT"; a code that the ABI does not have reads "unknown code 77".
std::string status_name(drv_status status);

struct Answer {
    std::string op; // "create", "snapshot.clone"
    drv_status status = DRV_OK;
    std::optional<Error> failure;           // what the driver's last fail() said
    std::optional<drv_status> failure_code; // the code in it
    std::vector<BackendVolume> volumes;     // in the order of emit
    std::vector<Connection> connections;
    std::vector<Profile> profiles;
    std::vector<std::uint32_t> progress; // everything said to it, in order
    std::vector<std::string> tokens;     // of next_page
    std::vector<std::string> breaches; // of the ABI's form: "emitted a volume whose "id" is not valid UTF-8"
    bool was_stopped = false;          // a sink answered DRV_E_STOPPED
    std::chrono::nanoseconds took{0};

    [[nodiscard]] bool is_ok() const noexcept { return status == DRV_OK; }
    [[nodiscard]] bool is_state_unknown() const noexcept { return failure && failure->state_unknown; }
    // For findings: "OK", "CONFLICT: the volume is attached to node-b".
    [[nodiscard]] std::string describe() const;
};

} // namespace drover::conformance
