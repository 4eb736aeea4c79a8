#include "conformance/simulators/flasharray/initiators.hpp"

#include <algorithm>
#include <array>

namespace drover::sim::flasharray {

namespace {

constexpr std::size_t kMostIqn = 223;

// As it is kept: an IQN as it is written, a WWN as 16 upper-case digits.
std::string checked_iqn(const std::string &text) {
    const std::string small = lower(text);
    const bool is_name = small.starts_with("iqn.") || small.starts_with("eui.") || small.starts_with("naa.");
    if (!is_name || text.size() > kMostIqn || text.size() < 5 ||
        text.find_first_of(" \t\r\n,\"\\") != std::string::npos)
        refuse(text, "Invalid IQN.");
    return text;
}

std::string checked_wwn(const std::string &text) {
    std::string digits;
    for (const char c : text) {
        if (c != ':')
            digits += c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    if (digits.size() != 16 || digits.find_first_not_of("0123456789ABCDEF") != std::string::npos)
        refuse(text, "Invalid WWN.");
    return digits;
}

std::string checked_nqn(const std::string &text) {
    if (!text.starts_with("nqn.") || text.size() > kMostIqn || text.size() < 5 ||
        text.find_first_of(" \t\r\n,\"\\") != std::string::npos)
        refuse(text, "Invalid NQN.");
    return text;
}

struct Kind {
    const char *list, *add, *remove;
    std::vector<std::string> Host::*members;
    std::string (*checked)(const std::string &text);
    const char *in_use;
    Version since;
};

const std::array kKinds{
    Kind{"iqnlist", "addiqnlist", "remiqnlist", &Host::iqns, checked_iqn, words::kIqnInUse, 0},
    Kind{"wwnlist", "addwwnlist", "remwwnlist", &Host::wwns, checked_wwn, words::kWwnInUse, 0},
    Kind{"nqnlist", "addnqnlist", "remnqnlist", &Host::nqns, checked_nqn, words::kNqnInUse, 16},
};

void add(Model &model, const Kind &kind, Id host, const std::string &text) {
    const std::string initiator = kind.checked(text);
    for (const auto &[id, each] : model.store.hosts.all()) {
        const auto &theirs = each.*kind.members;
        if (std::ranges::find(theirs, initiator) != theirs.end())
            refuse(initiator, kind.in_use);
    }
    (model.store.hosts.edit(host).*kind.members).push_back(initiator);
}

} // namespace

void change_initiators(Model &model, const Ask &ask, Id host) {
    for (const Kind &kind : kKinds) {
        for (const char *key : {kind.list, kind.add, kind.remove})
            needs_version(ask, kind.since, key);
        if (const auto all = ask.parameters.names(kind.list)) {
            (model.store.hosts.edit(host).*kind.members).clear();
            for (const std::string &each : *all)
                add(model, kind, host, each);
        }
        for (const std::string &each : ask.parameters.names(kind.add).value_or(std::vector<std::string>()))
            add(model, kind, host, each);
        for (const std::string &each :
             ask.parameters.names(kind.remove).value_or(std::vector<std::string>())) {
            if (std::erase(model.store.hosts.edit(host).*kind.members, kind.checked(each)) == 0)
                refuse(each, words::kNotAnInitiator);
        }
    }
}

bool names_initiators(const Ask &ask) {
    return std::ranges::any_of(kKinds, [&](const Kind &kind) {
        return ask.parameters.has(kind.list) || ask.parameters.has(kind.add) ||
               ask.parameters.has(kind.remove);
    });
}

} // namespace drover::sim::flasharray
