// agent.yml as somebody else, or a slip of the keyboard, wrote it: what loads is consistent, what does not is
// told with its file and line, and a secret is never shown. A secret is a driver's value that holds kCanary,
// when that word stands nowhere else in the file.
#include "core/config/agent_config.hpp"

#include "core/config/backend_keys.hpp"
#include "fuzz/check.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace {

using namespace drover;
using fuzz::require;

constexpr std::string_view kCanary = "hunter2";
constexpr std::string_view kFile = "agent.yml";
constexpr std::size_t kMaxSocketPath = 107; // what fits into sockaddr_un

ConfigKey key(const char *name, KeyKind kind, bool secret, bool required = false) {
    return {
        .name = name, .help = "help", .fallback = "", .kind = kind, .required = required, .secret = secret};
}

const std::vector<ConfigKey> &declared_keys() {
    static const std::vector<ConfigKey> kKeys = {
        key("password", KeyKind::string, true), key("pin", KeyKind::u64, true),
        key("tokens", KeyKind::list, true),     key("root_path", KeyKind::string, false),
        key("size", KeyKind::bytes, false),     key("rows", KeyKind::u64, false),
        key("thin", KeyKind::boolean, false),   key("portals", KeyKind::list, false),
    };
    return kKeys;
}

std::size_t count(std::string_view text, std::string_view word) {
    std::size_t times = 0;
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1))
        ++times;
    return times;
}

void check_problem(const Problem &problem, std::string_view text, bool has_secret) {
    fuzz::require_message(problem.message);
    require(problem.file == kFile, "a problem names the file", problem.file);
    const std::string shown = render_with_source(problem);
    require(shown.starts_with(kFile), "a problem begins with the file", shown);
    const bool has_line = problem.position.line != 0;
    // Only of the text as a whole can there be no line.
    const bool is_whole = problem.key.empty() &&
                          std::ranges::any_of(std::to_array({"UTF-16", "bytes long", "holds no settings"}),
                                              [&](const char *word) {
                                                  return problem.message.find(word) != std::string::npos;
                                              });
    require(has_line || is_whole, "a problem names its line", shown);
    // One more for a text without a line break at its end, and the comment that is read after it.
    require(problem.position.line <= count(text, "\n") + 2, "the line is one of the file", shown);
    require(problem.key.find('\n') == std::string::npos, "a key is one line", shown);
    if (has_secret) {
        require((shown + problem.found + problem.expected).find(kCanary) == std::string::npos,
                "no secret is shown", shown);
    }
}

// Does the only canary stand in a value of a driver's key? An alias could make it another value as well.
bool holds_secret(const AgentConfig &config, std::string_view text) {
    if (count(text, kCanary) != 1 || text.find('*') != std::string_view::npos)
        return false;
    return std::ranges::any_of(config.backends, [](const BackendConfig &backend) {
        return std::ranges::any_of(backend.keys, [](const RawKey &raw) {
            return std::ranges::any_of(raw.value.texts, [](const SecretText &value) {
                return value.reveal().find(kCanary) != std::string::npos;
            });
        });
    });
}

// A reference would open files of the machine this runs on.
bool has_reference(const BackendConfig &backend) {
    return std::ranges::any_of(backend.keys, [](const RawKey &raw) {
        return std::ranges::any_of(raw.value.texts, [](const SecretText &value) {
            return value.reveal().starts_with("file:") || value.reveal().starts_with("env:");
        });
    });
}

bool is_canonical(const std::string &value, KeyKind kind) {
    switch (kind) {
    case KeyKind::u64:
    case KeyKind::bytes:
        return !value.empty() && value.size() <= 20 &&
               value.find_first_not_of("0123456789") == std::string::npos &&
               (value.size() == 1 || value[0] != '0');
    case KeyKind::boolean:
        return value == "true" || value == "false";
    case KeyKind::string:
    case KeyKind::list:
        return value.find('\0') == std::string::npos;
    }
    return false;
}

void check_backend(const BackendConfig &backend, std::string_view text, bool has_secret) {
    require(is_valid_name(backend.name), "a backend's name follows the rule", backend.name);
    require(is_valid_name(backend.driver), "a driver's name follows the rule", backend.driver);
    require(backend.position.line != 0, "a backend has a line", backend.name);
    if (has_reference(backend))
        return;
    const auto checked = check_backend_keys(backend, declared_keys());
    for (const auto &problem : checked ? checked->warnings : checked.error())
        check_problem(problem, text, has_secret);
    if (!checked)
        return;
    for (const ConfigKey &declared : declared_keys()) {
        const auto &values = declared.secret ? checked->settings.secrets : checked->settings.values;
        const auto &others = declared.secret ? checked->settings.values : checked->settings.secrets;
        require(!others.contains(declared.name), "a secret lies among the secrets only", declared.name);
        if (const auto found = values.find(declared.name); found != values.end()) {
            require(is_canonical(found->second, declared.kind), "a value has its canonical form",
                    found->second);
        }
    }
}

void check_config(const AgentConfig &config, std::string_view text) {
    const bool has_secret = holds_secret(config, text);
    for (const Problem &warning : config.warnings) {
        require(warning.severity == Severity::warning, "what loads has no errors", warning.message);
        check_problem(warning, text, has_secret);
    }
    require(!config.backends.empty(), "there is a backend");
    require(config.backends.front().name == config.default_backend, "the default backend is the first");
    std::set<std::string> names;
    for (const BackendConfig &backend : config.backends) {
        require(names.insert(backend.name).second, "no backend comes twice", backend.name);
        check_backend(backend, text, has_secret);
    }
    require(config.agent.api_socket().native().size() <= kMaxSocketPath,
            "the API's socket has a path it can have");
    std::set<std::string> sockets;
    for (const std::string &name : config.docker.names) {
        require(is_valid_name(name), "a Docker name follows the rule", name);
        require(sockets.insert(name).second, "no Docker name comes twice", name);
        require(name == config.default_backend || !names.contains(name), "no socket serves two backends",
                name);
    }
    names.merge(sockets);
    for (const std::string &name : names) {
        require(!config.docker.enabled ||
                    (config.docker.plugin_dir / (name + ".sock")).native().size() <= kMaxSocketPath,
                "a Docker socket has a path it can have", name);
    }
    for (const auto *path : {&config.agent.state_dir, &config.agent.run_dir, &config.agent.mount_root,
                             &config.agent.driver_dir, &config.docker.plugin_dir}) {
        require(path->is_absolute() && path->native().find('\0') == std::string::npos, "a path is absolute",
                path->native());
    }
    require(config.docker.default_size > 0, "a default size is more than nothing");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    const auto config = parse_agent_config(text, kFile);
    if (config) {
        check_config(*config, text);
        return 0;
    }
    require(std::ranges::any_of(config.error(),
                                [](const Problem &problem) { return problem.severity == Severity::error; }),
            "what does not load has an error");
    for (const Problem &problem : config.error())
        check_problem(problem, text, false);
    return 0;
}
