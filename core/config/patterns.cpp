#include "core/config/patterns.hpp"

namespace drover {
namespace {

constexpr std::string_view kName = "^[a-z][a-z0-9_-]{0,62}$";
// Absolute, no part of it "." or "..", not the root, no control characters.
constexpr std::string_view kDirectory =
    R"(^(?!.*/\.\.?(/|$))(?!.*[^/]{256})/[^\x00-\x1f\x7f]*[^/\x00-\x1f\x7f]/*$)";
constexpr std::string_view kNodeId = "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$";
constexpr std::string_view kUuid = "^[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$";
// RFC 1123, or an address: IPv4 ones look like names already.
constexpr std::string_view kHostname = R"(^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)"
                                       R"((\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\.?|)"
                                       R"([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$)";
constexpr std::string_view kPort =
    "^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$";
constexpr std::string_view kBoolean =
    "^([Tt][Rr][Uu][Ee]|[Yy][Ee][Ss]|[Oo][Nn]|[Ff][Aa][Ll][Ss][Ee]|[Nn][Oo]|[Oo][Ff][Ff])$";
constexpr std::string_view kSize = R"(^[0-9]+(( ?[bB])?|(\.[0-9]{1,9})? ?[kKmMgGtTpPeE]([iI]?[bB])?)$)";
constexpr std::string_view kSha256 = "^[0-9A-Fa-f]{64}$";
constexpr std::string_view kU64 = "^(0|[1-9][0-9]{0,19})$";

} // namespace

std::string_view pattern_of(ValueKind kind) noexcept {
    switch (kind) {
    case ValueKind::name:
    case ValueKind::names:
        return kName;
    case ValueKind::directory:
        return kDirectory;
    case ValueKind::node_id:
        return kNodeId;
    case ValueKind::uuid:
        return kUuid;
    case ValueKind::hostname:
        return kHostname;
    case ValueKind::port:
        return kPort;
    case ValueKind::boolean:
        return kBoolean;
    case ValueKind::size:
        return kSize;
    case ValueKind::sha256:
        return kSha256;
    case ValueKind::version:
    case ValueKind::choice:
        break;
    }
    return {};
}

std::string_view pattern_of(KeyKind kind) noexcept {
    switch (kind) {
    case KeyKind::u64:
        return kU64;
    case KeyKind::boolean:
        return kBoolean;
    case KeyKind::bytes:
        return kSize;
    case KeyKind::string:
    case KeyKind::list:
        break;
    }
    return {};
}

std::string_view secret_reference_pattern() noexcept {
    return "^(file:/.*|env:[A-Za-z_][A-Za-z0-9_]*)$";
}

std::string_view secret_pattern() noexcept {
    return "^(?!sealed:)(?!file:(?!/))(?!env:(?![A-Za-z_][A-Za-z0-9_]*$))";
}

} // namespace drover
