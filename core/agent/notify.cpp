#include "core/agent/notify.hpp"

#include <systemd/sd-daemon.h>

#include <string>

namespace drover {

void notify_ready(std::string_view status) {
    ::sd_notify(0, ("READY=1\nSTATUS=" + std::string(status)).c_str());
}

void notify_stopping() {
    ::sd_notify(0, "STOPPING=1");
}

} // namespace drover
