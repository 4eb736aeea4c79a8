// The rules for names of the array's objects. Each throws Refusal with the array's words.
#pragma once

#include <string_view>

namespace drover::sim::flasharray {

// 1 to 63 of letters, digits, - and _, a letter or digit at both ends, and not digits alone. Without the pod
// or volume group before it.
void check_volume_name(std::string_view name);
// 1 to 63 of letters, digits and -; `what` is "Host", "Host group", "Protection group" ...
void check_plain_name(std::string_view what, std::string_view name);
void check_suffix(std::string_view suffix);

// "pod::v" is {"pod", "v", "::"}, "vgroup/v" is {"vgroup", "v", "/"}, "v" is {"", "v", ""}.
struct NameParts {
    std::string_view container, leaf, between;
};
[[nodiscard]] NameParts parts_of(std::string_view name);

// `*` stands for any text; without regard to case.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view name);

} // namespace drover::sim::flasharray
