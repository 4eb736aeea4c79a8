#include "core/api/routes.hpp"

#include "core/api/acts.hpp"
#include "core/api/reads.hpp"
#include "core/config/suggest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace drover {

namespace {

using Parameters = std::map<std::string, std::string, std::less<>>;

std::string shown(std::string_view text) {
    constexpr std::size_t kShown = 100;
    std::string out;
    for (const char c : text.substr(0, kShown))
        out += c >= 0x20 && c < 0x7f ? c : '?';
    return text.size() > kShown ? out + "..." : out;
}

// The pattern's parameters in the path, or nothing when it is another path.
std::optional<Parameters> match(std::string_view pattern, const std::vector<std::string> &segments) {
    Parameters found;
    for (const std::string &segment : segments) {
        if (pattern.empty())
            return std::nullopt;
        pattern.remove_prefix(1); // '/'
        const std::string_view piece = pattern.substr(0, pattern.find('/'));
        pattern.remove_prefix(piece.size());
        if (piece.starts_with('{')) {
            if (segment.empty())
                return std::nullopt;
            found.emplace(piece.substr(1, piece.size() - 2), segment);
        } else if (piece != segment) {
            return std::nullopt;
        }
    }
    return pattern.empty() ? std::optional(found) : std::nullopt;
}

Result<Parameters> read_query(const Route &route, const http::Target &target) {
    Parameters out;
    const std::vector<std::string> known(route.query.begin(), route.query.end());
    for (const auto &[name, value] : target.query) {
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            const auto meant = suggest(name, known);
            return fail(Code::invalid,
                        fmt::format("unknown query parameter \"{}\"{}; {} {} knows {}", shown(name),
                                    meant ? fmt::format(": did you mean \"{}\"?", *meant) : "", route.method,
                                    route.pattern,
                                    known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))));
        }
        if (!out.emplace(name, value).second)
            return fail(Code::invalid, fmt::format("query parameter \"{}\" is given twice", name));
    }
    return out;
}

} // namespace

