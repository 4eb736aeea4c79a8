// Text on its way to a driver. The ABI promises that data[len] is '\0', which a string_view does not; short
// text (every id is) is copied into the object, so that a call costs no allocation.
#pragma once

#include "drover/abi/types.h"

#include <array>
#include <cstring>
#include <string>
#include <string_view>

namespace drover {

// For text that is terminated already.
inline drv_str borrow(const std::string &text) noexcept {
    return drv_str{text.c_str(), text.size()};
}

class HostText {
public:
    explicit HostText(std::string_view text) : size_(text.size()) {
        if (size_ < inline_.size()) {
            if (size_ != 0)
                std::memcpy(inline_.data(), text.data(), size_);
            inline_[size_] = '\0';
        } else {
            long_ = text;
        }
    }
    HostText(const HostText &) = delete;
    HostText &operator=(const HostText &) = delete;

    [[nodiscard]] drv_str get() const noexcept {
        return drv_str{size_ < inline_.size() ? inline_.data() : long_.c_str(), size_};
    }

private:
    std::size_t size_;
    std::array<char, 64> inline_;
    std::string long_;
};

} // namespace drover
