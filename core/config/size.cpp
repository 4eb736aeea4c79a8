#include "core/config/size.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>

namespace drover {
namespace {

__extension__ typedef unsigned __int128 Wide; // NOLINT(modernize-use-using): __extension__ needs it

constexpr std::string_view kUnits = "kmgtpe";
constexpr std::size_t kMaxShown = 40;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

tl::unexpected<Error> not_a_size(std::string_view text, std::string_view why) {
    std::string shown(text.substr(0, kMaxShown));
    if (shown.size() < text.size()) { // a character is shown whole or not at all
        std::size_t length = shown.size();
        while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80)
            --length;
        shown = shown.substr(0, length) + "...";
    }
    for (char &c : shown) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            c = '?';
    }
    return fail(Code::invalid, fmt::format("\"{}\" is not a size: {}", shown, why));
}

// The power of 1024 that a unit stands for; -1: unknown.
int unit_power(std::string_view unit) {
    if (unit.empty())
        return 0;
    if (unit.size() == 1 && lower(unit[0]) == 'b')
        return 0;
    const auto letter = kUnits.find(lower(unit[0]));
    if (letter == std::string_view::npos)
        return -1;
    const auto rest = unit.substr(1);
    const bool known = rest.empty() || (rest.size() == 1 && lower(rest[0]) == 'b') ||
                       (rest.size() == 2 && lower(rest[0]) == 'i' && lower(rest[1]) == 'b');
    return known ? static_cast<int>(letter) + 1 : -1;
}

} // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
    constexpr std::string_view kForm = "write a number and a unit, such as 10GiB, 512M or 1.5t";
    constexpr std::string_view kTooLarge = "it is beyond the largest size, just under 16 EiB";
    constexpr Wide kMax = std::numeric_limits<std::uint64_t>::max();

    std::size_t at = 0;
    Wide whole = 0;
    while (at < text.size() && is_digit(text[at])) {
        whole = whole * 10 + static_cast<unsigned>(text[at++] - '0');
        if (whole > kMax)
            return not_a_size(text, kTooLarge);
    }
    if (at == 0)
        return not_a_size(text, kForm);
    Wide fraction = 0;
    Wide scale = 1;
    if (at < text.size() && text[at] == '.') {
        const auto first = ++at;
        while (at < text.size() && is_digit(text[at])) {
            if (at - first >= 9)
                return not_a_size(text, "it has more than nine digits after the point");
            fraction = fraction * 10 + static_cast<unsigned>(text[at++] - '0');
            scale *= 10;
        }
        if (at == first)
            return not_a_size(text, kForm);
    }
    const bool has_fraction = scale > 1;
    if (at < text.size() && text[at] == ' ')
        ++at;
    const auto unit = text.substr(at);
    const int power = unit_power(unit);
    if (power < 0 || text.ends_with(' '))
        return not_a_size(text, "unknown unit; the units are B, K, M, G, T, P and E, also as KB or KiB");
    if (has_fraction && power == 0)
        return not_a_size(text, "a fraction needs a unit, such as 1.5g");
    const Wide multiplier = Wide{1} << (10 * power);
    // Rounded up, so that nobody gets less than was asked for.
    const Wide bytes = whole * multiplier + (fraction * multiplier + scale - 1) / scale;
    if (bytes > kMax)
        return not_a_size(text, kTooLarge);
    return static_cast<std::uint64_t>(bytes);
}

std::string format_size(std::uint64_t bytes) {
    static constexpr std::array<std::string_view, 7> kNames = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    std::size_t power = 0;
    while (power + 1 < kNames.size() && (bytes >> (10 * (power + 1))) != 0)
        ++power;
    const std::uint64_t unit = std::uint64_t{1} << (10 * power);
    const auto hundredths = static_cast<unsigned>(Wide{bytes % unit} * 100 / unit);
    std::string text = fmt::format("{}", bytes / unit);
    if (hundredths != 0) {
        text +=
            hundredths % 10 == 0 ? fmt::format(".{}", hundredths / 10) : fmt::format(".{:02}", hundredths);
    }
    return fmt::format("{} {}", text, kNames[power]);
}

} // namespace drover
