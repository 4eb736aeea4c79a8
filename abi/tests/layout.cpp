#include "abi/tests/layout.hpp"

#include <algorithm>
#include <cstddef>
#include <sstream>
#include <stdexcept>

namespace drover::abi {
namespace {

constexpr std::size_t kNameColumn = 10;
constexpr std::size_t kDetailColumn = 46;

std::string line(std::string_view kind, std::string_view name, std::string_view detail) {
    std::string text(kind);
    text.resize(std::max(text.size() + 1, kNameColumn), ' ');
    text += name;
    text.resize(std::max(text.size() + 1, kDetailColumn), ' ');
    text += detail;
    return text + '\n';
}

std::string place(const Field &field) {
    return "at " + std::to_string(field.offset) + " size " + std::to_string(field.size);
}

// Reads one line word by word.
class Words {
public:
    Words(const std::string &text, std::size_t number) : in_(text), number_(number) {}

    std::string word() {
        std::string next;
        if (!(in_ >> next))
            bad("it ends too early");
        return next;
    }
    void expect(std::string_view wanted) {
        if (word() != wanted)
            bad("\"" + std::string(wanted) + "\" is missing");
    }
    std::uint64_t number() {
        const std::string digits = word();
        if (digits.find_first_not_of("0123456789") != std::string::npos || digits.size() > 19)
            bad("\"" + digits + "\" is no number");
        return std::stoull(digits);
    }
    std::string rest() {
        std::string text;
        std::getline(in_ >> std::ws, text);
        if (text.empty())
            bad("it ends too early");
        return text;
    }
    void end() {
        std::string more;
        if (in_ >> more)
            bad("\"" + more + "\" is too much");
    }
    [[noreturn]] void bad(const std::string &why) const {
        throw std::runtime_error("line " + std::to_string(number_) + ": " + why);
    }

private:
    std::istringstream in_;
    std::size_t number_;
};

const Struct *find(const Layout &layout, std::string_view name) {
    const auto at = std::find_if(layout.structs.begin(), layout.structs.end(),
                                 [&](const Struct &each) { return each.name == name; });
    return at == layout.structs.end() ? nullptr : &*at;
}

const Field *find(const Struct &in, std::string_view name) {
    const auto at = std::find_if(in.fields.begin(), in.fields.end(),
                                 [&](const Field &each) { return each.name == name; });
    return at == in.fields.end() ? nullptr : &*at;
}

std::string now_there(const Struct &in, const Field &was) {
    for (const Field &field : in.fields) {
        if (field.offset == was.offset && field.name != was.name)
            return "; there is now " + in.name + '.' + field.name;
    }
    return {};
}

void compare_fields(const Struct &old, const Struct &current, std::vector<std::string> &found) {
    for (const Field &was : old.fields) {
        const std::string name = old.name + '.' + was.name;
        const Field *is = find(current, was.name);
        if (is == nullptr) {
            found.push_back(name + " was " + place(was) + " and is gone" + now_there(current, was));
            continue;
        }
        if (is->offset != was.offset || is->size != was.size)
            found.push_back(name + " was " + place(was) + " and is " + place(*is) + now_there(current, was));
        if (is->type != was.type)
            found.push_back(name + " was a " + was.type + " and is a " + is->type);
    }
    for (const Field &is : current.fields) {
        if (find(old, is.name) == nullptr && (old.is_frozen || is.offset < old.size)) {
            found.push_back(current.name + '.' + is.name + " is new, " + place(is) + ": " +
                            (old.is_frozen
                                 ? "the struct is frozen"
                                 : "new fields come behind the old end, " + std::to_string(old.size)));
        }
    }
}

void compare_struct(const Struct &old, const Layout &current, std::vector<std::string> &found) {
    const Struct *is = find(current, old.name);
    if (is == nullptr) {
        found.push_back(old.name + " is gone");
        return;
    }
    if (is->is_frozen != old.is_frozen)
        found.push_back(old.name + (old.is_frozen ? " is no longer frozen" : " has become frozen"));
    if (old.is_frozen ? is->size != old.size : is->size < old.size) {
        found.push_back(old.name + " had size " + std::to_string(old.size) + " and has " +
                        std::to_string(is->size));
    }
    compare_fields(old, *is, found);
}

} // namespace

std::string render(const Layout &layout) {
    std::string text;
    for (const Struct &each : layout.structs) {
        text += line("struct", each.name,
                     (each.is_frozen ? "frozen size " : "growable size ") + std::to_string(each.size));
        for (const Field &field : each.fields)
            text += line("field", each.name + '.' + field.name, place(field) + ' ' + field.type);
        text += '\n';
    }
    for (const Value &value : layout.values)
        text += line(value.kind, value.name, value.value);
    return text;
}

Layout parse(std::string_view text) {
    Layout layout;
    std::istringstream in{std::string(text)};
    std::string next;
    for (std::size_t number = 1; std::getline(in, next); ++number) {
        if (next.empty() || next.front() == '#')
            continue;
        Words words(next, number);
        const std::string kind = words.word();
        const std::string name = words.word();
        if (kind == "struct") {
            const std::string growth = words.word();
            if (growth != "frozen" && growth != "growable")
                words.bad("\"" + growth + "\" is neither frozen nor growable");
            words.expect("size");
            layout.structs.push_back(
                {.name = name, .is_frozen = growth == "frozen", .size = words.number(), .fields = {}});
            words.end();
        } else if (kind == "field") {
            const auto dot = name.find('.');
            if (layout.structs.empty() || dot == std::string::npos ||
                name.substr(0, dot) != layout.structs.back().name)
                words.bad("a field stands below its struct");
            Field field{.name = name.substr(dot + 1), .type = {}};
            words.expect("at");
            field.offset = words.number();
            words.expect("size");
            field.size = words.number();
            field.type = words.rest();
            layout.structs.back().fields.push_back(std::move(field));
        } else if (kind == "constant" || kind == "text" || kind == "type") {
            layout.values.push_back({.kind = kind, .name = name, .value = words.rest()});
        } else {
            words.bad("\"" + kind + "\" is no kind of line");
        }
    }
    return layout;
}

std::vector<std::string> breaches(const Layout &old, const Layout &current) {
    std::vector<std::string> found;
    for (const Struct &each : old.structs)
        compare_struct(each, current, found);
    for (const Value &was : old.values) {
        const auto is = std::find_if(current.values.begin(), current.values.end(), [&](const Value &each) {
            return each.kind == was.kind && each.name == was.name;
        });
        if (is == current.values.end()) {
            found.push_back(was.kind + ' ' + was.name + " is gone");
        } else if (is->value != was.value) {
            found.push_back(was.kind + ' ' + was.name + " was " + was.value + " and is " + is->value);
        }
    }
    return found;
}

} // namespace drover::abi
