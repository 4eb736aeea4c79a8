// drover sdk new, with the templates as they are. That what it makes builds and passes is the test sdk_new.
#include "core/cli/driver_project.hpp"
#include "core/cli/testing/fake_agent.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace drover::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::Terminal;

namespace fs = std::filesystem;

std::string text_of_file(const fs::path &file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

class SdkNew : public ::testing::Test {
protected:
    testing::Outcome make(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), {"sdk", "new"});
        arguments.insert(arguments.end(), {"--directory", project().native()});
        return Terminal().run(arguments);
    }
    [[nodiscard]] fs::path project() const { return folder_.path() / "a/project"; }

    testing::Folder folder_;
};

TEST_F(SdkNew, MakesAProjectInEachLanguage) {
    for (const std::string language : {"c", "cpp"}) {
        const auto outcome = make({"acme", "--lang", language});
        ASSERT_EQ(outcome.exit, Exit::ok) << outcome.err;
        EXPECT_THAT(outcome.out, AllOf(HasSubstr("made " + project().native()), HasSubstr("cmake -B build")));
        EXPECT_THAT(text_of_file(project() / "CMakeLists.txt"), HasSubstr("drv_add_driver(acme SOURCES"));
        EXPECT_TRUE(fs::exists(project() / ("driver." + language)));
        EXPECT_TRUE(fs::exists(project() / ".gitignore"));
        EXPECT_THAT(text_of_file(project() / "copyright"), HasSubstr("Copyright: 2026, your company"));
        std::size_t files = 0;
        for (const auto &file : fs::directory_iterator(project())) {
            EXPECT_THAT(text_of_file(file), AllOf(Not(HasSubstr("@NAME@")), Not(HasSubstr("@SDK_VERSION@")),
                                                  Not(HasSubstr("@YEAR@"))))
                << file.path();
            EXPECT_FALSE(text_of_file(file).empty()) << file.path();
            ++files;
        }
        EXPECT_GE(files, 6U);
        fs::remove_all(project());
    }
}

TEST_F(SdkNew, TellsScriptsWhatItMade) {
    const auto made = make({"acme", "--json"});
    ASSERT_EQ(made.exit, Exit::ok) << made.err;
    const auto report = boost::json::parse(made.out);
    EXPECT_EQ(report.at("name"), "acme");
    EXPECT_EQ(report.at("language"), "cpp");
    EXPECT_EQ(report.at("directory").as_string(), project().native());
    EXPECT_THAT(report.at("files").as_array(), Contains(boost::json::value("driver.cpp")));
    fs::remove_all(project());
    EXPECT_EQ(make({"acme", "--quiet"}).out, project().native() + "\n");
}

TEST_F(SdkNew, TakesAnEmptyFolder) {
    fs::create_directories(project());
    EXPECT_EQ(make({"acme"}).exit, Exit::ok);
}

TEST_F(SdkNew, NeverWritesOverAnything) {
    fs::create_directories(project());
    std::ofstream(project() / "notes") << "mine";
    const auto refused = make({"acme", "--json"});
    EXPECT_EQ(refused.exit, Exit::failed);
    EXPECT_THAT(refused.err, HasSubstr(project().native() + " is not empty"));
    EXPECT_EQ(boost::json::parse(refused.out).at("error").at("code"), "conflict");
    EXPECT_EQ(std::distance(fs::directory_iterator(project()), fs::directory_iterator()), 1);
    fs::remove_all(project());
    std::ofstream(project()) << "mine";
    EXPECT_THAT(make({"acme"}).err, HasSubstr(project().native() + " is no folder"));
    EXPECT_EQ(text_of_file(project()), "mine");
}

TEST_F(SdkNew, RefusesNamesThatAreNone) {
    for (const std::string name : {"Acme", "9lives", "a b", "", "../acme", "acme.so", "test", "clean"}) {
        const auto refused = make({name});
        EXPECT_EQ(refused.exit, Exit::usage) << name;
        EXPECT_THAT(refused.err, HasSubstr("name")) << name;
    }
    EXPECT_EQ(make({std::string(64, 'a')}).exit, Exit::usage);
    EXPECT_EQ(make({"acme", "--lang", "rust"}).exit, Exit::usage);
    EXPECT_FALSE(fs::exists(project().parent_path()));
    EXPECT_EQ(make({std::string(63, 'a')}).exit, Exit::ok);
}

// The folder takes a name of 63 bytes, and cannot be made below a file.
TEST_F(SdkNew, LeavesNothingAfterAFailure) {
    std::ofstream(folder_.path() / "a") << "a file";
    const auto failed = make({"acme"});
    EXPECT_EQ(failed.exit, Exit::failed);
    EXPECT_THAT(failed.err, HasSubstr(project().native()));
    EXPECT_EQ(text_of_file(folder_.path() / "a"), "a file");
}

TEST_F(SdkNew, SaysWhichPackageBringsTheTemplates) {
    const auto made =
        make_driver_project(folder_.path(), {.name = "acme", .language = "c", .folder = project()});
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().code, Code::not_found);
    EXPECT_THAT(made.error().message, AllOf(HasSubstr((folder_.path() / "share/drover/templates/c").native()),
                                            HasSubstr("install it"), HasSubstr("drover-sdk")));
    EXPECT_FALSE(fs::exists(project().parent_path()));
}

// A template that cannot be copied: what had been written is gone again.
TEST_F(SdkNew, TakesAwayWhatItHadWritten) {
    const auto templates = folder_.path() / "share/drover/templates/c";
    fs::create_directories(templates / "b-is-a-folder");
    std::ofstream(templates / "a-file") << "text";
    for (const bool is_there : {false, true}) {
        if (is_there)
            fs::create_directories(project());
        const auto made =
            make_driver_project(folder_.path(), {.name = "acme", .language = "c", .folder = project()});
        ASSERT_FALSE(made.has_value());
        EXPECT_THAT(made.error().message, HasSubstr("b-is-a-folder"));
        EXPECT_EQ(fs::exists(project()), is_there);
        EXPECT_EQ(fs::exists(project().parent_path()), is_there);
        if (is_there) {
            EXPECT_TRUE(fs::is_empty(project()));
        }
    }
}

TEST_F(SdkNew, QuotesAFolderForTheShell) {
    const auto folder = folder_.path() / "it's mine";
    const auto made = Terminal().run({"sdk", "new", "acme", "--directory", folder.native()});
    EXPECT_EQ(made.exit, Exit::ok);
    EXPECT_THAT(made.out, HasSubstr("it'\\''s mine'\n"));
    EXPECT_THAT(made.err, IsEmpty());
}

} // namespace
} // namespace drover::cli
