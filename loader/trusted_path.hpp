// Who could change a file that is about to be run with the agent's rights? Walks every component of its path.
// When the whole path belongs to root or the agent's user and nobody else may write to it, no outsider can
// swap the file between this check and its use, so no descriptor tricks are needed.
#pragma once

#include "loader/base/error.hpp"

#include <filesystem>

namespace drover {

// The same file without symlinks. `path` must be absolute. Every folder, symlink and the file itself must be
// owned by root or the effective user and not be writable by group or others; a folder may be when it is
// root's and sticky (/tmp). Symlinks are followed and their targets' paths checked in the same way. The file
// must be regular. A refusal gives the path, the owner and mode found, and the command that would fix it. An
// absent file is Code::not_found.
Result<std::filesystem::path> check_trusted_file(const std::filesystem::path &path);

} // namespace drover
