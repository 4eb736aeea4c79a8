#include "conformance/simulators/flasharray/names.hpp"

#include "conformance/simulators/flasharray/refusal.hpp"
#include "conformance/simulators/flasharray/table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace drover::sim::flasharray {

namespace {

constexpr std::size_t kMostName = 63;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool fits(std::string_view name, std::string_view others) {
    return !name.empty() && name.size() <= kMostName && (is_letter(name.front()) || is_digit(name.front())) &&
           (is_letter(name.back()) || is_digit(name.back())) && std::ranges::all_of(name, [&](char c) {
               return is_letter(c) || is_digit(c) || others.find(c) != std::string_view::npos;
           });
}

} // namespace

void check_volume_name(std::string_view name) {
    if (!fits(name, "-_") || std::ranges::all_of(name, is_digit)) {
        refuse(
            name,
            "Volume name must be between 1 and 63 characters (alphanumeric, _ and -) in length and begin and "
            "end with a letter or number. The name must include at least one letter, _, or -.");
    }
}

void check_plain_name(std::string_view what, std::string_view name) {
    if (!fits(name, "-") || std::ranges::all_of(name, is_digit)) {
        refuse(name,
               fmt::format(
                   "{} name must be between 1 and 63 characters (alphanumeric and -) in length and begin "
                   "and end with a letter or number. The name must include at least one letter or -.",
                   what));
    }
}

void check_suffix(std::string_view suffix) {
    if (!fits(suffix, "-")) {
        refuse(suffix,
               "Snapshot suffix must be between 1 and 63 characters (alphanumeric and -) in length and begin "
               "and end with a letter or number.");
    }
}

NameParts parts_of(std::string_view name) {
    for (const std::string_view between : {std::string_view("::"), std::string_view("/")}) {
        if (const auto at = name.find(between); at != std::string_view::npos)
            return {name.substr(0, at), name.substr(at + between.size()), between};
    }
    return {{}, name, {}};
}

bool matches(std::string_view pattern, std::string_view name) {
    const std::string wanted = lower(pattern);
    const std::string text = lower(name);
    // The classic walk with one place to come back to: no pattern costs more than its length times the
    // text's.
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string::npos;
    std::size_t mark = 0;
    while (t < text.size()) {
        if (p < wanted.size() && wanted[p] == '*') {
            star = p++;
            mark = t;
        } else if (p < wanted.size() && wanted[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != std::string::npos) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < wanted.size() && wanted[p] == '*')
        ++p;
    return p == wanted.size();
}

} // namespace drover::sim::flasharray
