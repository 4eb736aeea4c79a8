// Every file in testdata/wrong, and what it makes the loader say, word for word (NAME.expected beside
// NAME.yml). To see or accept new texts run this test with DROVER_UPDATE_GOLDEN=1 and read the difference.
// The word "hunter" stands in the files wherever a secret could be: no text may ever contain it.
#include "core/config/agent_config.hpp"
#include "core/config/backend_keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>

namespace drover {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(DROVER_CONFIG_TESTDATA) / "wrong";

std::string read_file(const fs::path &path) {
    std::ifstream stream(path, std::ios::binary);
    std::stringstream text;
    text << stream.rdbuf();
    return text.str();
}

std::vector<std::string> wrong_files() {
    std::vector<std::string> names;
    for (const auto &entry : fs::directory_iterator(kFolder)) {
        if (entry.path().extension() == ".yml")
            names.push_back(entry.path().stem().string());
    }
    std::ranges::sort(names);
    return names;
}

class WrongFile : public testing::TestWithParam<std::string> {};

TEST_P(WrongFile, SaysWhatIsWrong) {
    const auto path = kFolder / (GetParam() + ".yml");
    const auto config = parse_agent_config(read_file(path), GetParam() + ".yml");
    ASSERT_FALSE(config.has_value());
    const auto text = render_with_source(config.error());
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("hunter")));
    for (const auto &problem : config.error()) {
        EXPECT_FALSE(problem.message.empty());
        EXPECT_EQ(problem.message.find('\n'), std::string::npos) << problem.message;
        EXPECT_THAT(problem.found + problem.expected + problem.key + problem.excerpt,
                    testing::Not(testing::HasSubstr("hunter")));
    }
    const auto golden = kFolder / (GetParam() + ".expected");
    if (std::getenv("DROVER_UPDATE_GOLDEN") != nullptr)
        std::ofstream(golden, std::ios::binary) << text;
    EXPECT_EQ(text, read_file(golden));
}

INSTANTIATE_TEST_SUITE_P(Golden, WrongFile, testing::ValuesIn(wrong_files()), [](const auto &tested) {
    auto name = tested.param;
    std::ranges::replace(name, '-', '_');
    return name;
});

// Slips of the keyboard, some thousand of them: whatever becomes of the file, its secrets are not shown.
TEST(WrongFiles, NoSlipOfTheKeyboardShowsASecret) {
    const std::string right = "version: 1\n"
                              "docker:\n"
                              "  names: [drover]\n"
                              "  default-fstype: \"ext4\"\n"
                              "dataset:\n"
                              "  backend: array\n"
                              "  driver: loopback\n"
                              "  password: hunter2\n"
                              "  isolation: process\n"
                              "  token: \"hunter2\"\n"
                              "  size: 10g\n"
                              "  pin: 'hunter2'\n"
                              "agent: {node-id: node-1}\n";
    const auto make = [](const char *name, KeyKind kind, bool secret) {
        ConfigKey key;
        key.name = name;
        key.kind = kind;
        key.secret = secret;
        return key;
    };
    const std::vector<ConfigKey> declared = {
        make("password", KeyKind::string, true), make("token", KeyKind::string, true),
        make("pin", KeyKind::u64, true), make("size", KeyKind::bytes, false)};
    constexpr std::string_view kLetters = ":\"'\n\t {}[]#-,&*!|>?%\\x";
    std::mt19937 random(4711);
    for (int round = 0; round < 4000; ++round) {
        std::string text = right;
        for (auto slips = random() % 3 + 1; slips > 0; --slips) {
            const auto at = random() % text.size();
            // Never within a secret: half a secret is none.
            const auto secret = text.rfind("hunter2", at);
            if (secret != std::string::npos && at > secret && at < secret + 7)
                continue;
            if (random() % 2 == 0) {
                text.erase(at, text.compare(at, 7, "hunter2") == 0 ? 0 : 1);
            } else {
                text.insert(at, 1, kLetters[random() % kLetters.size()]);
            }
        }
        auto config = parse_agent_config(text);
        auto problems = config ? config->warnings : config.error();
        for (std::size_t i = 0; config && i < config->backends.size(); ++i) {
            const auto checked = check_backend_keys(config->backends[i], declared);
            const auto &more = checked ? checked->warnings : checked.error();
            problems.insert(problems.end(), more.begin(), more.end());
        }
        for (const auto &problem : problems) {
            ASSERT_EQ((render_with_source(problem) + problem.found + problem.expected).find("hunter"),
                      std::string::npos)
                << render_with_source(problem) << "\nin\n"
                << text;
        }
    }
}

} // namespace
} // namespace drover
