// One test of the suite as data: its id, whom it binds, what it says in one sentence, what it needs, and its
// body.
#pragma once

#include <cstdint>
#include <string_view>

namespace drover::conformance {

class Test;

enum class Binding {
    mandatory,  // every driver must pass it
    advertised, // must pass where the driver offers what the case needs; skipped elsewhere
    quality,    // what it finds is a warning
};

// "mandatory", "if advertised" or "quality".
std::string_view to_string(Binding binding) noexcept;

// How far a case goes into the driver. A case waits for the gates of its stage: without a file that loads,
// nothing that opens it can say anything.
enum class Stage {
    file,    // reads the file, or loads it by itself
    library, // uses the loaded descriptor
    open,    // opens a backend
};

struct Needs {
    std::string_view extension = {}; // such as "drv.snapshot/1"; empty: none
    std::uint64_t caps = 0;          // DRV_CAP_* that must all be set
    std::string_view second = {};    // a second extension
};

using Body = void (*)(Test &);

struct Case {
    std::string_view id; // dotted, begins with the group; never reused for another rule
    Binding binding = Binding::mandatory;
    Stage stage = Stage::open;
    std::string_view since = "1.0"; // the ABI minor that made the rule
    std::string_view description;   // one sentence
    Needs needs = {};
    Body run = nullptr;
    // A gate: when it does not pass, every later case of this stage or beyond is skipped and says so.
    bool is_gate = false;
    Stage gate_of = Stage::open;
    // It judges the driver in the process that calls it, also where the others have it in one of its own.
    bool is_judged_in_process = false;

    [[nodiscard]] std::string_view group() const noexcept { return id.substr(0, id.find('.')); }
};

} // namespace drover::conformance
