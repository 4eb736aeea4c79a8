// The ABI's layout as data: what every struct, slot, constant and id looks like to a compiler, as text that
// is easy to read and to diff, and the rule that decides whether a newer layout still keeps an older one's
// promises. Where it comes from is layout_now.cpp's business.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace drover::abi {

struct Field {
    std::string name;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::string type; // in C++ without parameter names: "i32(drv_instance*, const drv_call*)"
    bool operator==(const Field &) const = default;
};

struct Struct {
    std::string name;
    bool is_frozen = false; // no struct_size: may never change
    std::uint64_t size = 0;
    std::vector<Field> fields;
    bool operator==(const Struct &) const = default;
};

// A constant, an id or a type's name, whose meaning is one word or one line.
struct Value {
    std::string kind; // "constant", "text", "type"
    std::string name;
    std::string value;
    bool operator==(const Value &) const = default;
};

struct Layout {
    std::vector<Struct> structs;
    std::vector<Value> values;
    bool operator==(const Layout &) const = default;
};

// What this build's headers say.
[[nodiscard]] Layout layout_now();

// One line for each thing, each true on its own. Lines that begin with '#' are comments.
[[nodiscard]] std::string render(const Layout &layout);
// Throws std::runtime_error with the line number for text that render would not have written.
[[nodiscard]] Layout parse(std::string_view text);

// Every promise of `old` that `current` breaks, a sentence each. What is new is no breach where the rules
// allow it: at the end of a struct that is not frozen, or by a new name.
[[nodiscard]] std::vector<std::string> breaches(const Layout &old, const Layout &current);

} // namespace drover::abi
