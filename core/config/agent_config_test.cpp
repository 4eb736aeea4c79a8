#include "core/config/agent_config.hpp"
#include "core/config/schema.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace drover {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

AgentConfig parse(std::string_view text) {
    auto config = parse_agent_config(text);
    EXPECT_TRUE(config) << render(config.error());
    return config ? *std::move(config) : AgentConfig{};
}

std::vector<std::string> warnings_of(const AgentConfig &config) {
    std::vector<std::string> texts;
    for (const auto &warning : config.warnings) {
        EXPECT_EQ(warning.severity, Severity::warning);
        texts.push_back(render(warning));
    }
    return texts;
}

void expect_same_settings(const AgentConfig &a, const AgentConfig &b) {
    EXPECT_EQ(a.agent.state_dir, b.agent.state_dir);
    EXPECT_EQ(a.agent.run_dir, b.agent.run_dir);
    EXPECT_EQ(a.agent.mount_root, b.agent.mount_root);
    EXPECT_EQ(a.agent.driver_dir, b.agent.driver_dir);
    EXPECT_EQ(a.docker.enabled, b.docker.enabled);
    EXPECT_EQ(a.docker.plugin_dir, b.docker.plugin_dir);
    EXPECT_EQ(a.docker.names, b.docker.names);
    EXPECT_EQ(a.docker.implicit_create, b.docker.implicit_create);
    EXPECT_EQ(a.docker.default_size, b.docker.default_size);
    EXPECT_EQ(a.docker.default_fstype, b.docker.default_fstype);
    EXPECT_EQ(a.docker.remove, b.docker.remove);
    EXPECT_EQ(a.docker.refcount, b.docker.refcount);
    EXPECT_EQ(a.logging.level, b.logging.level);
    EXPECT_EQ(a.logging.format, b.logging.format);
}

TEST(AgentConfig, TakesTheSmallestFile) {
    const auto config = parse("version: 1\ndataset: {backend: loopback}\n");
    EXPECT_EQ(config.default_backend, "loopback");
    ASSERT_THAT(config.backends, SizeIs(1));
    EXPECT_EQ(config.backends[0].driver, "loopback");
    EXPECT_EQ(config.backends[0].section, "dataset");
    EXPECT_FALSE(config.backends[0].isolation.has_value());
    EXPECT_FALSE(config.control_service.has_value());
    EXPECT_EQ(config.agent.api_socket(), "/run/drover/api.sock");
    EXPECT_THAT(config.warnings, IsEmpty());
    expect_same_settings(config, AgentConfig{});
}

// The defaults stand in the schema, for people and documents, and in the structs, for the program.
TEST(AgentConfig, DefaultsAreThoseOfTheSchema) {
    std::string text = "version: 1\ndataset: {backend: loopback}\n";
    for (const std::string_view section : {"agent", "docker", "logging"}) {
        text += fmt::format("{}:\n", section);
        for (const auto &key : schema_keys()) {
            if (key.section == section && !key.fallback.empty())
                text += fmt::format("  {}: {}\n", key.name, key.fallback);
        }
    }
    expect_same_settings(parse(text), AgentConfig{});
    EXPECT_EQ(find_key("control-service", "port")->fallback, std::to_string(ControlServiceSettings{}.port));
}

TEST(AgentConfig, TakesAnOldFlockerFileUnchanged) {
    const auto config = parse(R"("version": 1
"control-service":
   "hostname": "control.example.com"
   "port": 4524
"dataset":
  "backend": "purestorage_flasharray_flocker_driver"
  "pure_ip": "192.0.2.10"
  "pure_api_token": "6f1c0f2e-5d0a-4b8e-9c38-0d6a5f0f3a11"
  "pure_verify_https": false
logging:
  version: 1
  root: {level: DEBUG, handlers: [console]}
)");
    EXPECT_EQ(config.default_backend, "purestorage_flasharray_flocker_driver");
    EXPECT_EQ(config.control_service->hostname, "control.example.com");
    EXPECT_EQ(config.control_service->port, 4524);
    const auto &keys = config.backends[0].keys;
    ASSERT_THAT(keys, SizeIs(3));
    EXPECT_EQ(keys[0].name, "pure_ip");
    EXPECT_EQ(keys[0].position, (SourcePosition{7, 3}));
    EXPECT_EQ(keys[0].value_position, (SourcePosition{7, 14}));
    EXPECT_EQ(keys[2].value.texts[0].reveal(), "false");
    EXPECT_THAT(
        warnings_of(config),
        ElementsAre("agent.yml:2:1: warning: control-service: not contacted: this agent runs the control "
                    "logic in its own process",
                    "agent.yml:10:1: warning: logging: a Python logging dictionary has no effect here; use "
                    "logging.level and logging.format instead"));
}

