// The folder of drv.store/1 for a driver that does not run as root. The folders above it are root's alone, so
// that user cannot reach it by its path: the driver's process gets it as an open descriptor.
#pragma once

#include "loader/account.hpp"
#include "loader/base/error.hpp"
#include "loader/base/unique_fd.hpp"

#include <filesystem>

namespace drover {

// Makes the folder (mode 0700) and its parents where they are missing, gives it and the plain files in it to
// the account, and opens it. What is no plain file, or has a second name, is left as it is. Idempotent.
Result<UniqueFd> open_owned_folder(const std::filesystem::path &folder, const Account &account);

} // namespace drover
