// Rows of the journal as they may lie on a damaged disk: a row is refused with a sentence, or it is a record
// that says the same again after it was written.
#include "core/volume/records.hpp"
#include "fuzz/check.hpp"

namespace {

using drover::fuzz::require;

template <typename Record>
void check(const drover::Result<Record> &read, drover::Result<Record> (*decode)(std::string_view)) {
    if (!read) {
        drover::fuzz::require_message(read.error().message);
        return;
    }
    const std::string written = encode(*read);
    const drover::Result<Record> again = decode(written);
    require(again.has_value(), "what was written can be read", written);
    require(*again == *read, "what is read again is what was written", written);
    require(encode(*again) == written, "the same record is written the same way", written);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view row = drover::fuzz::text_of(data, size);
    const auto volume = drover::decode_volume(row);
    check(volume, &drover::decode_volume);
    check(drover::decode_snapshot(row), &drover::decode_snapshot);
    if (volume) {
        for (const auto &[use, state] : volume->uses)
            require(volume->use_count() >= state.count, "uses do not add up to less than one of them", row);
    }
    return 0;
}
