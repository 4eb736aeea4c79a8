// A request to an array and its answer, as values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drv::rest {

struct Header {
    std::string name, value;
    friend bool operator==(const Header &, const Header &) = default;
};

enum class Method { get, head, post, put, patch, remove };

// "GET" ... "DELETE".
[[nodiscard]] std::string_view name_of(Method method) noexcept;

struct Request {
    Method method = Method::get;
    std::string path; // with its query, beginning with '/'; what needs it is percent-encoded already
    std::string body{};
    std::vector<Header> headers{};
    std::string content_type = "application/json"; // sent when there is a body
    // Whether sending it twice comes to the same as sending it once. Nothing: as the method says, where POST
    // and PATCH are the ones that do not.
    std::optional<bool> idempotent{};
    // Its successful answer holds secrets that nobody could register yet, such as a new token: the answer's
    // texts are neither logged nor recorded. Set by the client for what a login sends.
    bool has_secret_answer = false;

    [[nodiscard]] bool is_idempotent() const noexcept;
    // True for all but GET and HEAD.
    [[nodiscard]] bool may_change() const noexcept;
};

struct Response {
    int status = 0;
    std::vector<Header> headers{};
    std::string body{};

    // The first header of that name, in any case; empty when there is none.
    [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
    [[nodiscard]] bool is_success() const noexcept { return status >= 200 && status < 300; }
};

// Text as one segment of a path, or as a name or value in a query: all but letters, digits and "-._~"
// encoded.
[[nodiscard]] std::string percent_encoded(std::string_view text);

} // namespace drv::rest
