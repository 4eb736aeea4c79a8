// config example, with real driver files, and read back by config check.
#include "core/cli/testing/fake_agent.hpp"
#include "loader/testing/driver_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>

namespace drover::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using testing::Terminal;

class ConfigExample : public ::testing::Test {
protected:
    testing::Outcome example(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), {"config", "example"});
        arguments.insert(arguments.end(), {"--driver-dir", drivers_.path().native()});
        return Terminal().run(arguments);
    }
    // "key: what" of each error.
    std::vector<std::string> errors_of(const std::string &text) const {
        const auto file = folder_.path() / "agent.yml";
        std::ofstream(file) << text;
        const auto outcome = Terminal().run(
            {"--json", "config", "check", file.native(), "--driver-dir", drivers_.path().native()});
        std::vector<std::string> errors;
        const auto report = boost::json::parse(outcome.out);
        for (const auto &problem : report.at("problems").as_array()) {
            const std::string_view message = problem.at("message").as_string();
            if (problem.at("severity") == "error") {
                errors.push_back(std::string(problem.at("key").as_string()) + ": " +
                                 std::string(message.substr(0, message.find(';'))));
            }
        }
        return errors;
    }

    testing::Folder folder_;
    drover::testing::DriverFolder drivers_;
};

std::string switched_on(const std::string &text) {
    return std::regex_replace(text, std::regex("(^|\n)( *)#(?! |\n)"), "$1$2");
}

TEST_F(ConfigExample, ExplainsEachKey) {
    drivers_.put("every-key");
    const auto outcome = example({"every-key"});
    ASSERT_EQ(outcome.exit, Exit::ok) << outcome.err;
    EXPECT_THAT(outcome.out,
                AllOf(StartsWith("# agent.yml for the driver every-key 1.0 (Fixtures), made by "),
                      HasSubstr("\nversion: 1\n\n"), HasSubstr("\ndataset:\n  backend: every-key\n"),
                      HasSubstr("\n  #isolation: in-process\n"),
                      HasSubstr("\n  # Any \"text\": it may hold # and '. A text.\n  #free-text: \"- a: 'b' "
                                "#c\\t\xC3\xA4\"\n"),
                      HasSubstr("\n  # A whole number.\n  #number: 5\n"),
                      HasSubstr("\n  # Is it so? true or false.\n  #flag: true\n"),
                      HasSubstr("\n  # A unit. A size such as 10GiB.\n  #bytes: 4096\n"),
                      HasSubstr("\n  #words: [a b, \"c: d\", \"[e, f]\"]\n"),
                      HasSubstr("\n  #unset-number:\n"),
                      HasSubstr("\n  #pin: file:/etc/drover/every-key.pin\n")));
    EXPECT_THAT(outcome.out, HasSubstr("\n  # It must be given. A text. Required.\n  must-text:\n"));
    EXPECT_THAT(outcome.out, HasSubstr("A secret: write file:/path or env:NAME. Required.\n"
                                       "  # The file must belong to root and have mode 0600.\n"
                                       "  must-secret: file:/etc/drover/every-key.must-secret\n"));
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);)
        EXPECT_LE(line.size(), 101U) << line;
}

TEST_F(ConfigExample, LacksOnlyWhatMustBeFilledIn) {
    drivers_.put("every-key");
    const std::string secret =
        "file:/etc/drover/every-key.must-secret cannot be opened: No such file or directory";
    const auto text = example({"every-key"}).out;
    EXPECT_THAT(errors_of(text),
                ElementsAre("dataset.must-text: missing", "dataset.must-number: missing",
                            "dataset.must-words: missing", "dataset.must-secret: " + secret));
    // With everything switched on: every default is a good value.
    EXPECT_THAT(
        errors_of(switched_on(text)),
        ::testing::UnorderedElementsAre("dataset.run-as: has no value", "dataset.sha256: has no value"));
    auto entry = switched_on(std::regex_replace(text, std::regex("#(sha256|run-as):|#[a-z]*: file:.*"), ""));
    EXPECT_THAT(errors_of(entry),
                ElementsAre("dataset.must-text: missing", "dataset.must-number: missing",
                            "dataset.must-words: missing", "dataset.must-secret: " + secret));
}

TEST_F(ConfigExample, IsGoodAtOnceWhereNothingIsRequired) {
    drivers_.put("good");
    EXPECT_THAT(errors_of(example({"good"}).out), IsEmpty());
    const auto entry = example({"good", "--name", "gold"});
    EXPECT_THAT(entry.out, HasSubstr("\ndataset:\n  backend: gold\n\n"));
    EXPECT_THAT(entry.out, HasSubstr("\nbackends:\n  gold:\n    driver: good\n"));
    EXPECT_THAT(entry.out, HasSubstr("\n    #password: file:/etc/drover/gold.password\n"));
    EXPECT_THAT(errors_of(entry.out), IsEmpty());
}

TEST_F(ConfigExample, TakesAFileAndRefusesWhatIsNone) {
    const auto file = drivers_.put("good").native();
    const auto outcome = Terminal().run({"--json", "config", "example", file});
    EXPECT_EQ(outcome.exit, Exit::ok) << outcome.err;
    EXPECT_THAT(boost::json::parse(outcome.out).at("example").as_string().c_str(),
                HasSubstr("  backend: good\n"));
    const auto absent = example({"goood"});
    EXPECT_EQ(absent.exit, Exit::not_found);
    EXPECT_THAT(absent.err, HasSubstr("Did you mean \"good\"?"));
    EXPECT_EQ(example({"good", "--name", "Gold"}).exit, Exit::usage);
    EXPECT_THAT(absent.out, Not(HasSubstr("version")));
}

} // namespace
} // namespace drover::cli
