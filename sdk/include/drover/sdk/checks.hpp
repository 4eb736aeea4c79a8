// What the host passes, checked in one place: sizes of structs, flags, ids and every text. A request that
// fails here is answered with INVALID before the driver's method runs, so methods may rely on it: ids are 1
// to 255 bytes of UTF-8 without control characters, names at most 255, and no flag bit is set that the method
// does not know.
#pragma once

#include "drover/abi/volume.h"
#include "drover/sdk/error.hpp"
#include "drover/sdk/text.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace drv {

inline constexpr std::size_t kMaxIdBytes = 255;
inline constexpr std::size_t kMaxValueBytes = 65536;
inline constexpr std::size_t kMaxRows = 4096;

// The host's key/value pairs of one request. A view: valid until the op returns. Keys may repeat.
class Attributes {
public:
    class Iterator {
    public:
        using value_type = std::pair<std::string_view, std::string_view>;
        using difference_type = std::ptrdiff_t;
        Iterator() = default;
        explicit Iterator(const drv_kv *at) noexcept : at_(at) {}
        value_type operator*() const noexcept { return {view_of(at_->key), view_of(at_->value)}; }
        Iterator &operator++() noexcept {
            ++at_;
            return *this;
        }
        Iterator operator++(int) noexcept { return Iterator(at_++); }
        friend bool operator==(const Iterator &, const Iterator &) = default;

    private:
        const drv_kv *at_ = nullptr;
    };

    Attributes() = default;
    Attributes(const drv_kv *rows, std::size_t count) noexcept : rows_(rows), count_(count) {}
    [[nodiscard]] Iterator begin() const noexcept { return Iterator(rows_); }
    [[nodiscard]] Iterator end() const noexcept { return Iterator(count_ == 0 ? rows_ : rows_ + count_); }
    [[nodiscard]] std::size_t size() const noexcept { return count_; }
    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
    // The first value of the key.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view key) const noexcept {
        for (const auto &[name, value] : *this) {
            if (name == key)
                return value;
        }
        return std::nullopt;
    }

private:
    const drv_kv *rows_ = nullptr;
    std::size_t count_ = 0;
};

namespace detail {

[[nodiscard]] inline Error invalid(std::string_view field, std::string_view wrong) {
    return Error(Code::invalid, std::string(field) + ' ' + std::string(wrong));
}

inline std::string_view check_text(std::string_view field, drv_str text, std::size_t max_bytes) {
    if (text.data == nullptr && text.len != 0)
        throw invalid(field, "has a length but a NULL data pointer");
    if (text.len > max_bytes) {
        throw invalid(field, "is " + std::to_string(text.len) + " bytes long; at most " +
                                 std::to_string(max_bytes) + " are allowed");
    }
    if (!is_utf8(view_of(text)))
        throw invalid(field, "is not valid UTF-8");
    return view_of(text);
}

inline std::string_view check_name(std::string_view field, drv_str text) {
    const std::string_view name = check_text(field, text, kMaxIdBytes);
    if (has_control_characters(name))
        throw invalid(field, "holds a control character");
    return name;
}

inline std::string_view check_id(std::string_view field, drv_str text) {
    if (text.len == 0)
        throw invalid(field, "is empty");
    return check_name(field, text);
}

inline void check_flags(std::uint64_t flags, std::uint64_t known) {
    if ((flags & ~known) != 0)
        throw invalid("flags", "holds a bit this driver does not know");
}

inline void check_rows(std::string_view field, const void *rows, std::uint64_t count) {
    if (count > kMaxRows) {
        throw invalid(field, "has " + std::to_string(count) + " entries; at most " +
                                 std::to_string(kMaxRows) + " are allowed");
    }
    if (count > 0 && rows == nullptr)
        throw invalid(field, "has entries but a NULL data pointer");
}

inline Attributes check_attributes(std::string_view field, const drv_kv *rows, std::uint64_t count) {
    check_rows(field, rows, count);
    for (std::uint64_t i = 0; i < count; ++i) {
        check_id(field, rows[i].key);
        check_text(field, rows[i].value, kMaxValueBytes);
    }
    return {rows, count};
}

// NULL, or smaller than minor 0: the host breaks the contract. `minor0` is offset plus size of the last field
// of minor 0.
template <class Struct>
const Struct &check_struct(std::string_view name, const Struct *given, std::size_t minor0) {
    if (given == nullptr)
        throw invalid(name, "is NULL");
    if (given->struct_size < minor0) {
        throw invalid(name, "has struct_size " + std::to_string(given->struct_size) + "; at least " +
                                std::to_string(minor0) + " is needed");
    }
    return *given;
}

} // namespace detail
} // namespace drv

// The size of `type` up to and with `field`.
#define DRV_SIZE_WITH(type, field) (offsetof(type, field) + sizeof(type::field))
