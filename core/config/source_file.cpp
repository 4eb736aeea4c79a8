#include "core/config/source_file.hpp"

#include "core/config/scalars.hpp"
#include "core/config/schema.hpp"
#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>

namespace drover {
namespace {

constexpr std::size_t kMaxShownLine = 160;

Problem file_problem(std::string_view file, std::string found, std::string expected, std::string message) {
    Problem problem;
    problem.file = file;
    problem.found = std::move(found);
    problem.expected = std::move(expected);
    problem.message = std::move(message);
    return problem;
}

Problem errno_problem(const std::filesystem::path &file, std::string_view what, int error_number) {
    std::string message = fmt::format("{}: {}", what, std::strerror(error_number));
    if (error_number == ENOENT)
        message += "; write one (agent.yml.example shows every key) or name another file";
    return file_problem(file.string(), std::strerror(error_number), "a readable file", std::move(message));
}

std::string_view describe_mode(mode_t mode) {
    if (S_ISDIR(mode))
        return "a folder";
    if (S_ISFIFO(mode))
        return "a pipe";
    if (S_ISSOCK(mode))
        return "a socket";
    return "a device";
}

Problem too_large(std::string_view file, std::string found) {
    return file_problem(file, found, "at most 1 MiB",
                        fmt::format("is {}; a configuration file has at most 1 MiB", found));
}

bool is_key_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

// Is `name`, below the top-level key `root`, one of our own keys, whose values are no secrets?
bool is_shown(std::string_view root, std::string_view name) {
    if (root == "dataset" || root == "backends")
        return find_key("dataset", name) != nullptr;
    return std::ranges::any_of(schema_keys(), [&](const SchemaKey &key) { return key.name == name; });
}

} // namespace

tl::expected<SourceFile, Problem> read_source(const std::filesystem::path &file) {
    const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!fd)
        return tl::unexpected(errno_problem(file, "cannot be opened", errno));
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0)
        return tl::unexpected(errno_problem(file, "cannot be examined", errno));
    if (!S_ISREG(status.st_mode)) {
        const auto what = describe_mode(status.st_mode);
        return tl::unexpected(file_problem(file.string(), std::string(what), "a regular file",
                                           fmt::format("is {}; expected a regular file", what)));
    }
    if (status.st_size > static_cast<off_t>(kMaxConfigBytes))
        return tl::unexpected(too_large(file.string(), fmt::format("{} bytes long", status.st_size)));
    // Room for one more byte than allowed shows a file that grows meanwhile, or whose size the kernel does
    // not tell.
    std::string text(kMaxConfigBytes + 1, '\0');
    std::size_t length = 0;
    while (length < text.size()) {
        const ssize_t got = ::read(fd.get(), text.data() + length, text.size() - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            const int error_number = errno;
            wipe(text);
            return tl::unexpected(errno_problem(file, "cannot be read", error_number));
        }
        if (got == 0)
            break;
        length += static_cast<std::size_t>(got);
    }
    SourceFile source;
    source.text = SecretText(text.substr(0, length));
    source.others_can_read = (status.st_mode & S_IROTH) != 0;
    wipe(text);
    return source;
}

std::optional<Problem> check_encoding(std::string_view text, std::string_view file) {
    if (text.size() > kMaxConfigBytes)
        return too_large(file, fmt::format("{} bytes long", text.size()));
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
        return file_problem(file, "UTF-16", "UTF-8 text", "is UTF-16 text; save it as UTF-8");
    const auto bad = find_bad_utf8(text);
    if (!bad)
        return std::nullopt;
    const auto before = text.substr(0, *bad);
    const auto line_start = before.rfind('\n') + 1; // npos + 1 is 0
    const bool is_nul = text[*bad] == '\0';
    Problem problem = file_problem(
        file, is_nul ? "a NUL byte" : fmt::format("byte 0x{:02X}", static_cast<unsigned char>(text[*bad])),
        "UTF-8 text", "");
    problem.message = fmt::format("{}; expected UTF-8 text{}", problem.found,
                                  is_nul ? "" : " (the file may be in an older encoding such as Latin-1)");
    problem.position.line = static_cast<unsigned>(std::ranges::count(before, '\n')) + 1;
    problem.position.column = static_cast<unsigned>(*bad - line_start) + 1;
    return problem;
}

std::vector<std::string> blot_lines(std::string_view text) {
    std::vector<std::string> lines;
    std::string root;
    while (!text.empty()) {
        const auto end = text.find('\n');
        auto row = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (row.ends_with('\r'))
            row.remove_suffix(1);

        // [blanks] [- ] key : value. Anything else may be part of a longer value, so it is not shown at all.
        auto start = row.find_first_not_of(" \t");
        if (start != std::string_view::npos && row.substr(start).starts_with("- "))
            start = row.find_first_not_of(' ', start + 1);
        auto stop = std::min(start, row.size());
        while (stop < row.size() && is_key_char(row[stop]))
            ++stop;
        const auto name = row.substr(std::min(start, row.size()), stop - std::min(start, row.size()));
        const auto colon = row.find_first_not_of(' ', stop);
        if (name.empty() || colon == std::string_view::npos || row[colon] != ':' ||
            (colon + 1 < row.size() && row[colon + 1] != ' ')) {
            lines.emplace_back();
            continue;
        }
        if (start == 0)
            root = name;
        const auto value_at = row.find_first_not_of(' ', colon + 1);
        const auto value = value_at == std::string_view::npos ? std::string_view{} : row.substr(value_at);
        const bool shown = value.empty() || (is_shown(root, name) &&
                                             value.find_first_of(" \t:{}[]#&*!|>") == std::string_view::npos);
        std::string line(row.substr(0, std::min(value_at, row.size())));
        line += shown ? value : "...";
        if (line.size() > kMaxShownLine)
            line.clear();
        lines.push_back(std::move(line));
    }
    return lines;
}

std::string excerpt_of(const ConfigSource &source, SourcePosition position) {
    if (position.line == 0 || position.line > source.lines.size())
        return {};
    return source.lines[position.line - 1];
}

} // namespace drover
