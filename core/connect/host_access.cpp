#include "core/connect/host_access.hpp"

#include "loader/base/unique_fd.hpp"

#include <cstddef>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>

namespace drover::connect {
namespace {

// The name is abstract: it belongs to the kernel, and goes with the daemon.
bool multipathd_listens() {
    constexpr std::string_view kName = "/org/kernel/linux/storage/multipathd";
    const UniqueFd line(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, kName.data(), kName.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + kName.size());
    return line && ::connect(line.get(), reinterpret_cast<const sockaddr *>(&address), size) == 0;
}

} // namespace

HostAccess this_host() {
    return {.root = "/", .run = run_program, .multipathd_listens = multipathd_listens};
}

} // namespace drover::connect
