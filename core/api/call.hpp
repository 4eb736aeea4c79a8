// One request on its way through the API: what it asks, and all that may be needed to answer it.
#pragma once

#include "core/api/front.hpp"
#include "core/api/routes.hpp"

#include <string>
#include <string_view>

namespace drover {

// Lives as long as anything that was begun for a request.
struct ApiFront::Shared : std::enable_shared_from_this<ApiFront::Shared> {
    Shared(VolumeService &of, http::EventLoop &on, const Metrics &with, ApiOptions given)
        : service(of), loop(on), metrics(with), options(std::move(given)) {}

    VolumeService &service;
    http::EventLoop &loop;
    const Metrics &metrics;
    ApiOptions options;
};

struct ApiCall {
    std::shared_ptr<ApiFront::Shared> front;
    const http::Request &request;
    const http::Responder &responder;
    const Match &match;

    [[nodiscard]] VolumeService &service() const noexcept { return front->service; }
    // A parameter of the path or the query; empty when it is absent.
    [[nodiscard]] std::string path(std::string_view name) const {
        const auto found = match.path.find(name);
        return found == match.path.end() ? std::string() : found->second;
    }
    [[nodiscard]] std::string query(std::string_view name) const {
        const auto found = match.query.find(name);
        return found == match.query.end() ? std::string() : found->second;
    }
    [[nodiscard]] VolumeRef volume() const {
        return {.name_or_id = path("volume"), .backend = query("backend")};
    }
    // The volume of a path below one.
    [[nodiscard]] std::optional<VolumeRef> parent() const {
        return match.path.contains("volume") ? std::optional(volume()) : std::nullopt;
    }
    // What the work that it begins may take, under the name that the caller gave it.
    [[nodiscard]] OperationOptions options() const;
};

} // namespace drover
