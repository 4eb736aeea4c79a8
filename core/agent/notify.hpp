// Tells systemd how the agent is, when systemd wants to know (NOTIFY_SOCKET); does nothing otherwise.
#pragma once

#include <string_view>

namespace drover {

void notify_ready(std::string_view status);
void notify_stopping();

} // namespace drover
