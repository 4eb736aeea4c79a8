#include "drover/sdk/rest/answer_error.hpp"

#include "drover/sdk/text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>

namespace drv::rest {

namespace {

constexpr std::size_t kMostWords = 500;

struct Meaning {
    Code code;
    bool retryable;
};

Meaning meaning_of(int status) {
    switch (status) {
    case 400:
    case 422:
        return {Code::invalid, false};
    case 401:
    case 403:
        return {Code::auth, false};
    case 409:
    case 412:
    case 423:
        return {Code::conflict, false};
    case 507:
        return {Code::no_space, false};
    case 408:
    case 429:
    case 502:
    case 503:
    case 504:
        return {Code::unreachable, true};
    default:
        break;
    }
    if (status >= 300 && status < 400)
        return {Code::invalid, false};
    return {Code::internal, status >= 500 && status < 600};
}

std::string message_of(const Request &request, const Response &response, const std::string &words) {
    std::string text = std::string(name_of(request.method)) + " " + request.path +
                       " was answered with status " + std::to_string(response.status);
    if (response.status >= 300 && response.status < 400) {
        const std::string_view to = response.header("Location");
        text += ", a redirect" + (to.empty() ? std::string() : " to " + one_line(to, 300)) +
                ", which is not followed: configure the address that the array itself answers on";
    }
    return words.empty() ? text : text + ": " + words;
}

// "Retry-After: 12"; a date is not read.
std::chrono::seconds advice_of(const Response &response) {
    const std::string_view text = response.header("Retry-After");
    unsigned seconds = 0;
    const auto [stop, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (text.empty() || problem != std::errc() || stop != text.data() + text.size())
        return std::chrono::seconds(0);
    return std::chrono::seconds(std::min(seconds, 3600U));
}

std::string words_in(const boost::json::value &value, int depth) {
    if (const auto *list = value.if_array())
        return list->empty() || depth == 0 ? std::string() : words_in(list->front(), depth - 1);
    const auto *object = value.if_object();
    if (object == nullptr || depth == 0)
        return {};
    constexpr std::array<std::string_view, 8> kKeys{"msg",         "message", "detail", "details",
                                                    "description", "error",   "reason", "errors"};
    for (const std::string_view key : kKeys) {
        const auto *found = object->if_contains({key.data(), key.size()});
        if (found == nullptr)
            continue;
        if (const auto *text = found->if_string(); text != nullptr && !text->empty())
            return {text->data(), text->size()};
        if (std::string inner = words_in(*found, depth - 1); !inner.empty())
            return inner;
    }
    return {};
}

} // namespace

AnswerError::AnswerError(const Request &request, const Response &response, std::string the_words)
    : Error(meaning_of(response.status).code, {}), status(response.status), path(request.path),
      words(std::move(the_words)) {
    words = one_line(words, kMostWords);
    message = message_of(request, response, words);
    vendor_code = "HTTP " + std::to_string(status);
    if (meaning_of(status).retryable) {
        flags |= DRV_FAIL_RETRYABLE;
        retry_after = advice_of(response);
    }
    // A server that fails may have done a part of it; one that refuses has not.
    if (request.may_change() && (status >= 500 || status == 408))
        flags |= DRV_FAIL_STATE_UNKNOWN;
}

std::string words_of(const Response &response) {
    boost::system::error_code error;
    boost::json::parse_options options;
    options.max_depth = 16;
    const auto value = boost::json::parse({response.body.data(), response.body.size()}, error, {}, options);
    if (!error) {
        if (std::string words = words_in(value, 4); !words.empty())
            return one_line(words, kMostWords);
    }
    return one_line(response.body, kMostWords);
}

} // namespace drv::rest
