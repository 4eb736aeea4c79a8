#include "core/cli/completion.hpp"

#include <algorithm>
#include <iterator>

namespace drover::cli {
namespace {

bool takes_value(const CLI::Option &option) {
    return option.get_items_expected_max() > 0;
}

// The option that is written as this word, in the command or above it.
const CLI::Option *find_option(const CLI::App *command, std::string_view word) {
    for (; command != nullptr; command = command->get_parent()) {
        for (const auto *option : command->get_options()) {
            if (!option->get_positional() && option->check_name(std::string(word)))
                return option;
        }
    }
    return nullptr;
}

const CLI::App *find_subcommand(const CLI::App &command, std::string_view word) {
    for (const auto *sub : command.get_subcommands([](const CLI::App *) { return true; })) {
        if (sub->get_name() == word)
            return sub;
    }
    return nullptr;
}

std::vector<std::string> option_names(const CLI::App *command) {
    std::vector<std::string> names;
    for (; command != nullptr; command = command->get_parent()) {
        for (const auto *option : command->get_options()) {
            for (const auto &name : option->get_lnames())
                names.push_back("--" + name);
        }
    }
    return names;
}

std::vector<const CLI::Option *> positionals_of(const CLI::App &command) {
    std::vector<const CLI::Option *> positionals;
    for (const auto *option : command.get_options()) {
        if (option->get_positional())
            positionals.push_back(option);
    }
    return positionals;
}

std::vector<std::string> values(const CLI::Option &option, const std::string &before,
                                const std::string &typed, const NameSource &names) {
    const auto kind = option.get_type_name();
    if (kind == "FILE" || (kind == "DRIVER" && typed.find('/') != std::string::npos))
        return {std::string(kCompleteFiles)};
    if (kind == "FSTYPE")
        return {"ext4", "xfs"};
    return names(kind, before);
}

// What the words before the last one lead to.
struct Place {
    const CLI::App *command;
    const CLI::Option *waiting = nullptr; // an option whose value comes next
    std::vector<std::string> positionals; // words given so far
};

Place walk(const CLI::App &app, const std::vector<std::string> &words) {
    Place place{.command = &app};
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        const auto &word = words[i];
        if (place.waiting != nullptr) {
            place.waiting = nullptr;
        } else if (word.starts_with('-')) {
            const auto *option = find_option(place.command, word);
            if (option != nullptr && takes_value(*option))
                place.waiting = option;
        } else if (const auto *sub = find_subcommand(*place.command, word)) {
            place.command = sub;
        } else {
            place.positionals.push_back(word);
        }
    }
    return place;
}

} // namespace

std::vector<std::string> complete(const CLI::App &app, const std::vector<std::string> &words,
                                  const NameSource &names) {
    const std::string typed = words.empty() ? "" : words.back();
    const auto place = walk(app, words);
    const auto before = place.positionals.empty() ? std::string() : place.positionals.back();
    std::vector<std::string> found;
    const auto subcommands = place.command->get_subcommands([](const CLI::App *) { return true; });
    if (place.waiting != nullptr) {
        found = values(*place.waiting, before, typed, names);
    } else if (typed.starts_with('-')) {
        found = option_names(place.command);
    } else if (!subcommands.empty()) {
        for (const auto *sub : subcommands)
            found.push_back(sub->get_name());
    } else if (const auto positionals = positionals_of(*place.command); !positionals.empty()) {
        const auto index = place.positionals.size();
        if (index < positionals.size()) {
            found = values(*positionals[index], before, typed, names);
        } else if (positionals.back()->get_items_expected_max() > 1) {
            found = values(*positionals.back(), before, typed, names);
        }
    }
    std::erase_if(
        found, [&](const std::string &word) { return !word.starts_with(typed) && word != kCompleteFiles; });
    std::ranges::sort(found);
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

std::string value_among(const std::vector<std::string> &words, std::string_view option) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == option && i + 1 < words.size())
            return words[i + 1];
        if (words[i].starts_with(option) && words[i].substr(option.size()).starts_with('='))
            return words[i].substr(option.size() + 1);
    }
    return {};
}

} // namespace drover::cli
