// The schema and the reader know the same keys. Whether the schema judges whole files as the reader does is
// tested by tests/config_schema_test.py, with a validator that is not ours.
#include "core/cli/config_schema.hpp"
#include "core/cli/testing/fake_agent.hpp"
#include "core/config/agent_config.hpp"
#include "core/config/schema.hpp"
#include "loader/testing/driver_folder.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace drover::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Terminal;

std::set<std::string> properties_of(const boost::json::value &schema) {
    std::set<std::string> names;
    for (const auto &[name, value] : schema.at("properties").as_object())
        names.insert(name);
    return names;
}

// The schema of a section of the file, as the table names it.
const boost::json::value &section_of(const boost::json::value &schema, std::string_view path) {
    if (path.empty())
        return schema;
    if (path == "backends.*")
        return schema.at("$defs").at("backend");
    const auto &section = schema.at("properties").at(path);
    return section.as_object().contains("else") ? section.at("else") : section;
}

class ConfigSchema : public ::testing::Test {
protected:
    boost::json::value schema() const {
        const auto outcome = Terminal().run({"config", "schema", "--driver-dir", drivers_.path().native()});
        EXPECT_EQ(outcome.exit, Exit::ok);
        return boost::json::parse(outcome.out);
    }
    drover::testing::DriverFolder drivers_;
};

TEST_F(ConfigSchema, HasExactlyTheKeysOfTheReader) {
    const auto all = schema();
    for (const auto &section : schema_sections()) {
        if (section.path == "backends") {
            EXPECT_FALSE(all.at("properties").at("backends").as_object().contains("properties"));
            continue;
        }
        const auto known = names_in(section.path);
        EXPECT_EQ(properties_of(section_of(all, section.path)), std::set(known.begin(), known.end()))
            << section.path;
    }
}

// The reader itself, not only its table: a property of the schema is never an unknown key, anything else is.
TEST_F(ConfigSchema, PropertiesAreKnownToTheReader) {
    const auto all = schema();
    const auto complaints = [](std::string_view path, const std::string &key) {
        const auto text = path.empty() ? fmt::format("{}: [[]]\n", key)
                                       : fmt::format("version: 1\n{}:\n  {}: [[]]\n", path, key);
        const auto config = parse_agent_config(text);
        return config ? std::string() : render(config.error());
    };
    for (const std::string_view path : {"", "agent", "docker", "logging", "control-service"}) {
        for (const auto &name : properties_of(section_of(all, path)))
            EXPECT_THAT(complaints(path, name), ::testing::Not(HasSubstr("unknown key"))) << path << name;
        EXPECT_THAT(complaints(path, "nonsense"), HasSubstr("nonsense: unknown key"));
    }
}

TEST_F(ConfigSchema, HasTheKeysOfEachDriver) {
    drivers_.put("good");
    drivers_.put("every-key");
    const auto all = schema();
    for (const auto &entry : Catalog(drivers_.path()).scan()) {
        ASSERT_TRUE(entry.description);
        for (const std::string section : {"backend", "dataset"}) {
            const auto &definition = all.at("$defs").at(section + "." + entry.name);
            auto expected = names_in(section == "backend" ? "backends.*" : section);
            std::ranges::transform(entry.description->config_keys, std::back_inserter(expected),
                                   &ConfigKey::name);
            EXPECT_EQ(properties_of(definition), std::set(expected.begin(), expected.end()));
            EXPECT_EQ(definition.at("additionalProperties"), false);
        }
    }
    const auto &keys = all.at("$defs").at("backend.every-key").at("properties");
    EXPECT_EQ(keys.at("number").at("default"), 5);
    EXPECT_EQ(keys.at("flag").at("default"), true);
    EXPECT_EQ(keys.at("words").at("default"), (boost::json::array{"a b", "c: d", "[e, f]"}));
    EXPECT_EQ(keys.at("must-secret").at("writeOnly"), true);
    EXPECT_EQ(all.at("$defs").at("backend.every-key").at("required"),
              (boost::json::array{"must-text", "must-number", "must-words", "must-secret"}));
    EXPECT_EQ(all.at("properties").at("dataset").at("properties").at("driver").at("examples"),
              (boost::json::array{"every-key", "good"}));
}

TEST_F(ConfigSchema, LeavesOutWhatIsNoDriverAndSaysSo) {
    drivers_.put("good");
    drivers_.write("bad", "no library");
    const auto outcome = Terminal().run({"config", "schema", "--driver-dir", drivers_.path().native()});
    EXPECT_EQ(outcome.exit, Exit::ok);
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("drover: left out: "), HasSubstr("bad.so is not an ELF")));
    const auto all = boost::json::parse(outcome.out);
    const auto &definitions = all.at("$defs").as_object();
    EXPECT_TRUE(definitions.contains("backend.good"));
    EXPECT_FALSE(definitions.contains("backend.bad"));
    EXPECT_THAT(Terminal().run({"-q", "config", "schema", "--driver-dir", drivers_.path().native()}).err,
                IsEmpty());
}

TEST_F(ConfigSchema, SaysWhenThereAreNoDrivers) {
    const auto outcome = Terminal().run({"config", "schema", "--driver-dir", drivers_.path().native()});
    EXPECT_EQ(outcome.exit, Exit::ok);
    EXPECT_THAT(outcome.err, HasSubstr("holds no driver that can be used"));
    EXPECT_EQ(Terminal().run({"config", "schema", "--driver-dir", "/nowhere/at/all"}).exit, Exit::not_found);
}

} // namespace
} // namespace drover::cli
