// The bytes of an input as what a driver hands to its host: numbers, texts with their lengths, arrays. Each
// lies in memory of exactly its size, so that AddressSanitizer sees a reader that goes one byte too far.
#pragma once

#include "drover/abi/types.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace drover::fuzz {

class DriverInput {
public:
    DriverInput(const std::uint8_t *data, std::size_t size) noexcept : rest_(data), left_(size) {}

    std::uint8_t byte() noexcept {
        if (left_ == 0)
            return 0;
        --left_;
        return *rest_++;
    }
    // Small ones mostly, and now and then what a number may be at most.
    std::uint64_t number() noexcept {
        const std::uint8_t what = byte();
        if (what < 0xf0)
            return what;
        std::uint64_t value = 0;
        for (int i = 0; i < 8; ++i)
            value = value << 8U | byte();
        return what == 0xff ? ~value : value;
    }

    // A text that is there, or only a length, which nobody may believe.
    drv_str text() {
        const std::uint8_t what = byte();
        if (what == 0xff)
            return {nullptr, number()};
        if (what == 0xfe)
            return {store("", 1), kAbsurd + number() % kAbsurd};
        if (what >= 0xf8) { // long ones, about the limits of the fields
            const std::string text(std::size_t{byte()} * 20, static_cast<char>(byte()));
            return {store(text.data(), text.size()), text.size()};
        }
        const std::size_t size = std::min<std::size_t>(what, left_);
        const drv_str out{store(rest_, size), size};
        rest_ += size;
        left_ -= size;
        return out;
    }

    // An array whose count may be a lie only where every reader must refuse it.
    template <typename Row, typename Make>
    const Row *rows(std::uint64_t &count, Make make) {
        const std::uint8_t what = byte();
        if (what >= 0xf0) {
            count = kAbsurd + number() % kAbsurd;
            return what == 0xff ? nullptr : as<Row>(store("", 1));
        }
        count = what % 8;
        if (what >= 0xe0)
            return nullptr;
        std::vector<Row> made;
        for (std::uint64_t i = 0; i < count; ++i)
            made.push_back(make());
        return as<Row>(store(made.data(), made.size() * sizeof(Row)));
    }

    // The first `bytes` of a struct, as one that was compiled with fewer fields.
    template <typename Record>
    const Record *record(const Record &whole, std::size_t bytes) {
        return as<Record>(store(&whole, std::clamp(bytes, sizeof(std::uint64_t), sizeof whole)));
    }

private:
    static constexpr std::uint64_t kAbsurd = 1U << 20;

    const char *store(const void *from, std::size_t size) {
        stored_.emplace_back(new char[size]); // aligned for every type
        if (size != 0)
            std::memcpy(stored_.back().get(), from, size);
        return stored_.back().get();
    }
    template <typename T>
    static const T *as(const void *bytes) noexcept {
        return static_cast<const T *>(bytes);
    }

    const std::uint8_t *rest_;
    std::size_t left_;
    std::deque<std::unique_ptr<char[]>> stored_;
};

} // namespace drover::fuzz
