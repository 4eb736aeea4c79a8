// From checked single values to one configuration: which backend is the default one, which names collide,
// which paths are too long for a socket.
#include "core/config/agent_config.hpp"

#include "core/config/schema_reader.hpp"
#include "core/config/source_file.hpp"
#include "core/config/yaml_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sys/un.h>
#include <tuple>

namespace drover {
namespace {

constexpr std::size_t kMaxSocketPath = sizeof(sockaddr_un::sun_path) - 1;

using Problems = std::vector<Problem>;

class Assembler {
public:
    Assembler(CheckedFile checked, std::shared_ptr<const ConfigSource> source)
        : checked_(std::move(checked)), source_(std::move(source)) {}

    tl::expected<AgentConfig, Problems> assemble() {
        // A file that is no mapping at all has said so already.
        if (const auto *root = section(""); root != nullptr) {
            read_plain_values();
            read_backends();
            read_control_service();
            check_docker_names();
            check_socket_paths();
        }
        auto &problems = checked_.problems;
        std::ranges::stable_sort(problems, {}, [](const Problem &problem) {
            return std::tuple(problem.position.line, problem.position.column);
        });
        if (std::ranges::any_of(problems, [](const auto &p) { return p.severity == Severity::error; }))
            return tl::unexpected(std::move(problems));
        config_.warnings = std::move(problems);
        return std::move(config_);
    }

private:
    [[nodiscard]] const CheckedSection *section(std::string_view path) const {
        const auto found = checked_.sections.find(path);
        return found == checked_.sections.end() ? nullptr : &found->second;
    }
    [[nodiscard]] const CheckedValue *value(std::string_view path) const {
        const auto found = checked_.values.find(path);
        return found == checked_.values.end() ? nullptr : &found->second;
    }
    // Null when the key is absent or was refused.
    [[nodiscard]] const std::string *text(std::string_view path) const {
        const auto *found = value(path);
        return found == nullptr ? nullptr : &found->texts.front();
    }

    void report(SourcePosition at, std::string_view key, std::string found, std::string expected,
                std::string message, Severity severity = Severity::error) {
        Problem problem;
        problem.file = source_->file;
        problem.position = at;
        problem.key = key;
        problem.found = std::move(found);
        problem.expected = std::move(expected);
        problem.message = std::move(message);
        problem.severity = severity;
        problem.excerpt = excerpt_of(*source_, at);
        checked_.problems.push_back(std::move(problem));
    }

    void read_plain_values() {
        const auto path = [this](std::string_view key, std::filesystem::path &out) {
            if (const auto *found = text(key))
                out = *found;
        };
        const auto boolean = [this](std::string_view key, bool &out) {
            if (const auto *found = text(key))
                out = *found == "true";
        };
        path("agent.state-dir", config_.agent.state_dir);
        path("agent.run-dir", config_.agent.run_dir);
        path("agent.mount-root", config_.agent.mount_root);
        path("agent.driver-dir", config_.agent.driver_dir);
        if (const auto *found = text("agent.node-id"))
            config_.agent.node_id = *found;
        if (const auto *found = text("agent.cluster-id"))
            config_.agent.cluster_id = *found;
        if (const auto *found = text("agent.multipath")) {
            config_.agent.multipath = *found == "required" ? MultipathUse::required
                                      : *found == "off"    ? MultipathUse::off
                                                           : MultipathUse::preferred;
        }

        boolean("docker.enabled", config_.docker.enabled);
        path("docker.plugin-dir", config_.docker.plugin_dir);
        if (const auto *found = value("docker.names"))
            config_.docker.names = found->texts;
        boolean("docker.implicit-create", config_.docker.implicit_create);
        if (const auto *found = text("docker.default-size"))
            config_.docker.default_size = std::stoull(*found);
        if (const auto *found = text("docker.default-fstype"))
            config_.docker.default_fstype = *found;
        if (const auto *found = text("docker.remove"))
            config_.docker.remove = *found == "keep" ? DockerRemoval::keep : DockerRemoval::destroy;
        boolean("docker.refcount", config_.docker.refcount);

        if (const auto *found = text("logging.level")) {
            config_.logging.level = *found == "debug"  ? LogLevel::debug
                                    : *found == "info" ? LogLevel::info
                                    : *found == "warn" ? LogLevel::warn
                                                       : LogLevel::error;
        }
        if (const auto *found = text("logging.format"))
            config_.logging.format = *found == "json" ? LogFormat::json : LogFormat::text;
    }

