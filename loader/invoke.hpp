// The one way into a driver's code. The table counts as noexcept: an exception that leaves a driver may have
// been thrown by another C++ runtime, which no catch of ours can be trusted with, so it ends the process
// here, at once and visibly. The SDK's fence keeps that from happening.
#pragma once

namespace drover {

template <typename Answer, typename... Parameters, typename... Arguments>
Answer invoke(Answer (*slot)(Parameters...), Arguments... arguments) noexcept {
    return slot(arguments...);
}

} // namespace drover
