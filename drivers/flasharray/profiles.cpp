#include "drivers/flasharray/profiles.hpp"

#include "drover/sdk/error.hpp"
#include "drover/sdk/text.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string_view>

namespace flasharray {

namespace {

constexpr std::uint64_t kLeastBandwidth = std::uint64_t{1} << 20U;
constexpr std::uint64_t kMostBandwidth = std::uint64_t{512} << 30U;
constexpr std::uint64_t kLeastIops = 100;
constexpr std::uint64_t kMostIops = 100'000'000;

drv::Error wrong_profile(const std::string &text, const std::string &why) {
    return {drv::Code::invalid, "has \"" + drv::one_line(text, 200) + "\": " + why};
}

// "200M", "200MiB", "20k" are powers of 1024 for bytes and of 1000 for counts.
std::optional<std::uint64_t> number_of(std::string_view text, std::uint64_t step) {
    std::uint64_t value = 0;
    const char *end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, value);
    if (text.empty() || problem != std::errc())
        return std::nullopt;
    std::string_view unit(stop, static_cast<std::size_t>(end - stop));
    if (step == 1024 && (unit.ends_with("iB") && unit.size() == 3))
        unit.remove_suffix(2);
    constexpr std::string_view kUnits = "KMGT";
    std::size_t power = 0;
    if (unit.size() == 1) {
        const std::size_t at = kUnits.find(unit.front() == 'k' ? 'K' : unit.front());
        if (at == std::string_view::npos)
            return std::nullopt;
        power = at + 1;
    } else if (!unit.empty()) {
        return std::nullopt;
    }
    for (; power > 0; --power) {
        if (value > std::numeric_limits<std::uint64_t>::max() / step)
            return std::nullopt;
        value *= step;
    }
    return value;
}

ProfileRule parse_profile(const std::string &text) {
    const std::size_t equals = text.find('=');
    ProfileRule rule{.name = text.substr(0, equals), .limits = {}};
    if (equals == std::string::npos || rule.name.empty() || rule.name.size() > 255)
        throw wrong_profile(text, "expected NAME=iops:COUNT,bandwidth:BYTES");
    for (std::size_t at = equals + 1; at <= text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        const std::string part = text.substr(at, end - at);
        at = end + 1;
        const bool is_iops = part.starts_with("iops:");
        if (!is_iops && !part.starts_with("bandwidth:"))
            throw wrong_profile(text, "expected iops:COUNT or bandwidth:BYTES after the name");
        const auto value =
            number_of(std::string_view(part).substr(part.find(':') + 1), is_iops ? 1000 : 1024);
        auto &limit = is_iops ? rule.limits.iops : rule.limits.bytes_per_second;
        if (!value || limit) {
            throw wrong_profile(text, !value ? "\"" + part + "\" has no number as 5000, 20k or 200M"
                                             : "a limit comes twice");
        }
        limit = value;
    }
    try {
        check_limits(rule.limits);
    } catch (const drv::Error &error) {
        throw wrong_profile(text, error.message);
    }
    return rule;
}

} // namespace

void check_limits(const VolumeLimits &limits) {
    if (limits.iops && (*limits.iops < kLeastIops || *limits.iops > kMostIops)) {
        throw drv::Error(drv::Code::invalid, std::to_string(*limits.iops) +
                                                 " operations a second cannot be a limit: the array takes " +
                                                 std::to_string(kLeastIops) + " to " +
                                                 std::to_string(kMostIops));
    }
    if (limits.bytes_per_second &&
        (*limits.bytes_per_second < kLeastBandwidth || *limits.bytes_per_second > kMostBandwidth)) {
        throw drv::Error(drv::Code::invalid, std::to_string(*limits.bytes_per_second) +
                                                 " bytes a second cannot be a limit: the array takes " +
                                                 std::to_string(kLeastBandwidth) + " to " +
                                                 std::to_string(kMostBandwidth));
    }
}

std::vector<ProfileRule> parse_profiles(const std::vector<std::string> &texts) {
    std::vector<ProfileRule> rules;
    for (const std::string &text : texts) {
        ProfileRule rule = parse_profile(text);
        for (const ProfileRule &other : rules) {
            if (other.name == rule.name || other.limits == rule.limits) {
                throw wrong_profile(text, "the profile \"" + other.name +
                                              "\" has the same name or the same limits");
            }
        }
        rules.push_back(std::move(rule));
    }
    return rules;
}

std::string describe(const VolumeLimits &limits) {
    std::string text;
    if (limits.iops)
        text = "at most " + std::to_string(*limits.iops) + " operations";
    if (limits.bytes_per_second) {
        text += (text.empty() ? "at most " : " and ") + std::to_string(*limits.bytes_per_second) + " bytes";
    }
    return text.empty() ? "no limits" : text + " a second";
}

} // namespace flasharray