    BackendConfig make_backend(const std::string &name, const std::string &path, const CheckedSection &from) {
        BackendConfig backend;
        backend.name = name;
        backend.section = path;
        backend.position = from.position;
        backend.keys = from.driver_keys;
        backend.source = source_;
        const auto *driver = text(path + ".driver");
        backend.driver = driver != nullptr ? *driver : name;
        if (const auto *found = text(path + ".isolation"))
            backend.isolation = *found == "process" ? Isolation::process : Isolation::in_process;
        if (const auto *found = text(path + ".run-as"))
            backend.run_as = *found;
        if (backend.run_as && backend.isolation == Isolation::in_process) {
            report(
                value(path + ".run-as")->position, path + ".run-as", fmt::format("\"{}\"", *backend.run_as),
                "isolation: process",
                "a driver inside the agent is the agent's user; say isolation: process, or leave run-as out");
        }
        if (const auto *found = text(path + ".sha256"))
            backend.sha256 = *found;
        return backend;
    }

    void read_backends() {
        for (const auto &name : checked_.backend_names)
            config_.backends.push_back(make_backend(name, "backends." + name, *section("backends." + name)));
        if (section("dataset") != nullptr) {
            read_dataset();
        } else if (const auto *backends = section("backends");
                   backends != nullptr && config_.backends.empty()) {
            if (!has_problem_in("backends")) {
                report(backends->position, "backends", "nothing", "at least one backend",
                       "names no backend; expected at least one, such as local: {driver: loopback}");
            }
        } else if (config_.backends.size() > 1) {
            const auto &first = config_.backends.front();
            report(backends->position, "backends", "no default", "dataset.backend",
                   fmt::format(
                       "no default backend is chosen, so it is the first, {0}; say dataset: {{backend: {0}}} "
                       "to choose it",
                       first.name),
                   Severity::warning);
        } else if (config_.backends.empty() && !has_problem_in("dataset") && !has_problem_in("backends")) {
            report(section("")->position, "", "neither", "dataset or backends",
                   "there is no dataset and no backends section; expected at least one of them, such as "
                   "dataset: "
                   "{backend: loopback}");
        }
        if (!config_.backends.empty() && config_.default_backend.empty())
            config_.default_backend = config_.backends.front().name;
        auto &backends = config_.backends;
        std::stable_partition(backends.begin(), backends.end(),
                              [&](const auto &backend) { return backend.name == config_.default_backend; });
    }

    // A section that was refused must not be called missing as well.
    [[nodiscard]] bool has_problem_in(std::string_view path) const {
        return std::ranges::any_of(checked_.problems, [&](const Problem &problem) {
            return problem.key == path || problem.key.starts_with(fmt::format("{}.", path));
        });
    }

    void read_dataset() {
        const auto &dataset = *section("dataset");
        const auto *name = value("dataset.backend");
        if (name == nullptr)
            return; // missing or refused: said already
        config_.default_backend = name->texts.front();
        if (config_.find_backend(config_.default_backend) == nullptr) {
            if (has_problem_in("backends." + config_.default_backend))
                return; // it is there, but is no mapping
            config_.backends.push_back(make_backend(config_.default_backend, "dataset", dataset));
            return;
        }
        const bool only_selects = dataset.driver_keys.empty() && value("dataset.driver") == nullptr &&
                                  value("dataset.isolation") == nullptr &&
                                  value("dataset.run-as") == nullptr && value("dataset.sha256") == nullptr;
        if (!only_selects) {
            report(
                name->position, "dataset.backend", fmt::format("\"{}\"", config_.default_backend),
                "a backend with its keys in one place",
                fmt::format("{0} is defined under backends and has more keys here; move them to backends.{0}",
                            config_.default_backend));
        }
    }

