// A small blocking client for a server on a unix socket, for the CLI, drover-csi and tests. One connection,
// kept open between requests; not for use by two threads at once.
#pragma once

#include "core/http/message.hpp"
#include "loader/base/deadline.hpp"
#include "loader/base/error.hpp"
#include "loader/base/unique_fd.hpp"

#include <boost/json/value.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drover::http {

struct ClientRequest {
    std::string method = "GET";
    std::string target; // percent-encoded; see encode_segment in target.hpp
    std::vector<Header> headers;
    std::string body;
};

struct ClientResponse {
    unsigned status = 0;
    std::vector<Header> headers;
    std::string body;
};

struct JsonReply {
    unsigned status = 0;
    boost::json::value body; // null when there was none
    std::string location;    // of a 202
};

class Client {
public:
    // `program` is who should listen there, for the words of errors.
    explicit Client(std::filesystem::path socket, std::string program = "drover-agent");

    // Errors: unreachable (with what to do), deadline (state_unknown unless the method is GET), gone (the
    // connection broke before the answer was complete; state_unknown likewise).
    Result<ClientResponse> send(const ClientRequest &request, Deadline deadline);

    // The same with JSON both ways. A status of 400 or more is the Error that its body describes.
    Result<JsonReply> json(std::string method, std::string target,
                           const std::optional<boost::json::value> &body, Deadline deadline,
                           std::vector<Header> headers = {});

    // Closes the connection; the next request opens another one.
    void close() noexcept { fd_.reset(); }

private:
    Result<void> connect(Deadline deadline);
    Result<ClientResponse> exchange(const ClientRequest &request, Deadline deadline, bool &untouched);

    std::filesystem::path socket_;
    std::string program_;
    UniqueFd fd_;
};

} // namespace drover::http
