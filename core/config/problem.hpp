// One thing that is wrong in a configuration file, with the place and the words to repair it, and how a list
// of them is shown. Nothing here ever holds the value of a backend's key: such a value may be a secret.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace drover {

// Both count from 1; 0 means that the problem has no place in the file (such as a missing file).
struct SourcePosition {
    unsigned line = 0;
    unsigned column = 0;
    bool operator==(const SourcePosition &) const = default;
};

enum class Severity { error, warning };

// "error" or "warning".
std::string_view to_string(Severity severity) noexcept;

struct Problem {
    std::string file; // as the caller named it
    SourcePosition position;
    std::string key;      // path such as "dataset.root_path"; empty: the file as a whole
    std::string found;    // what is there; empty when it was not shown on purpose or nothing is there
    std::string expected; // what would be right; empty when the message says it all
    std::string message;  // the whole sentence without file, place and key
    Severity severity = Severity::error;
    std::string excerpt; // the source line with values that may be secret blotted out; empty: not shown

    bool operator==(const Problem &) const = default;
};

// As compilers print it, without a newline at the end:
// "agent.yml:7:5: error: dataset.root_pth: unknown key; did you mean root_path?"
std::string render(const Problem &problem);
// The same, followed by the source line and a caret below the place, where there is one.
std::string render_with_source(const Problem &problem);
// One problem per line (or with its source), each ended by a newline, in the given order.
std::string render(std::span<const Problem> problems);
std::string render_with_source(std::span<const Problem> problems);

} // namespace drover
