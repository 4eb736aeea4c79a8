#include "conformance/suite/registry.hpp"

#include "conformance/suite/cases/cases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <regex.h>
#include <stdexcept>

namespace drover::conformance {
namespace {

bool is_well_formed(std::string_view id) {
    const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    std::size_t words = 1;
    bool at_start = true;
    for (const char c : id) {
        if (c == '.' && !at_start) {
            ++words;
            at_start = true;
        } else if (is_word(c)) {
            at_start = false;
        } else {
            return false;
        }
    }
    return words >= 2 && !at_start;
}

} // namespace

std::string_view to_string(Binding binding) noexcept {
    switch (binding) {
    case Binding::mandatory:
        return "mandatory";
    case Binding::advertised:
        return "if advertised";
    case Binding::quality:
        return "quality";
    }
    return "mandatory";
}

void Registry::add(Case added) {
    if (!is_well_formed(added.id))
        throw std::logic_error(fmt::format("\"{}\" is no case id", added.id));
    if (find(added.id) != nullptr)
        throw std::logic_error(fmt::format("two cases are called {}", added.id));
    if (added.run == nullptr || !added.description.ends_with('.'))
        throw std::logic_error(fmt::format("{} lacks a body or a description that is a sentence", added.id));
    cases_.push_back(added);
}

void Registry::mandatory(std::string_view id, std::string_view description, Body run) {
    add({.id = id, .description = description, .run = run});
}

void Registry::advertised(std::string_view id, Needs needs, std::string_view description, Body run) {
    add({.id = id, .binding = Binding::advertised, .description = description, .needs = needs, .run = run});
}

void Registry::quality(std::string_view id, std::string_view description, Body run) {
    add({.id = id, .binding = Binding::quality, .description = description, .run = run});
}

void Registry::judge_in_process(std::initializer_list<std::string_view> ids) {
    for (const std::string_view id : ids) {
        const auto found =
            std::find_if(cases_.begin(), cases_.end(), [&](const Case &each) { return each.id == id; });
        if (found == cases_.end())
            throw std::logic_error(fmt::format("there is no case {}", id));
        found->is_judged_in_process = true;
    }
}

const Case *Registry::find(std::string_view id) const noexcept {
    const auto found =
        std::find_if(cases_.begin(), cases_.end(), [&](const Case &each) { return each.id == id; });
    return found == cases_.end() ? nullptr : &*found;
}

Result<std::vector<Case>> Registry::matching(const std::string &expression) const {
    // POSIX's: std::regex recurses on its input and makes gcc 12 warn of itself under sanitizers.
    regex_t wanted{};
    const int wrong = ::regcomp(&wanted, expression.c_str(), REG_EXTENDED | REG_NOSUB);
    if (wrong != 0) {
        std::array<char, 256> why{};
        ::regerror(wrong, &wanted, why.data(), why.size());
        return fail(Code::invalid,
                    fmt::format("\"{}\" is no regular expression: {}", expression, why.data()));
    }
    std::vector<Case> selected;
    for (const Case &each : cases_) {
        if (::regexec(&wanted, std::string(each.id).c_str(), 0, nullptr, 0) == 0)
            selected.push_back(each);
    }
    ::regfree(&wanted);
    return selected;
}

Registry make_registry() {
    Registry all;
    add_load_cases(all);
    add_lifecycle_cases(all);
    add_core_backend_cases(all);
    add_core_create_cases(all);
    add_core_id_cases(all);
    add_core_destroy_cases(all);
    add_core_get_cases(all);
    add_core_list_cases(all);
    add_core_attach_cases(all);
    add_core_detach_cases(all);
    add_core_call_cases(all);
    add_calls_cases(all);
    add_threads_cases(all);
    add_hygiene_cases(all);
    add_growth_cases(all);
    add_snapshot_cases(all);
    add_snapshot_list_cases(all);
    add_snapshot_clone_cases(all);
    add_clone_cases(all);
    add_extend_cases(all);
    add_profiles_cases(all);
    add_retype_cases(all);
    add_qos_cases(all);
    add_stats_cases(all);
    add_fence_cases(all);
    add_group_cases(all);
    add_manage_cases(all);
    add_data_volume_cases(all);
    add_data_snapshot_cases(all);
    add_data_clone_cases(all);
    add_data_extend_cases(all);
    add_data_depth_cases(all);
    add_fuzz_cases(all);
    add_quality_cases(all);
    return all;
}

} // namespace drover::conformance
