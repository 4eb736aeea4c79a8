// HTTP/1.1 as bytes: a request written, an answer read within limits. The only place that knows Beast.
#pragma once

#include "drover/sdk/rest/address.hpp"
#include "drover/sdk/rest/message.hpp"
#include "sdk/rest/failure.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace drv::rest {

// Where an answer's bytes come from.
class ByteSource {
public:
    ByteSource() = default;
    virtual ~ByteSource() = default;
    ByteSource(const ByteSource &) = delete;
    ByteSource &operator=(const ByteSource &) = delete;
    // At least one byte into `to`, which is not empty; 0 at an orderly end.
    [[nodiscard]] virtual Outcome<std::size_t> read(std::span<char> to) = 0;
};

struct AnswerLimits {
    std::size_t header_bytes = 0, body_bytes = 0;
};

struct Answer {
    Response response;
    bool keeps_open = false; // the connection may carry another exchange
};

// Interim answers (1xx) are passed over.
[[nodiscard]] Outcome<Answer> read_answer(ByteSource &source, Method method, const AnswerLimits &limits);

// Throws Error(invalid) for a path or a header that would not be one line.
[[nodiscard]] std::string request_text(const Request &request, const Address &address,
                                       const std::vector<Header> &common, std::string_view user_agent);

} // namespace drv::rest
