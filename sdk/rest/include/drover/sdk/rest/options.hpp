// What a client is made of. Each driver fills it from its own configuration keys.
#pragma once

#include "drover/sdk/rest/address.hpp"
#include "drover/sdk/rest/message.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <sys/socket.h>
#include <vector>

namespace drv::rest {

struct TlsOptions {
    // False only when the operator's configuration says so: it is warned of once.
    bool verify = true;
    // PEM: authorities, or the array's own certificate. Empty: the system's store. Read once, when the client
    // is made.
    std::string ca_file{};
    // What the driver's configuration keys for the two are called, for messages.
    std::string verify_key = "verify";
    std::string ca_file_key = "ca_file";
};

struct Endpoint {
    sockaddr_storage address{};
    socklen_t length = 0;
};

// All addresses of a host, best first. May block as long as it wants; runs on a thread of its own. Throws
// std::exception with the reason when there are none.
using Lookup = std::function<std::vector<Endpoint>(const std::string &host, std::uint16_t port)>;

struct Options {
    Address address;
    TlsOptions tls{};
    std::string user_agent = "drover-driver"; // the User-Agent header
    std::vector<Header> headers{};            // sent with every request

    // At once, to this array; further requests wait for their turn.
    std::size_t max_connections = 8;
    // A connection unused for so long is closed instead of used again.
    std::chrono::nanoseconds idle_limit = std::chrono::seconds(30);
    // For one of the array's addresses to accept and shake hands.
    std::chrono::nanoseconds connect_limit = std::chrono::seconds(10);
    // For a whole exchange, where the call allows more.
    std::chrono::nanoseconds exchange_limit = std::chrono::minutes(5);

    std::size_t max_header_bytes = std::size_t{64} * 1024;
    std::size_t max_body_bytes = std::size_t{8} * 1024 * 1024;
    std::size_t max_json_depth = 32;

    // The array's own words for a failure in one of its answers. Nothing: `words_of`.
    std::function<std::string(const Response &)> words{};
    // Each exchange is appended to this file, without secrets, for tests to replay. Empty: none.
    std::filesystem::path record_to{};
    // Nothing: the system's, getaddrinfo.
    Lookup lookup{};
};

} // namespace drv::rest
