// Reading an answer's JSON field by field: what is missing or of another kind throws Error(internal) that
// names the request and the way to the field.
#pragma once

#include "drover/sdk/error.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drv::rest {

// A view of one value: the value must outlive it.
class Json {
public:
    // `where`: what the value is part of, as "GET /api/1.5/volume".
    Json(const boost::json::value &value, std::string where) : value_(&value), where_(std::move(where)) {}

    // The member; find: nothing when it is absent or null.
    [[nodiscard]] Json at(std::string_view key) const;
    [[nodiscard]] std::optional<Json> find(std::string_view key) const;
    // The elements of a list.
    [[nodiscard]] std::vector<Json> items() const;

    [[nodiscard]] std::string text() const;
    [[nodiscard]] std::uint64_t u64() const; // no fraction, no sign
    [[nodiscard]] double number() const;     // any number
    [[nodiscard]] bool boolean() const;

    [[nodiscard]] bool is_list() const noexcept { return value_->is_array(); }
    [[nodiscard]] bool is_object() const noexcept { return value_->is_object(); }
    [[nodiscard]] bool is_text() const noexcept { return value_->is_string(); }
    [[nodiscard]] bool is_null() const noexcept { return value_->is_null(); }
    [[nodiscard]] const boost::json::value &raw() const noexcept { return *value_; }

private:
    [[nodiscard]] Error wrong(std::string_view expected) const;

    const boost::json::value *value_;
    std::string where_;
};

} // namespace drv::rest
