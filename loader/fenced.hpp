// The fence around what a sink does while the driver's frames are on the stack.
#pragma once

#include "drover/abi/types.h"
#include "loader/records.hpp"

#include <exception>

namespace drover {

// No exception of ours may unwind through the driver's frames: what `body` throws becomes a note in
// `failure`.
template <typename Body>
drv_status fenced(RecordProblem &failure, const Body &body) noexcept {
    try {
        return body();
    } catch (const std::exception &error) {
        try {
            failure = error.what();
        } catch (...) { // no memory for the note
            failure.emplace();
        }
        return DRV_E_INTERNAL;
    } catch (...) {
        failure.emplace();
        return DRV_E_INTERNAL;
    }
}

} // namespace drover
