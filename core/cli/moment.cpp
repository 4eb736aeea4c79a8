#include "core/cli/moment.hpp"

#include <array>
#include <charconv>
#include <ctime>

namespace drover::cli {
namespace {

// Exactly `digits` of them at `at`.
std::optional<int> digits_at(std::string_view text, std::size_t at, std::size_t digits) {
    if (text.size() < at + digits)
        return std::nullopt;
    int value = 0;
    const auto *begin = text.data() + at;
    const auto [end, error] = std::from_chars(begin, begin + digits, value);
    return error == std::errc() && end == begin + digits && *begin != '-' ? std::optional(value)
                                                                          : std::nullopt;
}

} // namespace

std::optional<Moment> parse_moment(std::string_view text) {
    constexpr std::string_view kShape = "0000-00-00T00:00:00";
    if (text.size() <= kShape.size() || text.back() != 'Z' || text[4] != '-' || text[7] != '-' ||
        text[10] != 'T' || text[13] != ':' || text[16] != ':')
        return std::nullopt;
    const auto year = digits_at(text, 0, 4);
    const auto month = digits_at(text, 5, 2);
    const auto day = digits_at(text, 8, 2);
    const auto hour = digits_at(text, 11, 2);
    const auto minute = digits_at(text, 14, 2);
    const auto second = digits_at(text, 17, 2);
    if (!year || !month || !day || !hour || !minute || !second)
        return std::nullopt;
    std::tm broken{};
    broken.tm_year = *year - 1900;
    broken.tm_mon = *month - 1;
    broken.tm_mday = *day;
    broken.tm_hour = *hour;
    broken.tm_min = *minute;
    broken.tm_sec = *second;
    auto moment = std::chrono::system_clock::from_time_t(::timegm(&broken));
    if (const auto milliseconds = digits_at(text, kShape.size() + 1, 3);
        milliseconds && text[kShape.size()] == '.')
        moment += std::chrono::milliseconds(*milliseconds);
    return moment;
}

std::string format_distance(Moment a, Moment b) {
    struct Unit {
        std::int64_t seconds;
        const char *letter;
    };
    constexpr std::array kUnits = {Unit{std::int64_t{365} * 86400, "y"}, Unit{86400, "d"}, Unit{3600, "h"},
                                   Unit{60, "m"}};
    const auto distance = a < b ? b - a : a - b;
    const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(distance).count();
    for (const auto &unit : kUnits) {
        if (seconds >= unit.seconds)
            return std::to_string(seconds / unit.seconds) + unit.letter;
    }
    return std::to_string(seconds) + "s";
}

std::string format_duration(Moment begin, Moment end) {
    if (end - begin >= std::chrono::seconds(1))
        return format_distance(begin, end);
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(end - begin).count()) + "ms";
}

std::string age_of(std::string_view time, Moment now) {
    const auto moment = parse_moment(time);
    return moment ? format_distance(*moment, now) : "-";
}

} // namespace drover::cli
