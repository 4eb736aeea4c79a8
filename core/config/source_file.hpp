// The text of a configuration file, and its lines in the form in which they may be shown: every value that is
// not one of our own keys' is blotted out, since before the drivers are known any of them may be a secret.
#pragma once

#include "core/config/agent_config.hpp"
#include "loader/base/secret_text.hpp"

#include <tl/expected.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace drover {

inline constexpr std::size_t kMaxConfigBytes = std::size_t{1} << 20;

struct SourceFile {
    SecretText text;
    bool others_can_read = false;
};

// A regular file of at most kMaxConfigBytes. Never waits (a FIFO is refused, not read).
tl::expected<SourceFile, Problem> read_source(const std::filesystem::path &file);

// The text must be within the limit and UTF-8.
std::optional<Problem> check_encoding(std::string_view text, std::string_view file);

std::vector<std::string> blot_lines(std::string_view text);

// The line as it may be shown, or "".
std::string excerpt_of(const ConfigSource &source, SourcePosition position);

} // namespace drover
