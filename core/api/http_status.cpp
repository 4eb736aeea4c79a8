#include "core/api/http_status.hpp"

namespace drover {

// A switch without default: the compiler misses the code that has no line here.
unsigned http_status_of(Code code) noexcept {
    switch (code) {
    case Code::internal:
        return 500;
    case Code::invalid:
        return 400;
    case Code::unsupported:
        return 501;
    case Code::not_found:
        return 404;
    case Code::exists:
    case Code::conflict:
        return 409;
    case Code::no_space:
        return 507;
    case Code::auth: // the backend refused ours; the client's own are not in question
    case Code::gone:
        return 502;
    case Code::unreachable:
    case Code::cancelled:
        return 503;
    case Code::deadline:
        return 504;
    }
    return 500;
}

} // namespace drover