TEST(AgentConfig, ReadsEveryKey) {
    const auto config = parse(R"(version: 1
agent:
  state-dir: /srv/state/
  run-dir: /srv/run
  mount-root: /srv/mnt
  driver-dir: /srv/drivers
  node-id: node-1
  cluster-id: 6F1C0F2E-5D0A-4B8E-9C38-0D6A5F0F3A11
docker:
  enabled: no
  plugin-dir: /srv/plugins
  names: stable
  implicit-create: "off"
  default-size: 1.5GB
  default-fstype: xfs
  remove: keep
  refcount: Off
logging: {level: warn, format: json}
dataset: {backend: gold}
backends:
  silver:
    driver: loopback
    isolation: in-process
    sha256: 0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef
    hosts: [a, b]
    nothing:
  gold: {driver: loopback, isolation: process}
  plain:
)");
    EXPECT_EQ(config.agent.state_dir, "/srv/state");
    EXPECT_EQ(config.agent.api_socket(), "/srv/run/api.sock");
    EXPECT_EQ(config.agent.mount_root, "/srv/mnt");
    EXPECT_EQ(config.agent.driver_dir, "/srv/drivers");
    EXPECT_EQ(config.agent.node_id, "node-1");
    EXPECT_EQ(config.agent.cluster_id, "6f1c0f2e-5d0a-4b8e-9c38-0d6a5f0f3a11");
    EXPECT_FALSE(config.docker.enabled);
    EXPECT_EQ(config.docker.plugin_dir, "/srv/plugins");
    EXPECT_THAT(config.docker.names, ElementsAre("stable"));
    EXPECT_FALSE(config.docker.implicit_create);
    EXPECT_EQ(config.docker.default_size, std::uint64_t{3} << 29);
    EXPECT_EQ(config.docker.default_fstype, "xfs");
    EXPECT_EQ(config.docker.remove, DockerRemoval::keep);
    EXPECT_FALSE(config.docker.refcount);
    EXPECT_EQ(config.logging.level, LogLevel::warn);
    EXPECT_EQ(config.logging.format, LogFormat::json);

    ASSERT_THAT(config.backends, SizeIs(3));
    EXPECT_EQ(config.default_backend, "gold");
    EXPECT_EQ(config.backends[0].name, "gold"); // the default one comes first
    EXPECT_EQ(config.backends[0].isolation, Isolation::process);
    const auto *silver = config.find_backend("silver");
    ASSERT_NE(silver, nullptr);
    EXPECT_EQ(silver->driver, "loopback");
    EXPECT_EQ(silver->isolation, Isolation::in_process);
    EXPECT_EQ(silver->sha256, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    EXPECT_EQ(silver->section, "backends.silver");
    ASSERT_THAT(silver->keys, SizeIs(2));
    EXPECT_EQ(silver->keys[0].value.shape, RawValue::Shape::list);
    EXPECT_EQ(silver->keys[1].value.shape, RawValue::Shape::null);
    EXPECT_EQ(config.find_backend("plain")->driver, "plain");
    EXPECT_EQ(config.find_backend("none"), nullptr);
}

TEST(AgentConfig, DatasetBesideBackendsAddsOneMore) {
    const auto config =
        parse("version: 1\nbackends: {a: {driver: loopback}}\ndataset: {backend: b, driver: loopback}\n");
    ASSERT_THAT(config.backends, SizeIs(2));
    EXPECT_EQ(config.backends[0].name, "b");
    EXPECT_EQ(config.backends[0].driver, "loopback");
    EXPECT_EQ(config.default_backend, "b");
}

TEST(AgentConfig, TheOnlyBackendIsTheDefaultOne) {
    const auto config = parse("version: 1\nbackends: {a: {driver: loopback}}\n");
    EXPECT_EQ(config.default_backend, "a");
    EXPECT_THAT(config.warnings, IsEmpty());
}

TEST(AgentConfig, SaysWhichOfSeveralBackendsIsTheDefaultOne) {
    const auto config = parse("version: 1\nbackends:\n  b: {driver: loopback}\n  a: {driver: loopback}\n");
    EXPECT_EQ(config.default_backend, "b");
    EXPECT_THAT(
        warnings_of(config),
        ElementsAre("agent.yml:2:1: warning: backends: no default backend is chosen, so it is the first, b; "
                    "say dataset: {backend: b} to choose it"));
}

TEST(AgentConfig, ABackendTakesItsNameFromTheDefaultDockerNames) {
    const auto config = parse("version: 1\ndataset: {backend: a}\nbackends:\n  a: {driver: loopback}\n"
                              "  flocker: {driver: loopback}\n");
    EXPECT_THAT(config.docker.names, ElementsAre("drover"));
    EXPECT_THAT(
        warnings_of(config),
        ElementsAre(
            "agent.yml:5:3: warning: backends.flocker: the Docker name flocker now means this backend, "
            "not the default one (a)"));
    // The default backend itself may bear it.
    EXPECT_THAT(parse("version: 1\ndataset: {backend: flocker}\n").warnings, IsEmpty());
}

TEST(AgentConfig, FollowsAliases) {
    const auto config =
        parse("version: 1\ndataset: {backend: a}\nbackends:\n  a: &a {driver: loopback, token: x}\n"
              "  b: *a\n");
    EXPECT_EQ(config.find_backend("b")->driver, "loopback");
    EXPECT_EQ(config.find_backend("b")->keys[0].value.texts[0].reveal(), "x");
}

TEST(AgentConfig, AnEmptySectionHasItsDefaults) {
    expect_same_settings(parse("version: 1\ndataset: {backend: a}\nagent:\ndocker:\nlogging: {}\n"),
                         AgentConfig{});
    EXPECT_THAT(parse("version: 1\ndataset: {backend: a}\ndocker: {names: []}\n").docker.names, IsEmpty());
}

TEST(AgentConfig, ProblemsCarryTheirPartsForPrograms) {
    const auto config =
        parse_agent_config("version: 1\ndataset: {backend: a}\ndocker:\n  refcount: maybe\n", "x.yml");
    ASSERT_FALSE(config);
    ASSERT_THAT(config.error(), SizeIs(1));
    const auto &problem = config.error()[0];
    EXPECT_EQ(problem.file, "x.yml");
    EXPECT_EQ(problem.position, (SourcePosition{4, 13}));
    EXPECT_EQ(problem.key, "docker.refcount");
    EXPECT_EQ(problem.found, "\"maybe\"");
    EXPECT_EQ(problem.expected, "true or false");
    EXPECT_EQ(problem.excerpt, "  refcount: maybe");
}

// Files made to be slow or deep end with a problem, and soon.
TEST(AgentConfig, SurvivesHostileFiles) {
    const auto repeat = [](std::string_view part) {
        std::string text;
        while (text.size() + part.size() <= 1'000'000)
            text += part;
        return text;
    };
    for (const std::string_view part : {"[",   "{",     "- ",    "? ", "&a ",   "*a ",  "!x ",    "\"", "'",
                                        "a: ", "a:\n",  ": ",    "|",  "- a\n", "{a: ", "[[]]",   "\t", " ",
                                        "%",   "---\n", "...\n", "#",  "\n",    "x",    "a: b\n", "\\"}) {
        const auto config = parse_agent_config(repeat(part));
        ASSERT_FALSE(config) << part;
        EXPECT_FALSE(config.error().empty()) << part;
    }
}

} // namespace
} // namespace drover
