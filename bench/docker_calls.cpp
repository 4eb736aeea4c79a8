#include "bench/docker_calls.hpp"

#include "core/http/socket_file.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <stdexcept>
#include <string_view>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

namespace drover::bench {

namespace {

using namespace std::chrono_literals;

constexpr auto kCallLimit = 120s;
constexpr std::string_view kNoError = R"("Err":"")";

// As many connections at once take as many descriptors.
void allow_descriptors(std::size_t wanted) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
    if (limit.rlim_cur < wanted || ::setrlimit(RLIMIT_NOFILE, &limit) != 0)
        throw std::runtime_error(fmt::format("{} descriptors are needed (ulimit -n)", wanted));
}

UniqueFd connect_patiently(const std::filesystem::path &socket, Deadline deadline) {
    for (;;) {
        auto fd = http::connect_to_socket(socket);
        if (fd)
            return std::move(*fd);
        if (fd.error().code != Code::conflict || deadline.has_passed())
            throw std::runtime_error(fd.error().message);
        (void)::poll(nullptr, 0, 1); // more wait than the kernel lets
    }
}

} // namespace

DockerCalls::DockerCalls(const std::filesystem::path &socket) : client_(socket) {}

std::string DockerCalls::call(const char *method, const std::string &body) {
    auto answer =
        client_.send({.method = "POST",
                      .target = fmt::format("/VolumeDriver.{}", method),
                      .headers = {{.name = "Accept", .value = "application/vnd.docker.plugins.v1.2+json"}},
                      .body = body},
                     Deadline::after(kCallLimit));
    if (!answer)
        throw std::runtime_error(fmt::format("{}: {}", method, answer.error().message));
    if (answer->status != 200 || answer->body.find(kNoError) == std::string::npos)
        throw std::runtime_error(fmt::format("{} {}: {}", method, body, answer->body));
    return std::move(answer->body);
}

void DockerCalls::create(const std::string &name, std::uint64_t bytes) {
    call("Create", fmt::format(R"({{"Name":"{}","Opts":{{"size":"{}"}}}})", name, bytes));
}

void DockerCalls::mount(const std::string &name) {
    call("Mount", fmt::format(R"({{"Name":"{}","ID":"bench"}})", name));
}

void DockerCalls::unmount(const std::string &name) {
    call("Unmount", fmt::format(R"({{"Name":"{}","ID":"bench"}})", name));
}

void DockerCalls::remove(const std::string &name) {
    call("Remove", fmt::format(R"({{"Name":"{}"}})", name));
}

std::string DockerCalls::get(const std::string &name) {
    return call("Get", fmt::format(R"({{"Name":"{}"}})", name));
}

std::chrono::nanoseconds get_all_at_once(const std::filesystem::path &socket,
                                         const std::vector<std::string> &names) {
    allow_descriptors(names.size() + 100);
    struct Line {
        UniqueFd fd;
        std::string answer;
        bool ended = false;
    };
    std::vector<Line> lines(names.size());
    const UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
    const auto deadline = Deadline::after(kCallLimit);
    const auto began = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < names.size(); ++i) {
        lines[i].fd = connect_patiently(socket, deadline);
        epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
        ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, lines[i].fd.get(), &event);
        const std::string body = fmt::format(R"({{"Name":"{}"}})", names[i]);
        const std::string request = fmt::format("POST /VolumeDriver.Get HTTP/1.1\r\nHost: \r\n"
                                                "Content-Length: {}\r\n\r\n{}",
                                                body.size(), body);
        if (::send(lines[i].fd.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(request.size()))
            throw std::runtime_error("a request could not be sent");
    }
    std::size_t left = lines.size();
    std::array<epoll_event, 256> events{};
    while (left > 0) {
        const int ready = ::epoll_wait(epoll.get(), events.data(), events.size(), deadline.poll_timeout_ms());
        if (ready == 0 || (ready < 0 && errno != EINTR))
            throw std::runtime_error(fmt::format("{} of {} calls were not answered", left, lines.size()));
        for (int i = 0; i < ready; ++i) {
            Line &line = lines[events[static_cast<std::size_t>(i)].data.u64];
            std::array<char, 4096> buffer{};
            const ssize_t got = ::recv(line.fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (got <= 0 || line.ended)
                throw std::runtime_error("a call was not answered");
            line.answer.append(buffer.data(), static_cast<std::size_t>(got));
            if (line.answer.ends_with("}") && line.answer.find(R"("Err":")") != std::string::npos) {
                if (line.answer.find(kNoError) == std::string::npos)
                    throw std::runtime_error(line.answer);
                line.ended = true;
                --left;
            }
        }
    }
    return std::chrono::steady_clock::now() - began;
}

} // namespace drover::bench
