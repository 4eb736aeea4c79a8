// Tells when the kernel's mount table changed, so that nobody is shown a mount point that an administrator
// unmounted. Sleeps in the kernel between changes.
#pragma once

#include "loader/base/error.hpp"
#include "loader/base/unique_fd.hpp"

#include <functional>
#include <memory>
#include <thread>

namespace drover {

class MountWatch {
public:
    // `changed` is called on the watch's own thread, after each change (several at once may be one call).
    static Result<std::unique_ptr<MountWatch>> start(std::function<void()> changed);
    ~MountWatch(); // returns when `changed` does not run any more
    MountWatch(const MountWatch &) = delete;
    MountWatch &operator=(const MountWatch &) = delete;

private:
    MountWatch(UniqueFd table, UniqueFd stop, std::function<void()> changed);
    void run() const;

    UniqueFd table_;
    UniqueFd stop_;
    std::function<void()> changed_;
    std::thread thread_;
};

} // namespace drover
