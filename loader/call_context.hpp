// What a caller says about one call: until when, on whose behalf, how to stop it, and where its progress
// goes.
#pragma once

#include "loader/base/deadline.hpp"
#include "loader/base/error.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace drover {

// Stops calls from another thread. cancel() is safe from any thread, any number of times; every call that was
// given the source sees it, also one that starts later.
class CancelSource {
public:
    CancelSource();
    ~CancelSource();
    CancelSource(const CancelSource &) = delete;
    CancelSource &operator=(const CancelSource &) = delete;

    void cancel() noexcept;
    [[nodiscard]] bool is_cancelled() const noexcept;
    // Readable once cancelled; owned by the source. Made at the first request, so that a source costs no
    // descriptor until a driver asks; -1 when the process has none left.
    [[nodiscard]] int fd() noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
};

using ProgressFn = std::function<void(unsigned permille, std::string_view stage)>;

// Cheap to build for every call; borrows everything, so it must not outlive what it points to.
struct CallContext {
    Deadline deadline = Deadline::never();
    std::string_view request_id;          // the same on every retry of one request
    CancelSource *cancel = nullptr;       // may be null
    const ProgressFn *progress = nullptr; // may be null; called on the driver's threads
};

} // namespace drover
