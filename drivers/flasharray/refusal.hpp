// What a FlashArray means when it refuses. It answers 400 to nearly everything, so its words are all there
// is: they are no contract, which is why they are matched here and nowhere else.
#pragma once

#include "drover/sdk/error.hpp"
#include "drover/sdk/rest/answer_error.hpp"

#include <string>
#include <string_view>

namespace flasharray {

enum class Refusal {
    other,
    missing,         // there is no such object
    host_missing,    // the host object went in the meantime: look for it again
    destroyed,       // it waits for its eradication, and its name is still taken
    exists,          // the name is taken, or the connection is there
    initiator_taken, // another host object has the initiator
    not_connected,   // there was nothing to disconnect
    host_connected,  // the host object still has connections
    member_already,  // it is in the group
    member_missing,  // it is not in the group
    limit,           // so many objects of a kind, and no more
    eradication_off, // the array keeps what was destroyed until its time is over
    name_refused,    // the name breaks a rule of the array
    version_gone,    // 450: the version of the API in the path is no longer offered
};

// Judged by the status and "msg" alone: "ctx" has names that people choose.
[[nodiscard]] Refusal refusal_of(int status, std::string_view words) noexcept;

class RefusedError : public drv::Error {
public:
    RefusedError(drv::Error error, Refusal the_refusal, int the_status)
        : Error(std::move(error)), refusal(the_refusal), status(the_status) {}
    Refusal refusal;
    int status; // of HTTP; 400 is the array's own no, others may be anybody's
};

// The "msg" of an answer: of a list the first, of an object its own; anything else as the SDK reads it.
[[nodiscard]] std::string msg_of(const drv::rest::Response &response);

// The same failure with the code that the op should answer.
[[nodiscard]] RefusedError refused(drv::rest::AnswerError error);

} // namespace flasharray
