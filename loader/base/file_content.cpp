#include "loader/base/file_content.hpp"

#include "loader/base/unique_fd.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace drover {

std::optional<std::string> content_of(const std::filesystem::path &file) {
    const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd)
        return std::nullopt;
    std::string content;
    std::array<char, 4096> part{};
    for (;;) {
        const auto count = ::read(fd.get(), part.data(), part.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return std::nullopt;
        if (count == 0)
            return content;
        content.append(part.data(), static_cast<std::size_t>(count));
    }
}

} // namespace drover
