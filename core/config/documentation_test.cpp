// The documents and the schema say the same: the example is a valid file that shows every key, and the page
// names every key with its default.
#include "core/config/agent_config.hpp"
#include "core/config/schema.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

namespace drover {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

std::string read_document(std::string_view name) {
    std::ifstream stream(fs::path(DROVER_CONFIG_DOCS) / name);
    std::stringstream text;
    text << stream.rdbuf();
    return text.str();
}

std::string uncommented(const std::string &text) {
    // "#key: value" is a key that is shown and switched off; "# Words" is a comment.
    return std::regex_replace(text, std::regex("(^|\n)( *)#(?! |\n)"), "$1$2");
}

TEST(Example, IsAValidFile) {
    const auto config = parse_agent_config(read_document("agent.yml.example"), "agent.yml.example");
    ASSERT_TRUE(config) << render_with_source(config.error());
    EXPECT_THAT(config->warnings, IsEmpty()) << render(config->warnings);
}

TEST(Example, IsValidWithEverythingSwitchedOn) {
    const auto config =
        parse_agent_config(uncommented(read_document("agent.yml.example")), "agent.yml.example");
    ASSERT_TRUE(config) << render_with_source(config.error());
}

TEST(Example, ShowsEveryKeyAndItsDefault) {
    const auto text = uncommented(read_document("agent.yml.example"));
    for (const auto &key : schema_keys()) {
        EXPECT_THAT(text, HasSubstr(fmt::format("{}:", key.name))) << key.section;
        if (!key.fallback.empty()) {
            EXPECT_THAT(text, HasSubstr(fmt::format("{}: {}", key.name, key.fallback)));
        }
    }
}

TEST(Page, NamesEveryKeyWithItsDefaultAndChoices) {
    const auto page = read_document("agent-yml.md");
    ASSERT_FALSE(page.empty());
    for (const auto &section : schema_sections()) {
        const auto title = section.path == "backends.*" ? "backends.NAME" : std::string(section.path);
        if (!title.empty()) {
            EXPECT_THAT(page, HasSubstr(fmt::format("`{}`", title)));
        }
        // A section's keys are the rows of the table below its heading.
        const auto heading = fmt::format("\n## {}\n", title.empty() ? "The file" : "`" + title + "`");
        const auto start = page.find(heading);
        ASSERT_NE(start, std::string::npos) << heading;
        const auto part = page.substr(start, page.find("\n## ", start + 1) - start);
        for (const auto &key : schema_keys()) {
            if (key.section != section.path)
                continue;
            const auto row_at = part.find(fmt::format("\n| `{}` |", key.name));
            ASSERT_NE(row_at, std::string::npos) << title << "." << key.name;
            const auto row = part.substr(row_at + 1, part.find('\n', row_at + 1) - row_at - 1);
            if (key.required) {
                EXPECT_THAT(row, HasSubstr("required"));
            }
            if (!key.fallback.empty()) {
                EXPECT_THAT(row, HasSubstr(fmt::format("`{}`", key.fallback)));
            }
            for (std::string_view rest = key.choices; !rest.empty();) {
                const auto choice = rest.substr(0, rest.find('|'));
                EXPECT_THAT(row, HasSubstr(fmt::format("`{}`", choice)));
                rest.remove_prefix(std::min(rest.size(), choice.size() + 1));
            }
        }
    }
}

} // namespace
} // namespace drover
