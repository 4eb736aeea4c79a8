// A client that sends exactly the bytes it is told to, as odd clients do, and shows exactly what came back.
#pragma once

#include "core/http/socket_file.hpp"
#include "loader/base/deadline.hpp"

#include <array>
#include <chrono>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>

namespace drover::http::testing {

inline constexpr std::chrono::seconds kPatience{60}; // of a test for what must happen

class RawClient {
public:
    explicit RawClient(const std::filesystem::path &socket) {
        auto fd = connect_to_socket(socket);
        if (!fd)
            throw std::runtime_error(fd.error().message);
        fd_ = std::move(*fd);
    }

    // False when the other side does not take it any more.
    bool send(std::string_view bytes) {
        const auto deadline = Deadline::after(kPatience);
        while (!bytes.empty()) {
            const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (n > 0) {
                bytes.remove_prefix(static_cast<std::size_t>(n));
            } else if (!wait(POLLOUT, deadline) || (n < 0 && errno != EAGAIN)) {
                return false;
            }
        }
        return true;
    }
    void hang_up() noexcept { fd_.reset(); }
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

    // One answer, head and body, byte for byte; what there is when the connection ends before. Nothing after
    // kPatience.
    std::string answer() {
        const auto deadline = Deadline::after(kPatience);
        while (true) {
            const auto head = in_.find("\r\n\r\n");
            if (head != std::string::npos) {
                const auto length = in_.find("Content-Length: ");
                const std::size_t body =
                    length < head
                        ? std::stoul(in_.substr(length + std::string_view("Content-Length: ").size(), 20))
                        : 0;
                if (in_.size() >= head + 4 + body) {
                    std::string out = in_.substr(0, head + 4 + body);
                    in_.erase(0, out.size());
                    return out;
                }
            }
            if (!more(deadline))
                return std::exchange(in_, {});
        }
    }
    // All that comes until the other side hangs up.
    std::string rest() {
        const auto deadline = Deadline::after(kPatience);
        while (more(deadline)) {
        }
        return std::exchange(in_, {});
    }

private:
    bool wait(short events, Deadline deadline) const {
        pollfd look{.fd = fd_.get(), .events = events, .revents = 0};
        return ::poll(&look, 1, deadline.poll_timeout_ms()) > 0;
    }
    bool more(Deadline deadline) {
        if (!wait(POLLIN, deadline))
            return false;
        std::array<char, 65536> chunk{};
        const ssize_t n = ::recv(fd_.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
        if (n <= 0)
            return false;
        in_.append(chunk.data(), static_cast<std::size_t>(n));
        return true;
    }

    UniqueFd fd_;
    std::string in_;
};

inline std::string body_of(std::string_view answer) {
    const auto head = answer.find("\r\n\r\n");
    return head == std::string_view::npos ? std::string() : std::string(answer.substr(head + 4));
}

} // namespace drover::http::testing
