#include "core/config/problem.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace drover {

std::string_view to_string(Severity severity) noexcept {
    return severity == Severity::error ? "error" : "warning";
}

std::string render(const Problem &problem) {
    std::string text = problem.file;
    if (problem.position.line != 0)
        text += fmt::format(":{}:{}", problem.position.line, problem.position.column);
    text += fmt::format(": {}: ", to_string(problem.severity));
    if (!problem.key.empty())
        text += problem.key + ": ";
    return text + problem.message;
}

std::string render_with_source(const Problem &problem) {
    std::string text = render(problem);
    if (problem.excerpt.empty() || problem.position.column == 0)
        return text;
    const auto gutter = fmt::format("{:>5} | ", problem.position.line);
    std::string caret = std::string(gutter.size() - 2, ' ') + "| ";
    const auto before = std::min<std::size_t>(problem.position.column - 1, problem.excerpt.size());
    for (std::size_t i = 0; i < before; ++i) {
        const auto byte = static_cast<unsigned char>(problem.excerpt[i]);
        if ((byte & 0xC0) != 0x80) // one blank per character, not per byte of its UTF-8
            caret += byte == '\t' ? '\t' : ' ';
    }
    return text + '\n' + gutter + problem.excerpt + '\n' + caret + '^';
}

std::string render(std::span<const Problem> problems) {
    std::string text;
    for (const auto &problem : problems)
        text += render(problem) + '\n';
    return text;
}

std::string render_with_source(std::span<const Problem> problems) {
    std::string text;
    for (const auto &problem : problems)
        text += render_with_source(problem) + '\n';
    return text;
}

} // namespace drover
