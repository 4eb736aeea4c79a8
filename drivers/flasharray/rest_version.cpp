#include "drivers/flasharray/rest_version.hpp"

#include "drover/sdk/text.hpp"

#include <charconv>
#include <optional>

namespace flasharray {

namespace {

std::optional<RestVersion> parse(std::string_view text) {
    RestVersion version;
    const char *end = text.data() + text.size();
    const auto [dot, problem] = std::from_chars(text.data(), end, version.major);
    if (problem != std::errc() || dot == end || *dot != '.')
        return std::nullopt;
    const auto [stop, other] = std::from_chars(dot + 1, end, version.minor);
    if (other != std::errc() || stop != end)
        return std::nullopt;
    return version;
}

} // namespace

RestVersion choose_version(const drv::rest::Json &answer) {
    if (!answer.find("version") && answer.find("versions")) {
        throw drv::Error(drv::Code::unsupported,
                         "what answers at pure_ip is a FlashBlade; this driver is for FlashArray");
    }
    std::optional<RestVersion> best;
    std::string offered;
    for (const drv::rest::Json &item : answer.at("version").items()) {
        const std::string text = item.text();
        offered += (offered.empty() ? "" : ", ") + text;
        const auto version = parse(text); // of what is not known the form is not known either
        if (version && *version >= kOldest && *version <= kNewest && (!best || *version > *best))
            best = version;
    }
    if (!best) {
        throw drv::Error(drv::Code::unsupported,
                         "the array offers no version of its REST API that this driver speaks (" +
                             kOldest.text() + " to " + kNewest.text() + "): it offers " +
                             (offered.empty() ? "none" : drv::one_line(offered, 300)));
    }
    return *best;
}

} // namespace flasharray
