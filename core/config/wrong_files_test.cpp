// Every file in testdata/wrong, and what it makes the loader say, word for word (NAME.expected beside
// NAME.yml). To see or accept new texts run this test with DROVER_UPDATE_GOLDEN=1 and read the difference.
// The word "hunter" stands in the files wherever a secret could be: no text may ever contain it.
#include "core/config/agent_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
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
    for (const auto &entry : fs::directory_iterator(kFolder))
        if (entry.path().extension() == ".yml")
            names.push_back(entry.path().stem().string());
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

} // namespace
} // namespace drover
