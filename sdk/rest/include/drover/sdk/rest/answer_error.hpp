// An array that answered, and did not do what it was asked: Error with the parts a driver decides by.
#pragma once

#include "drover/sdk/error.hpp"
#include "drover/sdk/rest/message.hpp"

#include <string>

namespace drv::rest {

// The message names method, path, status and the array's words. The code is the one HTTP gives the status; a
// driver that knows its array better catches this and throws what is right:
//   400, 422 invalid · 401, 403 auth · 409, 412, 423 conflict · 507 no-space · 408, 429, 502, 503, 504
//   unreachable, retryable · other 5xx internal, retryable · 3xx invalid (redirects are not followed) · all
//   else internal. 404 is internal, because a wrong path says nothing about what was asked for.
class AnswerError : public Error {
public:
    AnswerError(const Request &request, const Response &response, std::string the_words);

    int status;
    std::string path;
    std::string words; // the array's own text, one line; may be empty
};

// What most arrays mean for people in an answer: "msg", "message", "detail", "description", "error" or
// "reason" of a JSON object or of the first of a list, also one level deeper; else the beginning of the text.
// One line.
[[nodiscard]] std::string words_of(const Response &response);

} // namespace drv::rest
