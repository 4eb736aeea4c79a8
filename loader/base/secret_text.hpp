// Text that must not be shown: it cannot be printed, formatted, compared with == or turned into a string by
// accident, and its memory is wiped when it dies. Whoever needs the value calls reveal(), which is easy to
// find.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace drover {

// Overwrites the text (its whole capacity) in a way the compiler may not drop, and empties it.
void wipe(std::string &text) noexcept;

class SecretText {
public:
    SecretText() = default;
    explicit SecretText(std::string value) : value_(std::move(value)) {}
    SecretText(const SecretText &) = default;
    SecretText(SecretText &&other) noexcept : value_(std::move(other.value_)) { wipe(other.value_); }
    SecretText &operator=(const SecretText &other) {
        if (this != &other) {
            wipe(value_);
            value_ = other.value_;
        }
        return *this;
    }
    SecretText &operator=(SecretText &&other) noexcept {
        if (this != &other) {
            wipe(value_);
            value_ = std::move(other.value_);
            wipe(other.value_);
        }
        return *this;
    }
    ~SecretText() { wipe(value_); }

    // The value itself. Lives as long as this object and never belongs in a message.
    [[nodiscard]] const std::string &reveal() const noexcept { return value_; }
    [[nodiscard]] bool empty() const noexcept { return value_.empty(); }

    template <typename Stream>
    friend Stream &operator<<(Stream &, const SecretText &) = delete;

private:
    std::string value_;
};

} // namespace drover
