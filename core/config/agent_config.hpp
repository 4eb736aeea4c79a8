// agent.yml as checked values, and the loader for it. The form is Flocker's (version, control-service,
// dataset, logging), so that an old file works unchanged, with our sections agent, docker and backends beside
// it; docs/agent-yml.md describes every key. What a driver's own keys mean is not known here: they are kept
// as they were written and checked by check_backend_keys (backend_keys.hpp) once the driver has said what it
// accepts.
#pragma once

#include "core/config/problem.hpp"
#include "loader/base/secret_text.hpp"
#include "loader/host.hpp"

#include <tl/expected.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drover {

// What a node without multipathd means for volumes with several paths.
enum class MultipathUse { required, preferred, off };

// This node: the `agent` section.
struct AgentSettings {
    std::filesystem::path state_dir = "/var/lib/drover";
    std::filesystem::path run_dir = "/run/drover";
    std::filesystem::path mount_root = "/flocker";
    std::filesystem::path driver_dir = "/usr/lib/drover/drivers";
    std::optional<std::string> node_id;    // absent: the agent derives it from /etc/machine-id
    std::optional<std::string> cluster_id; // a UUID in lower case
    MultipathUse multipath = MultipathUse::preferred;

    [[nodiscard]] std::filesystem::path api_socket() const { return run_dir / "api.sock"; }
};

enum class DockerRemoval {
    destroy, // `delete` in the file: docker volume rm destroys the volume and its data, if we created it
    keep     // docker volume rm only forgets the volume's name
};

// The `docker` section.
struct DockerSettings {
    bool enabled = true;
    std::filesystem::path plugin_dir = "/run/docker/plugins";
    // Sockets that serve the default backend. Besides these there is one per backend, with its name.
    std::vector<std::string> names = {"drover", "flocker"};
    bool implicit_create = true;
    std::uint64_t default_size = std::uint64_t{10} << 30;
    std::string default_fstype = "ext4"; // or "xfs"
    DockerRemoval remove = DockerRemoval::destroy;
    bool refcount = true;
};

enum class LogFormat { text, json };

// The `logging` section. Flocker's (a Python logging dictionary) is accepted and has no effect.
struct LoggingSettings {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::text;
};

// The `control-service` section.
struct ControlServiceSettings {
    std::string hostname;
    std::uint16_t port = 4524;
};

// A value of a driver's key as it was written. It may be a secret: only the driver's declaration tells.
struct RawValue {
    enum class Shape { null, text, list, other };
    Shape shape = Shape::null;
    std::vector<SecretText> texts; // one for text; the items of a list
};

struct RawKey {
    std::string name;
    SourcePosition position;       // of the name
    SourcePosition value_position; // of the value
    RawValue value;
    // A slip may have made a key of what was a value, a password even: it has no value itself, or the key
    // before it has none. Then its name is not shown.
    bool may_be_value = false;
};

// Where a configuration came from, as later checks need it: its lines with every value that may be a secret
// blotted out, and who may read the file.
struct ConfigSource {
    std::string file;
    bool others_can_read = false;
    std::vector<std::string> lines;
};

enum class Isolation { in_process, process };

struct BackendConfig {
    std::string name;
    std::string driver;                         // <driver-dir>/<driver>.so
    std::optional<Isolation> isolation;         // absent: the agent's choice for this driver
    std::optional<std::string> run_as;          // a user of this node; the driver has a process then
    std::optional<std::string> sha256;          // of the driver's file, 64 lower case digits
    std::string section;                        // its key path in the file: "dataset" or "backends.fast"
    SourcePosition position;                    // of the section
    std::vector<RawKey> keys;                   // the driver's, in the order of the file
    std::shared_ptr<const ConfigSource> source; // may be null for one that was built by hand
};

struct AgentConfig {
    AgentSettings agent;
    DockerSettings docker;
    LoggingSettings logging;
    std::optional<ControlServiceSettings> control_service;
    std::vector<BackendConfig> backends; // the default one first; never empty after loading
    std::string default_backend;
    std::vector<Problem> warnings;

    // Null when there is no backend of that name.
    [[nodiscard]] const BackendConfig *find_backend(std::string_view name) const noexcept;
};

// Reads and checks the file. On failure: every error that can be told at once, with the warnings among them,
// in the order of the file. Refused: anything but a regular file, more than 1 MiB, text that is not UTF-8.
tl::expected<AgentConfig, std::vector<Problem>> load_agent_config(const std::filesystem::path &file);

// The same for text in memory; `file` is the name that problems carry.
tl::expected<AgentConfig, std::vector<Problem>> parse_agent_config(std::string_view text,
                                                                   std::string_view file = "agent.yml");

// ^[a-z][a-z0-9_-]{0,62}$: what a backend, a driver and a Docker socket may be called.
[[nodiscard]] bool is_valid_name(std::string_view name) noexcept;

} // namespace drover
