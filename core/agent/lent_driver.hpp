// An open driver and all who use it now. Another one can take its place while calls run in it: they end in
// it, and it is closed when the last of them has ended.
#pragma once

#include "loader/driver.hpp"

#include <future>
#include <memory>

namespace drover {

class LentDriver {
public:
    // The pointer to lend to callers. It keeps the driver open, and closes it in the end where nobody waits
    // for that.
    static std::shared_ptr<Driver> lend(const std::shared_ptr<LentDriver> &lent) {
        return {lent->driver_.get(), [lent](Driver *) { lent->left_.set_value(); }};
    }

    explicit LentDriver(std::unique_ptr<Driver> driver) noexcept : driver_(std::move(driver)) {}
    LentDriver(const LentDriver &) = delete;
    LentDriver &operator=(const LentDriver &) = delete;
    ~LentDriver() = default;

    // Waits until nobody holds what was lent any more, which must have been lent once, and closes the driver.
    // Once.
    void close_after_use() {
        left_.get_future().wait();
        driver_.reset();
    }

private:
    std::unique_ptr<Driver> driver_;
    std::promise<void> left_;
};

} // namespace drover
