// What callers see, as the JSON that openapi.yaml describes.
#pragma once

#include "core/http/message.hpp"
#include "core/volume/service.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <vector>

namespace drover {

boost::json::object to_json(const VolumeView &view);
boost::json::object to_json(const SnapshotView &view);
boost::json::object to_json(const BackendView &view);
boost::json::object to_json(const Profile &view);
boost::json::object to_json(const LimitsView &view);
boost::json::object to_json(const UnmanagedView &view);
boost::json::object to_json(const BackendStats &view);
boost::json::object to_json(const FencedView &view);
boost::json::object to_json(const GroupView &view);
boost::json::object to_json(const GroupSnapshotView &view);
boost::json::object to_json(const NodeFinding &view);
boost::json::object to_json(const OperationView &view);
boost::json::object to_json(const Error &error);

// {"<key>": [...]}.
template <typename View>
boost::json::object list_to_json(const char *key, const std::vector<View> &views) {
    boost::json::array out;
    out.reserve(views.size());
    for (const View &view : views)
        out.emplace_back(to_json(view));
    return {{key, std::move(out)}};
}

http::Response json_response(const boost::json::value &body, unsigned status = 200);
http::Response error_response(const Error &error);
http::Response error_response(const Error &error, unsigned status);

} // namespace drover
