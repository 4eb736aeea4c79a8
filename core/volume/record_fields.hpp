// Reading the rows of the journal strictly. Private to the files that encode and decode them.
#pragma once

#include "loader/base/error.hpp"
#include "loader/driver_text.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <array>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

namespace drover::rows {

namespace json = boost::json;

// Thrown and caught in what reads rows only.
struct BadRow : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Of a text of the row, in a message.
inline constexpr std::size_t kShown = 64;

template <typename Enum, std::size_t N>
Enum enum_of(const std::array<std::string_view, N> &names, std::string_view text, std::string_view key) {
    for (std::size_t i = 0; i < N; ++i) {
        if (names[i] == text)
            return static_cast<Enum>(i);
    }
    throw BadRow(fmt::format("{}: unknown value \"{}\"", key, one_line(text, kShown)));
}

// Reads an object field by field and insists that every field was asked for.
class Fields {
public:
    explicit Fields(const json::value &value) {
        if (!value.is_object())
            throw BadRow("not an object");
        object_ = &value.get_object();
    }
    const json::value &at(std::string_view key) {
        seen_.insert(std::string(key));
        const auto *value = object_->if_contains(key);
        if (value == nullptr)
            throw BadRow(fmt::format("{}: missing", key));
        return *value;
    }
    const json::value *find(std::string_view key) {
        seen_.insert(std::string(key));
        return object_->if_contains(key);
    }
    std::string text(std::string_view key) {
        const auto &value = at(key);
        if (!value.is_string())
            throw BadRow(fmt::format("{}: not a text", key));
        return std::string(value.get_string());
    }
    std::uint64_t number(std::string_view key) {
        const auto &value = at(key);
        if (value.is_uint64())
            return value.get_uint64();
        if (value.is_int64() && value.get_int64() >= 0)
            return static_cast<std::uint64_t>(value.get_int64());
        throw BadRow(fmt::format("{}: not a number from 0 up", key));
    }
    bool boolean(std::string_view key) {
        const auto &value = at(key);
        if (!value.is_bool())
            throw BadRow(fmt::format("{}: not true or false", key));
        return value.get_bool();
    }
    void end() const {
        for (const auto &field : *object_) {
            if (!seen_.contains(std::string(field.key()))) {
                throw BadRow(
                    fmt::format("{}: unknown field", one_line(std::string_view(field.key()), kShown)));
            }
        }
    }

private:
    const json::object *object_ = nullptr;
    std::set<std::string> seen_;
};

template <typename Record, typename Read>
Result<Record> decode(std::string_view text, std::string_view what, Read &&read) {
    try {
        boost::json::error_code error;
        const json::value value = json::parse(json::string_view(text.data(), text.size()), error);
        if (error)
            throw BadRow(error.message());
        Fields fields(value);
        if (const std::uint64_t version = fields.number("v"); version != 1) {
            throw BadRow(fmt::format(
                "v: version {}; this agent knows 1: use the agent that wrote it, or a newer one", version));
        }
        Record record = read(fields);
        fields.end();
        return record;
    } catch (const std::exception &bad) {
        return fail(Code::internal, fmt::format("cannot read a {} row of the state: {}", what, bad.what()));
    }
}

} // namespace drover::rows
