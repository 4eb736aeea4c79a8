#include "loader/base/error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace drover {

std::string_view to_string(Code code) noexcept {
    switch (code) {
    case Code::internal:
        return "internal";
    case Code::invalid:
        return "invalid";
    case Code::unsupported:
        return "unsupported";
    case Code::not_found:
        return "not-found";
    case Code::exists:
        return "exists";
    case Code::conflict:
        return "conflict";
    case Code::no_space:
        return "no-space";
    case Code::auth:
        return "auth";
    case Code::unreachable:
        return "unreachable";
    case Code::deadline:
        return "deadline";
    case Code::cancelled:
        return "cancelled";
    case Code::gone:
        return "gone";
    }
    return "internal";
}

Error Error::with_context(std::string_view context) && {
    message = fmt::format("{}: {}", context, message);
    return std::move(*this);
}

Error Error::with_context(std::string_view context) const & {
    return Error(*this).with_context(context);
}

tl::unexpected<Error> fail_errno(int error_number, std::string_view what) {
    Code code = Code::internal;
    bool retryable = false;
    switch (error_number) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
        code = Code::not_found;
        break;
    case EEXIST:
        code = Code::exists;
        break;
    case EBUSY:
    case ETXTBSY:
    case ENOTEMPTY:
        code = Code::conflict;
        retryable = true;
        break;
    case ENOSPC:
    case EDQUOT:
        code = Code::no_space;
        break;
    case EINVAL:
    case ENAMETOOLONG:
    case EISDIR:
    case ENOTDIR:
        code = Code::invalid;
        break;
    case EPERM:
    case EACCES:
        code = Code::auth;
        break;
    case EOPNOTSUPP:
    case ENOSYS:
        code = Code::unsupported;
        break;
    case ETIMEDOUT:
        code = Code::deadline;
        retryable = true;
        break;
    case EIO:
        code = Code::unreachable;
        break;
    default:
        break;
    }
    return fail(Error{.code = code,
                      .message = fmt::format("{}: {}", what, std::generic_category().message(error_number)),
                      .retryable = retryable});
}

} // namespace drover
