#include "core/connect/node_record.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace drover::connect {
namespace {

constexpr std::string_view kMade = "# drover: made by drover-agent, which deletes it";
constexpr std::string_view kLent = "# drover: changed by drover-agent, which puts back what it was:";
constexpr std::string_view kWas = "# drover was: ";

template <typename Each>
void each_line(std::string_view text, const Each &each) {
    while (!text.empty()) {
        const auto end = text.find('\n');
        each(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::pair<std::string_view, std::string_view> setting_of(std::string_view line) {
    const auto equals = line.find('=');
    if (line.starts_with('#') || equals == std::string_view::npos)
        return {};
    return {trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1))};
}

using Settings = std::vector<std::pair<std::string_view, std::string>>;

// An empty value leaves the setting out.
Settings wanted_settings(const NodeSettings &settings) {
    const bool has_chap = !settings.chap_user.empty();
    const bool is_mutual = has_chap && !settings.mutual_user.empty();
    return {
        {"node.startup", "manual"}, // after a reboot the agent logs in, from its records
        {"iface.initiatorname", settings.initiator},
        {"node.session.scan", "manual"}, // else every LUN of the target appears on this node
        {"node.session.initial_login_retry_max", "1"},
        {"node.conn[0].timeo.login_timeout", "10"},
        // A map moves to another path; without one, an outage is better waited out.
        {"node.session.timeo.replacement_timeout", settings.has_other_paths ? "15" : "120"},
        {"node.conn[0].timeo.noop_out_interval", "5"},
        {"node.conn[0].timeo.noop_out_timeout", "5"},
        {"node.session.auth.authmethod", has_chap ? "CHAP" : "None"},
        {"node.session.auth.username", settings.chap_user},
        {"node.session.auth.password", has_chap ? settings.chap_secret.reveal() : std::string()},
        {"node.session.auth.username_in", is_mutual ? settings.mutual_user : std::string()},
        {"node.session.auth.password_in", is_mutual ? settings.mutual_secret.reveal() : std::string()},
    };
}

} // namespace

RecordOwner owner_of_record(std::string_view text) noexcept {
    if (text.find(kMade) != std::string_view::npos)
        return RecordOwner::made;
    return text.find(kLent) != std::string_view::npos ? RecordOwner::lent : RecordOwner::nobody;
}

std::optional<std::string> record_value(std::string_view text, std::string_view name) {
    std::optional<std::string> found;
    each_line(text, [&](std::string_view line) {
        if (const auto [key, value] = setting_of(line); key == name)
            found = value;
    });
    return found;
}

SecretText with_settings(std::string_view text, const NodeSettings &settings, bool is_new) {
    const RecordOwner owner = owner_of_record(text);
    auto wanted = wanted_settings(settings);
    std::string marks;
    std::string body;
    std::string last;
    if (is_new) {
        marks = fmt::format("{}\n", kMade);
    } else if (owner == RecordOwner::nobody) {
        marks = fmt::format("{}\n", kLent);
        each_line(text, [&](std::string_view line) { marks += fmt::format("{}{}\n", kWas, line); });
    }
    each_line(text, [&](std::string_view line) {
        if (line.starts_with("# END RECORD")) {
            last = fmt::format("{}\n", line);
            return;
        }
        const auto key = setting_of(line).first;
        if (key.empty() || std::ranges::none_of(wanted, [&](const auto &each) { return each.first == key; }))
            body += fmt::format("{}\n", line);
        // Behind the first line, which names the version.
        body += std::exchange(marks, std::string());
    });
    for (auto &[key, value] : wanted) {
        if (!value.empty())
            body += fmt::format("{} = {}\n", key, value);
        wipe(value);
    }
    return SecretText(body + last);
}

SecretText as_it_was(std::string_view text) {
    std::string before;
    each_line(text, [&](std::string_view line) {
        if (line.starts_with(kWas))
            before += fmt::format("{}\n", line.substr(kWas.size()));
    });
    return SecretText(std::move(before));
}

} // namespace drover::connect
