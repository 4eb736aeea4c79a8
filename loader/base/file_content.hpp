// The whole content of a small file of the kernel (sysfs, procfs). What such a file is about can go away
// between its opening and its reading, and then the read fails: a stream's buffer throws at that.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace drover {

// Nothing when it cannot be opened or read to its end. Throws std::bad_alloc only.
[[nodiscard]] std::optional<std::string> content_of(const std::filesystem::path &file);

} // namespace drover
