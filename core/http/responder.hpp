// The right to answer one request. Copies share it.
#pragma once

#include "core/http/message.hpp"

#include <memory>

namespace drover::http {

class Responder {
public:
    struct State;
    explicit Responder(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

    // From any thread. Only the first call counts. `delivered` is called once, on the loop's thread: false
    // when the client hung up before the answer was written or the write failed. When the loop ends first, or
    // the answer is not the first, it is never called. If every copy is destroyed with no answer given, the
    // server answers 500.
    void respond(Response response, Delivered delivered = {}) const;

private:
    std::shared_ptr<State> state_;
};

} // namespace drover::http
