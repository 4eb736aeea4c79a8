#include "loader/status.hpp"

#include <array>

namespace drover {
namespace {

struct Row {
    drv_status status;
    Code code;
    std::string_view text;
};

constexpr std::array kTable = {
    Row{DRV_E_INTERNAL, Code::internal, "an internal error in the driver"},
    Row{DRV_E_INVALID, Code::invalid, "the request can never work as it is"},
    Row{DRV_E_UNSUPPORTED, Code::unsupported, "the backend cannot do that"},
    Row{DRV_E_NOT_FOUND, Code::not_found, "there is no such object on the backend"},
    Row{DRV_E_EXISTS, Code::exists, "the id exists already, in another shape"},
    Row{DRV_E_CONFLICT, Code::conflict, "the object's present state does not allow it"},
    Row{DRV_E_NO_SPACE, Code::no_space, "the backend has not enough space"},
    Row{DRV_E_AUTH, Code::auth, "the backend refused the credentials"},
    Row{DRV_E_UNREACHABLE, Code::unreachable, "the backend did not answer"},
    Row{DRV_E_DEADLINE, Code::deadline, "it did not end before its deadline"},
    Row{DRV_E_CANCELLED, Code::cancelled, "it was cancelled"},
    Row{DRV_E_GONE, Code::gone, "the driver's process died during the call"},
};

} // namespace

Code code_of(drv_status status) noexcept {
    for (const Row &row : kTable) {
        if (row.status == status)
            return row.code;
    }
    return Code::internal;
}

drv_status status_of(Code code) noexcept {
    for (const Row &row : kTable) {
        if (row.code == code)
            return row.status;
    }
    return DRV_E_INTERNAL;
}

std::string_view general_text(Code code) noexcept {
    for (const Row &row : kTable) {
        if (row.code == code)
            return row.text;
    }
    return kTable.front().text;
}

} // namespace drover
