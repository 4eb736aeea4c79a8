// The answers of the plugin protocol, to the byte. Whatever was wrong, the engine finds one line in "Err" and
// shows it to its user; it does not look at the status.
#pragma once

#include "core/http/message.hpp"
#include "core/volume/views.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace drover {

// Text of a stranger for a message: at most 64 bytes of it, with everything unprintable as '?'.
std::string printable(std::string_view text);

http::Response docker_activated();
http::Response docker_capabilities();
http::Response docker_done(); // {"Err":""}
http::Response docker_path(std::string_view mountpoint);
// `driver` is the name of its backend's driver.
http::Response docker_volume(const VolumeView &volume, std::string_view driver, std::size_t snapshots);
http::Response docker_volumes(const std::vector<VolumeView> &volumes);
// One line, never empty: an empty Err would be success.
http::Response docker_error(std::string_view text, unsigned status = 200);

} // namespace drover
