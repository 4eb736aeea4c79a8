// HTTP messages as plain values, for servers and clients alike.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace drover::http {

struct Header {
    std::string name;
    std::string value;
    bool operator==(const Header &) const = default;
};

// The value of the first header of that name, whatever its case; empty when there is none.
[[nodiscard]] std::string_view find_header(const std::vector<Header> &headers,
                                           std::string_view name) noexcept;

// The process at the other end when it connected; pid 0: it is not visible from here.
struct Peer {
    int pid = 0;
    unsigned uid = 0;
    unsigned gid = 0;
};

struct Request {
    std::string method; // as sent: "GET"
    std::string target; // as sent: path and query, percent-encoded
    std::vector<Header> headers;
    std::string body;
    Peer peer;
    bool first_of_connection = false;

    [[nodiscard]] std::string_view header(std::string_view name) const noexcept {
        return find_header(headers, name);
    }
};

struct Response {
    unsigned status = 200;
    std::string content_type = "application/json"; // empty: none is sent
    std::string body;
    std::vector<Header> headers; // besides Content-Type, Content-Length and Connection
};

// Told whether the answer was handed to a client that was still there.
using Delivered = std::function<void(bool delivered)>;

// How answers look that the server makes itself: a malformed request, a handler that threw.
using ErrorResponse = std::function<Response(unsigned status, std::string_view text)>;

} // namespace drover::http
