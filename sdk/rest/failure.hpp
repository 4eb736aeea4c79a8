// How a step of an exchange ends when it does not succeed, before anybody knows what that means for the
// request.
#pragma once

#include "drover/sdk/rest/limit.hpp"

#include <tl/expected.hpp>

#include <string>

namespace drv::rest {

struct Failure {
    enum class Kind {
        broken,    // no connection, or it ended too early: another one may do better
        refused,   // a certificate that is not trusted, a peer that speaks no TLS: the same again next time
        malformed, // no HTTP, or more of it than allowed
        late,
        cancelled,
    };
    Kind kind;
    std::string detail; // why, as the end of a sentence
};

template <class T>
using Outcome = tl::expected<T, Failure>;

[[nodiscard]] inline tl::unexpected<Failure> failed(Failure::Kind kind, std::string detail) {
    return tl::unexpected<Failure>({kind, std::move(detail)});
}
[[nodiscard]] inline tl::unexpected<Failure> failed(Limit::State state) {
    return state == Limit::State::late ? failed(Failure::Kind::late, "there was no time left")
                                       : failed(Failure::Kind::cancelled, "the operation was cancelled");
}

} // namespace drv::rest
