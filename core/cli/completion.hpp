// Completion of a command line: what could stand where the cursor is. The shells' scripts
// (completion_scripts.hpp) ask for it with the hidden command `drover __complete WORD...`.
#pragma once

#include <CLI/App.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace drover::cli {

// Where the names come from: kind is an option's type name ("VOLUME"), `before` the positional word before,
// if any
// ("SNAPSHOT" of which volume?). Unknown kinds: nothing.
using NameSource = std::function<std::vector<std::string>(std::string_view kind, const std::string &before)>;

// The script completes file names itself.
inline constexpr std::string_view kCompleteFiles = ":files";

// `words`: the words after the program's name, the last one as far as it was typed (perhaps empty). Sorted.
std::vector<std::string> complete(const CLI::App &app, const std::vector<std::string> &words,
                                  const NameSource &names);

// The value of an option ("--socket") among the words, written either way, or nothing.
std::string value_among(const std::vector<std::string> &words, std::string_view option);

} // namespace drover::cli
