// The one table between an Error's code and the HTTP status of its answer; openapi.yaml shows it to people.
#pragma once

#include "loader/base/error.hpp"

namespace drover {

unsigned http_status_of(Code code) noexcept;

} // namespace drover
