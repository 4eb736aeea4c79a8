#include "loader/driver_file.hpp"

#include "loader/base/unique_fd.hpp"
#include "loader/driver_text.hpp"
#include "loader/elf_exports.hpp"
#include "loader/extensions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <set>
#include <string_view>
#include <unistd.h>

namespace drover {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;
constexpr std::size_t kShownName = 128; // a strange file may make a name as long as itself

bool belongs_to_id(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' || c == '/';
}

// The id as a text of its own: with the NUL at its end, and not as the end of a longer id.
bool holds_text(std::string_view bytes, std::string_view id) {
    for (auto at = bytes.find(id); at != std::string_view::npos; at = bytes.find(id, at + 1)) {
        const std::size_t end = at + id.size();
        if (end < bytes.size() && bytes[end] == '\0' && (at == 0 || !belongs_to_id(bytes[at - 1])))
            return true;
    }
    return false;
}

// The pieces overlap, so that no id is cut in two.
Result<std::set<std::string_view>> find_texts(const std::filesystem::path &file,
                                              const std::vector<std::string_view> &ids) {
    const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!fd)
        return fail_errno(errno, fmt::format("{} cannot be opened", file.native()));
    std::size_t overlap = 1;
    for (const std::string_view id : ids)
        overlap = std::max(overlap, id.size() + 2);
    std::set<std::string_view> found;
    std::string window;
    while (true) {
        const std::size_t kept = std::min(window.size(), overlap);
        window.erase(0, window.size() - kept);
        window.resize(kept + kPiece);
        const ssize_t got = ::read(fd.get(), window.data() + kept, kPiece);
        if (got < 0 && errno != EINTR)
            return fail_errno(errno, fmt::format("{} cannot be read", file.native()));
        window.resize(kept + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (got == 0)
            return found;
        for (const std::string_view id : ids) {
            if (holds_text(window, id))
                found.insert(id);
        }
    }
}

} // namespace

Result<DriverFile> read_driver_file(const std::filesystem::path &file) {
    auto exports = read_exports(file);
    if (!exports)
        return fail(std::move(exports).error());
    const auto ids = known_extensions();
    const auto named = find_texts(file, ids);
    if (!named)
        return fail(named.error());
    DriverFile read;
    for (const ExportedSymbol &symbol : *exports)
        read.exports.push_back(one_line(std::string_view(symbol.name), kShownName));
    std::ranges::sort(read.exports);
    for (const std::string_view id : ids) {
        if (named->contains(id))
            read.named_extensions.emplace_back(id);
    }
    return read;
}

} // namespace drover