    void read_control_service() {
        const auto *found = section("control-service");
        if (found == nullptr)
            return;
        if (const auto *hostname = text("control-service.hostname")) {
            config_.control_service.emplace();
            config_.control_service->hostname = *hostname;
            if (const auto *port = text("control-service.port"))
                config_.control_service->port = static_cast<std::uint16_t>(std::stoul(*port));
        }
        report(found->position, "control-service", "a control service", "",
               "not contacted: this agent runs the control logic in its own process", Severity::warning);
    }

    // Each name is a socket. One that is also a backend's would be one socket for two backends, unless that
    // backend is the default one, which the socket serves anyway.
    void check_docker_names() {
        const auto *given = value("docker.names");
        auto &names = config_.docker.names;
        for (auto it = names.begin(); it != names.end();) {
            const std::string &name = *it;
            const bool clashes = name != config_.default_backend && config_.find_backend(name) != nullptr;
            if (given != nullptr && std::find(names.begin(), it, name) != it) {
                report(given->position, "docker.names", fmt::format("\"{}\"", name), "each name once",
                       fmt::format("{} is listed twice", name));
            } else if (clashes && given != nullptr) {
                report(given->position, "docker.names", fmt::format("\"{}\"", name),
                       "names of no other backend",
                       fmt::format("{} is the name of a backend, which has a socket of that name already",
                                   name));
            } else if (clashes) {
                report(config_.find_backend(name)->position, config_.find_backend(name)->section,
                       fmt::format("\"{}\"", name), "",
                       fmt::format("the Docker name {} now means this backend, not the default one ({})",
                                   name, config_.default_backend),
                       Severity::warning);
                it = names.erase(it);
                continue;
            }
            ++it;
        }
    }

    void check_socket_paths() {
        check_socket_path("agent.run-dir", config_.agent.api_socket());
        std::string longest;
        const auto consider = [&](const std::string &name) {
            if (name.size() > longest.size())
                longest = name;
        };
        std::ranges::for_each(config_.docker.names, consider);
        for (const auto &backend : config_.backends)
            consider(backend.name);
        if (config_.docker.enabled)
            check_socket_path("docker.plugin-dir", config_.docker.plugin_dir / (longest + ".sock"));
    }

    void check_socket_path(std::string_view key, const std::filesystem::path &socket) {
        const auto length = socket.native().size();
        if (length <= kMaxSocketPath)
            return;
        const auto *given = value(key);
        report(given != nullptr ? given->position : SourcePosition{}, key, fmt::format("{} bytes", length),
               fmt::format("at most {} bytes", kMaxSocketPath),
               fmt::format("too long: the socket {} has {} bytes, and the kernel takes at most {}",
                           socket.string(), length, kMaxSocketPath));
    }

    CheckedFile checked_;
    std::shared_ptr<const ConfigSource> source_;
    AgentConfig config_;
};

tl::expected<AgentConfig, Problems> parse(std::string_view text, std::string_view file,
                                          bool others_can_read) {
    if (auto problem = check_encoding(text, file))
        return tl::unexpected(Problems{std::move(*problem)});
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3); // a byte order mark would make the first key a stranger
    auto source = std::make_shared<ConfigSource>();
    source->file = file;
    source->others_can_read = others_can_read;
    source->lines = blot_lines(text);
    const auto tree = parse_yaml(text);
    if (!tree) {
        Problem problem;
        problem.file = file;
        problem.position = tree.error().position;
        problem.message = tree.error().message;
        problem.expected = "YAML";
        problem.excerpt = excerpt_of(*source, problem.position);
        return tl::unexpected(Problems{std::move(problem)});
    }
    return Assembler(read_by_schema(*tree, source), source).assemble();
}

} // namespace

const BackendConfig *AgentConfig::find_backend(std::string_view name) const noexcept {
    const auto found = std::ranges::find(backends, name, &BackendConfig::name);
    return found == backends.end() ? nullptr : &*found;
}

tl::expected<AgentConfig, Problems> load_agent_config(const std::filesystem::path &file) {
    const auto source = read_source(file);
    if (!source)
        return tl::unexpected(Problems{source.error()});
    return parse(source->text.reveal(), file.string(), source->others_can_read);
}

tl::expected<AgentConfig, Problems> parse_agent_config(std::string_view text, std::string_view file) {
    return parse(text, file, false);
}

} // namespace drover
