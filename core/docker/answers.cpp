#include "core/docker/answers.hpp"

#include "core/config/size.hpp"
#include "core/http/timestamp.hpp"
#include "core/http/utf8.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace drover {

namespace {

namespace json = boost::json;

http::Response answer(const json::object &body, unsigned status = 200) {
    return {.status = status,
            .content_type = "application/vnd.docker.plugins.v1.1+json",
            .body = http::valid_utf8(json::serialize(body))};
}

json::string_view text(std::string_view value) noexcept {
    return {value.data(), value.size()};
}

// What Get and List have in common. A CreatedAt that is no time would make the engine drop the whole answer,
// and with it what it knows of the volume; so it is there or it is not.
json::object summary_of(const VolumeView &volume) {
    json::object out{{"Name", volume.name}, {"Mountpoint", volume.mountpoint}};
    if (volume.created_unix_ns != 0)
        out["CreatedAt"] = http::rfc3339(volume.created_unix_ns);
    return out;
}

json::object status_of(const VolumeView &volume, std::string_view driver, std::size_t snapshots) {
    json::object out{{"id", volume.id},
                     {"status", text(to_string(volume.status))},
                     {"size", format_size(volume.bytes)},
                     {"backend", volume.backend}};
    const auto add = [&](const char *key, std::string_view value) {
        if (!value.empty())
            out[key] = text(value);
    };
    add("driver", driver);
    add("fs", volume.fstype);
    add("profile", volume.profile);
    add("pool", volume.pool);
    add("node", volume.node);
    add("device", volume.device);
    out["uses"] = volume.uses;
    out["snapshots"] = snapshots;
    add("source", volume.source);
    if (volume.error)
        add("error", volume.error->message);
    add("operation", volume.operation);
    return out;
}

} // namespace

std::string printable(std::string_view text) {
    constexpr std::size_t kShown = 64;
    std::string out;
    for (const char c : text.substr(0, kShown))
        out += c >= 0x20 && c < 0x7f ? c : '?';
    if (text.size() > kShown)
        out += "...";
    return out;
}

http::Response docker_activated() {
    return answer({{"Implements", json::array{"VolumeDriver"}}});
}

http::Response docker_capabilities() {
    return answer({{"Capabilities", {{"Scope", "global"}}}});
}

http::Response docker_done() {
    return answer({{"Err", ""}});
}

http::Response docker_path(std::string_view mountpoint) {
    return answer({{"Mountpoint", text(mountpoint)}, {"Err", ""}});
}

http::Response docker_volume(const VolumeView &volume, std::string_view driver, std::size_t snapshots) {
    json::object shown = summary_of(volume);
    shown["Status"] = status_of(volume, driver, snapshots);
    return answer({{"Volume", std::move(shown)}, {"Err", ""}});
}

http::Response docker_volumes(const std::vector<VolumeView> &volumes) {
    json::array shown;
    shown.reserve(volumes.size());
    for (const VolumeView &volume : volumes)
        shown.emplace_back(summary_of(volume));
    return answer({{"Volumes", std::move(shown)}, {"Err", ""}});
}

http::Response docker_error(std::string_view message, unsigned status) {
    std::string line;
    for (const char c : message) {
        const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
        if (!is_control) {
            line += c;
        } else if (!line.empty() && line.back() != ' ') {
            line += ' ';
        }
    }
    if (line.find_first_not_of(' ') == std::string::npos)
        line = "internal error: it failed without a reason";
    return answer({{"Err", line}}, status);
}

} // namespace drover
