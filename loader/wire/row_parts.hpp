// Inside of the wire's rows: what the groups of all records have in common. Included by rows.cpp and
// extension_rows.cpp only.
#pragma once

#include "loader/records.hpp"
#include "loader/wire/tags.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

namespace drover::wire {

inline constexpr drv_str kNoText{"", 0};

// What stands for an array that is not there: never followed, because of its count.
template <typename Row>
const Row *nothing_there() noexcept {
    static const Row row{};
    return &row;
}

inline bool can_follow(const void *data, std::uint64_t count) noexcept {
    return data != nullptr && count <= kMaxRows;
}

// The part of the record that the driver knows; the rest reads as zero.
template <typename Record>
Record known_part(const Record *from) noexcept {
    std::uint32_t size = 0;
    std::memcpy(&size, from, sizeof size); // struct_size is the first member of every record
    Record copy{};
    std::memcpy(static_cast<void *>(&copy), from, std::min<std::size_t>(size, sizeof copy));
    copy.struct_size = std::min(size, static_cast<std::uint32_t>(sizeof copy));
    return copy;
}

// Nothing is written for what the reader assumes anyway.
inline void write_text(FrameWriter &to, Tag tag, drv_str text) {
    if (text.len != 0)
        to.text(tag, text);
}

inline void write_array_problem(FrameWriter &to, Tag count_tag, std::uint64_t count, Tag null_tag,
                                const void *data) {
    to.number(count_tag, count);
    if (data == nullptr)
        to.number(null_tag, 1);
}

inline void write_attributes(FrameWriter &to, const drv_kv *attrs, std::uint64_t count) {
    if (count == 0)
        return;
    if (!can_follow(attrs, count))
        return write_array_problem(to, Tag::attr_count, count, Tag::attr_is_null, attrs);
    for (std::uint64_t i = 0; i < count; ++i) {
        to.text(Tag::attr_key, attrs[i].key);
        to.text(Tag::attr_value, attrs[i].value);
    }
}

inline void write_texts(FrameWriter &to, Tag tag, const drv_str *texts, std::uint64_t count) {
    if (!can_follow(texts, count))
        return;
    for (std::uint64_t i = 0; i < count; ++i)
        to.text(tag, texts[i]);
}

inline void write_struct_size(FrameWriter &to, std::uint32_t size, std::size_t usual) {
    if (size != usual)
        to.number(Tag::struct_size, size);
}

// An array as its fields tell it: rows that came, or the count of one that is not there.
struct Told {
    std::uint64_t count = 0;
    bool is_null = false;

    // False: a lie that a reader could follow.
    template <typename Row>
    bool apply(const std::vector<Row> &rows, const Row *&data, std::uint64_t &size) const noexcept {
        if (count == 0) {
            data = rows.data();
            size = rows.size();
            return !is_null;
        }
        data = is_null ? nullptr : nothing_there<Row>();
        size = count;
        return rows.empty() && (is_null || count > kMaxRows);
    }
};

// The fields that every record may have. False: the field is none of them, or nonsense.
class CommonFields {
public:
    CommonFields(std::vector<drv_kv> &pairs, std::uint32_t &struct_size)
        : pairs_(pairs), struct_size_(struct_size) {
        pairs_.clear();
    }
    void take(const Field &field, std::size_t usual_size) {
        switch (field.tag) {
        case Tag::is_null:
            is_null_ = true;
            break;
        case Tag::struct_size:
            ok_ = ok_ && field.number < usual_size;
            struct_size_ = static_cast<std::uint32_t>(field.number);
            break;
        case Tag::attr_key:
            pairs_.push_back({field.text(), kNoText});
            break;
        case Tag::attr_value:
            if (pairs_.empty()) {
                ok_ = false;
            } else {
                pairs_.back().value = field.text();
            }
            break;
        case Tag::attr_count:
            told_.count = field.number;
            break;
        case Tag::attr_is_null:
            told_.is_null = true;
            break;
        default: // of a later protocol
            break;
        }
    }
    [[nodiscard]] bool finish(const drv_kv *&data, std::uint64_t &count) const noexcept {
        return ok_ && told_.apply(pairs_, data, count);
    }
    [[nodiscard]] bool is_null() const noexcept { return is_null_; }

private:
    std::vector<drv_kv> &pairs_;
    std::uint32_t &struct_size_;
    Told told_;
    bool is_null_ = false;
    bool ok_ = true;
};

// A tag is a text's or a number's, always.
inline bool fits(const Field &field, bool number) noexcept {
    return field.is_number == number;
}

inline bool take_text(const Field &field, drv_str &to) noexcept {
    to = field.text();
    return fits(field, false);
}
inline bool take_number(const Field &field, std::uint64_t &to) noexcept {
    to = field.number;
    return fits(field, true);
}

} // namespace drover::wire