const std::vector<Route> &api_routes() {
    static const std::vector<Route> kRoutes = {
        {"GET", "/v2/volumes", "list_volumes", {"backend"}, api::list_volumes},
        {"POST", "/v2/volumes", "create_volume", {}, api::create_volume},
        {"GET", "/v2/volumes/{volume}", "get_volume", {"backend"}, api::get_volume},
        {"DELETE", "/v2/volumes/{volume}", "remove_volume", {"backend", "policy"}, api::remove_volume},
        {"POST", "/v2/volumes/{volume}/mount", "mount_volume", {}, api::mount_volume},
        {"POST", "/v2/volumes/{volume}/unmount", "unmount_volume", {}, api::unmount_volume},
        {"POST", "/v2/volumes/{volume}/extend", "extend_volume", {}, api::extend_volume},
        {"POST", "/v2/volumes/{volume}/retype", "retype_volume", {}, api::retype_volume},
        {"GET", "/v2/volumes/{volume}/qos", "get_qos", {}, api::get_qos},
        {"PUT", "/v2/volumes/{volume}/qos", "set_qos", {}, api::set_qos},
        {"POST", "/v2/volumes/{volume}/release", "release_volume", {}, api::release_volume},
        {"GET",
         "/v2/volumes/{volume}/unmanaged-snapshots",
         "list_unmanaged_snapshots",
         {},
         api::list_unmanaged_snapshots},
        {"POST", "/v2/volumes/{volume}/unmanaged-snapshots", "adopt_snapshot", {}, api::adopt_snapshot},
        {"POST",
         "/v2/volumes/{volume}/snapshots/{snapshot}/release",
         "release_volume_snapshot",
         {},
         api::release_snapshot},
        {"POST", "/v2/snapshots/{snapshot}/release", "release_snapshot", {}, api::release_snapshot},
        {"GET", "/v2/unmanaged", "list_unmanaged", {"backend"}, api::list_unmanaged},
        {"POST", "/v2/unmanaged", "adopt_volume", {}, api::adopt_volume},
        {"GET", "/v2/volumes/{volume}/snapshots", "list_volume_snapshots", {}, api::list_snapshots},
        {"POST", "/v2/volumes/{volume}/snapshots", "create_snapshot", {}, api::create_snapshot},
        {"GET", "/v2/volumes/{volume}/snapshots/{snapshot}", "get_volume_snapshot", {}, api::get_snapshot},
        {"DELETE",
         "/v2/volumes/{volume}/snapshots/{snapshot}",
         "remove_volume_snapshot",
         {},
         api::remove_snapshot},
        {"POST", "/v2/volumes/{volume}/snapshots/{snapshot}/revert", "revert_volume", {}, api::revert},
        {"GET", "/v2/snapshots", "list_snapshots", {}, api::list_snapshots},
        {"GET", "/v2/snapshots/{snapshot}", "get_snapshot", {}, api::get_snapshot},
        {"DELETE", "/v2/snapshots/{snapshot}", "remove_snapshot", {}, api::remove_snapshot},
        {"POST", "/v2/snapshots/{snapshot}/revert", "revert_snapshot", {}, api::revert},
        {"GET", "/v2/groups", "list_groups", {}, api::list_groups},
        {"POST", "/v2/groups", "create_group", {}, api::create_group},
        {"GET", "/v2/groups/{group}", "get_group", {}, api::get_group},
        {"DELETE", "/v2/groups/{group}", "remove_group", {}, api::remove_group},
        {"POST", "/v2/groups/{group}/volumes", "change_group", {}, api::change_group},
        {"GET", "/v2/groups/{group}/snapshots", "list_snapshots_of_group", {}, api::list_group_snapshots},
        {"POST", "/v2/groups/{group}/snapshots", "create_group_snapshot", {}, api::create_group_snapshot},
        {"GET", "/v2/groups/{group}/snapshots/{snapshot}", "get_group_snapshot", {}, api::get_group_snapshot},
        {"DELETE",
         "/v2/groups/{group}/snapshots/{snapshot}",
         "remove_group_snapshot",
         {},
         api::remove_group_snapshot},
        {"GET", "/v2/group-snapshots", "list_group_snapshots", {}, api::list_group_snapshots},
        {"GET", "/v2/drivers", "list_drivers", {}, api::list_drivers},
        {"POST", "/v2/drivers/{driver}/reload", "reload_driver", {}, api::reload_driver},
        {"GET", "/v2/drivers/{driver}/stats", "get_driver_stats", {}, api::get_driver_stats},
        {"GET", "/v2/profiles", "list_profiles", {"backend"}, api::list_profiles},
        {"GET", "/v2/node/check", "check_node", {}, api::check_node},
        {"POST", "/v2/nodes/{node}/fence", "fence_node", {}, api::fence_node},
        {"GET", "/v2/operations", "list_operations", {}, api::list_operations},
        {"GET",
         "/v2/operations/{operation}",
         "get_operation",
         {"wait", "permille", "stage"},
         api::get_operation},
        {"GET", "/v2/health", "get_health", {}, api::get_health},
        {"GET", "/metrics", "get_metrics", {}, api::get_metrics},
    };
    return kRoutes;
}

tl::expected<Match, NoMatch> find_route(std::string_view method, std::string_view text) {
    auto target = http::parse_target(text);
    if (!target)
        return tl::unexpected(NoMatch{.status = 400, .error = std::move(target).error()});
    std::vector<std::string_view> allowed;
    for (const Route &route : api_routes()) {
        auto path = match(route.pattern, target->segments);
        if (!path)
            continue;
        if (route.method != method) {
            allowed.push_back(route.method);
            continue;
        }
        auto query = read_query(route, *target);
        if (!query)
            return tl::unexpected(NoMatch{.status = 400, .error = std::move(query).error()});
        return Match{.route = &route, .path = std::move(*path), .query = std::move(*query)};
    }
    const std::string path = shown(text.substr(0, text.find('?')));
    if (allowed.empty()) {
        return tl::unexpected(NoMatch{
            .error = {.code = Code::not_found, .message = fmt::format("the API has no path {}", path)}});
    }
    const std::string allow = fmt::format("{}", fmt::join(allowed, ", "));
    return tl::unexpected(
        NoMatch{.status = 405,
                .error = {.code = Code::invalid,
                          .message = fmt::format("{} takes {}, not {}", path, allow, shown(method))},
                .allow = allow});
}

} // namespace drover
