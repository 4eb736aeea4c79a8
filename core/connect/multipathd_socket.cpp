#include "core/connect/multipathd_socket.hpp"

#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <poll.h>
#include <span>
#include <sys/socket.h>
#include <sys/un.h>

namespace drover::connect {
namespace {

constexpr std::size_t kLargestAnswer = std::size_t{16} << 20U; // a line for each of some 100,000 paths

// The name is abstract: it belongs to the kernel, and goes with the daemon.
int connect_to_multipathd(int line) {
    constexpr std::string_view kName = "/org/kernel/linux/storage/multipathd";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, kName.data(), kName.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + kName.size());
    return ::connect(line, reinterpret_cast<const sockaddr *>(&address), size);
}

tl::unexpected<Error> broken(std::string_view command, std::string_view why) {
    return fail_retryable(
        Code::unreachable,
        fmt::format("asking multipathd \"{}\": {}: systemctl status multipathd", command, why));
}

tl::unexpected<Error> late(std::string_view command) {
    return fail(Error{.code = Code::deadline,
                      .message = fmt::format("multipathd did not answer \"{}\" in time", command),
                      .retryable = true,
                      .state_unknown = true});
}

// Calls recv or send until all of it has passed.
Result<void> pass(int line, short event, std::span<char> bytes, ssize_t (*call)(int, std::span<char>),
                  std::string_view command, Deadline deadline) {
    while (!bytes.empty()) {
        const auto count = call(line, bytes);
        if (count > 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(count));
            continue;
        }
        if (count == 0)
            return broken(command, "it ended the connection");
        if (errno != EAGAIN && errno != EINTR)
            return broken(command, std::strerror(errno)); // NOLINT(concurrency-mt-unsafe): glibc's is safe
        if (deadline.has_passed())
            return late(command);
        pollfd ready{.fd = line, .events = event, .revents = 0};
        (void)::poll(&ready, 1, deadline.poll_timeout_ms());
    }
    return {};
}

Result<void> send_all(int line, std::span<char> bytes, std::string_view command, Deadline deadline) {
    const auto call = [](int to, std::span<char> part) {
        return ::send(to, part.data(), part.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    };
    return pass(line, POLLOUT, bytes, call, command, deadline);
}

Result<void> receive_all(int line, std::span<char> bytes, std::string_view command, Deadline deadline) {
    const auto call = [](int from, std::span<char> part) {
        return ::recv(from, part.data(), part.size(), MSG_DONTWAIT);
    };
    return pass(line, POLLIN, bytes, call, command, deadline);
}

} // namespace

bool multipathd_listens() {
    const UniqueFd line(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // EAGAIN: so many ask at once that it has not taken them all yet.
    return line && (connect_to_multipathd(line.get()) == 0 || errno == EAGAIN);
}

// Both ways: the length as a size_t of this machine, then as many bytes, of which the last is 0.
Result<std::string> ask_multipathd(std::string_view command, Deadline deadline) {
    const UniqueFd line(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!line)
        return fail_errno(errno, "making a socket for multipathd");
    // How long to wait where others wait to be taken too.
    const auto patience = std::chrono::ceil<std::chrono::microseconds>(std::clamp<std::chrono::nanoseconds>(
        deadline.remaining(), std::chrono::milliseconds(1), std::chrono::hours(1)));
    const timeval limit{.tv_sec = static_cast<time_t>(patience.count() / 1'000'000),
                        .tv_usec = static_cast<suseconds_t>(patience.count() % 1'000'000)};
    (void)::setsockopt(line.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect_to_multipathd(line.get()) != 0) {
        if (errno == EAGAIN)
            return late(command);
        return broken(command, "it does not run");
    }
    std::string request(sizeof(std::size_t), '\0');
    request.append(command).push_back('\0');
    std::size_t size = command.size() + 1;
    std::memcpy(request.data(), &size, sizeof size);
    if (auto sent = send_all(line.get(), request, command, deadline); !sent)
        return fail(std::move(sent).error());
    std::string length(sizeof size, '\0');
    if (auto got = receive_all(line.get(), length, command, deadline); !got)
        return fail(std::move(got).error());
    std::memcpy(&size, length.data(), sizeof size);
    if (size == 0 || size > kLargestAnswer)
        return broken(command, fmt::format("it announced an answer of {} bytes", size));
    std::string answer(size, '\0');
    if (auto got = receive_all(line.get(), answer, command, deadline); !got)
        return fail(std::move(got).error());
    answer.resize(std::strlen(answer.c_str()));
    return answer;
}

} // namespace drover::connect
