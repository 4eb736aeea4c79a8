// drover-driver-host: one driver file in a process of its own, started by the agent's loader with the control
// socket as descriptor 3. It loads the file, says hello, and serves calls on the lanes that the agent sends
// it, until the agent closes the socket. Nobody else talks to it.
#include "loader/host/become.hpp"
#include "loader/host/control_line.hpp"
#include "loader/host/fence.hpp"
#include "loader/host/hardening.hpp"
#include "loader/host/lane_server.hpp"
#include "loader/host/served_driver.hpp"
#include "loader/open.hpp"
#include "loader/wire/channel.hpp"
#include "loader/wire/opening.hpp"

#include <cstdio>
#include <cstring>
#include <deque>
#include <exception>
#include <map>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace drover::host {
namespace {

constexpr int kControlFd = 3;
constexpr int kStoreFd = 4; // for one that does not stay root
constexpr std::string_view kAs = "--as=";

// The lanes live until the process ends: their threads may be inside of the driver.
class Lanes {
public:
    Lanes(ServedDriver &driver, ControlLine &control) : driver_(driver), control_(control) {}

    void add(std::uint64_t number, UniqueFd fd) {
        LaneServer &lane = all_.emplace_back(std::move(fd), driver_, control_);
        by_number_[number] = &lane;
        std::thread([&lane] { lane.run(); }).detach();
    }
    [[nodiscard]] LaneServer *find(std::uint64_t number) const {
        const auto found = by_number_.find(number);
        return found == by_number_.end() ? nullptr : found->second;
    }

private:
    ServedDriver &driver_;
    ControlLine &control_;
    std::deque<LaneServer> all_;
    std::map<std::uint64_t, LaneServer *> by_number_;
};

std::uint64_t lane_number(std::string_view fields) {
    wire::FieldReader reader(fields);
    for (wire::Field field; reader.next(field);) {
        if (field.tag == wire::Tag::lane && field.is_number)
            return field.number;
    }
    return 0;
}

// Until the agent ends.
void obey(Lanes &lanes) {
    wire::FrameReceiver receiver;
    wire::Frame frame;
    while (receiver.next_with_descriptors(kControlFd, 0, frame) == wire::FrameReceiver::Got::frame) {
        const std::uint64_t number = lane_number(frame.fields);
        LaneServer *const lane = lanes.find(number);
        if (frame.header.kind == wire::Kind::lane) {
            if (UniqueFd fd = receiver.take_descriptor(); fd && lane == nullptr)
                lanes.add(number, std::move(fd));
        } else if (frame.header.kind == wire::Kind::cancel && lane != nullptr) {
            lane->cancel(frame.header.call);
        } else if (frame.header.kind == wire::Kind::stop && lane != nullptr) {
            lane->stop(frame.header.call);
        }
    }
}

int run(const char *file, const char *account) {
    int type = 0;
    socklen_t size = sizeof type;
    if (::getsockopt(kControlFd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM) {
        std::fputs("drover-driver-host is started by drover-agent, once for each isolated backend, and is of "
                   "no use by itself\n",
                   stderr);
        return 2;
    }
    harden(account == nullptr ? kControlFd : kStoreFd);
    auto fenced = deny_system_calls().and_then(&deny_writing_to_the_system);
    if (fenced && account != nullptr)
        fenced = become(account);
    if (!fenced) {
        std::fprintf(stderr, "drover-driver-host: %s\n", fenced.error().message.c_str());
        return 1;
    }
    ControlLine control(kControlFd);
    Catalog catalog("/");
    auto library = catalog.load_file(file);
    wire::FrameWriter hello;
    wire::write_hello(hello, library.map([](const auto &loaded) { return description(*loaded); }));
    if (!control.send(hello) || !library)
        ::_exit(0); // a leak checker would want to trace, which is denied by now
    ServedDriver driver(std::move(*library), control);
    Lanes lanes(driver, control);
    obey(lanes);
    // The driver's threads may be anywhere; nothing of theirs is taken down under them.
    ::_exit(0);
}

} // namespace
} // namespace drover::host

int main(int argc, char **argv) {
    const bool has_account = argc == 3 && std::string_view(argv[2]).starts_with(drover::host::kAs);
    if ((argc != 2 && !has_account) || std::strcmp(argv[1], "--help") == 0) {
        std::puts(
            "usage: drover-driver-host DRIVER.so [--as=UID:GID:GROUP,...]\n\n"
            "Runs one driver in a process of its own. drover-agent starts it; it is of no use by itself.");
        return argc == 2 ? 0 : 2;
    }
    try {
        return drover::host::run(argv[1], has_account ? argv[2] + drover::host::kAs.size() : nullptr);
    } catch (const std::exception &error) {
        std::fprintf(stderr, "drover-driver-host: %s\n", error.what());
        return 1;
    }
}
