// config check, config show and driver inspect, with real driver files.
#include "core/cli/testing/fake_agent.hpp"
#include "loader/testing/driver_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace drover::cli {
namespace {

using ::testing::AllOf;
using testing::Folder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using testing::Terminal;

class ConfigCommands : public ::testing::Test {
protected:
    std::string write(const std::string &text) const {
        const auto file = folder_.path() / "agent.yml";
        std::ofstream(file) << text;
        std::filesystem::permissions(file, std::filesystem::perms::owner_read);
        return file.native();
    }
    testing::Outcome check(const std::string &text, std::vector<std::string> more = {}) const {
        std::vector<std::string> arguments = {"config", "check", write(text), "--driver-dir",
                                              drivers_.path().native()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return Terminal().run(arguments);
    }

    Folder folder_;
    drover::testing::DriverFolder drivers_;
};

TEST_F(ConfigCommands, CheckAcceptsAGoodFile) {
    drivers_.put("good");
    const auto outcome = check("version: 1\ndataset:\n  backend: good\n  rows: 5\n");
    EXPECT_EQ(outcome.exit, Exit::ok) << outcome.err;
    EXPECT_EQ(outcome.out, (folder_.path() / "agent.yml").native() + ": good, 1 backend\n");
    EXPECT_THAT(outcome.err, IsEmpty());
}

TEST_F(ConfigCommands, CheckPointsAtAMistakeAsCompilersDo) {
    drivers_.put("good");
    const auto outcome = check("version: 1\ndataset:\n  backend: good\n  rwos: 5\n");
    EXPECT_EQ(outcome.exit, Exit::failed);
    EXPECT_THAT(outcome.err,
                AllOf(HasSubstr("agent.yml:4:3: error: dataset.rwos: unknown key; did you mean rows?\n"),
                      HasSubstr("\n    4 |   rwos: ...\n      |   ^\n")));
    EXPECT_EQ(outcome.out, (folder_.path() / "agent.yml").native() + ": 1 error\n");
}

TEST_F(ConfigCommands, CheckTellsEverythingAtOnceAsJson) {
    drivers_.put("good");
    const auto outcome =
        check("version: 1\ndataset:\n  backend: good\n  rwos: 5\n  password: hunter2\n  snapshots: [a]\n",
              {"--json"});
    EXPECT_EQ(outcome.exit, Exit::failed);
    const auto json = boost::json::parse(outcome.out);
    EXPECT_EQ(json.at("ok"), false);
    const auto &problems = json.at("problems").as_array();
    ASSERT_EQ(problems.size(), 3U) << outcome.out;
    EXPECT_EQ(problems.at(0).at("line"), 4);
    EXPECT_EQ(problems.at(0).at("severity"), "error");
    EXPECT_EQ(problems.at(1).at("severity"), "warning");
    EXPECT_THAT(outcome.out, Not(HasSubstr("hunter2")));
}

TEST_F(ConfigCommands, CheckOnlyWarnsOfADriverThatIsNotHere) {
    const auto outcome = check("version: 1\ndataset:\n  backend: good\n  anything: 5\n");
    EXPECT_EQ(outcome.exit, Exit::ok);
    EXPECT_THAT(outcome.err, HasSubstr(": warning: dataset: its keys were not checked: "));
    EXPECT_THAT(outcome.out, HasSubstr("good, 1 backend, 1 warning\n"));
    EXPECT_THAT(check("version: 1\ndataset:\n  backend: good\n", {"-q"}).err, IsEmpty());
}

TEST_F(ConfigCommands, CheckRefusesADriverThatIsNone) {
    drivers_.write("good", "no library at all");
    const auto outcome = check("version: 1\ndataset:\n  backend: good\n");
    EXPECT_EQ(outcome.exit, Exit::failed);
    EXPECT_THAT(outcome.err, HasSubstr("error: dataset: the driver good cannot be used: "));
}

TEST_F(ConfigCommands, CheckOfAnAbsentFileFails) {
    const auto outcome = Terminal().run({"config", "check", (folder_.path() / "absent.yml").native()});
    EXPECT_EQ(outcome.exit, Exit::failed);
    EXPECT_THAT(outcome.err, HasSubstr("absent.yml"));
}

TEST_F(ConfigCommands, ShowFillsInDefaultsAndHidesSecrets) {
    drivers_.put("good");
    const auto file = write("version: 1\ndataset:\n  backend: good\n  password: hunter2\n  rows: 5\n"
                            "agent:\n  run-dir: /run/x\n");
    const auto outcome = Terminal().run({"config", "show", file, "--driver-dir", drivers_.path().native()});
    EXPECT_EQ(outcome.exit, Exit::ok);
    EXPECT_THAT(outcome.out, StartsWith("version: 1\n"
                                        "dataset:\n"
                                        "  backend: good\n"
                                        "backends:\n"
                                        "  good:\n"
                                        "    driver: good\n"
                                        "    password: \"(hidden)\"\n"
                                        "    rows: \"5\"\n"
                                        "    snapshots: full\n"
                                        "agent:\n"
                                        "  state-dir: /var/lib/drover\n"
                                        "  run-dir: /run/x\n"));
    EXPECT_THAT(outcome.out, Not(HasSubstr("hunter2")));
}

TEST_F(ConfigCommands, ShowHidesEverythingOfADriverThatIsNotHere) {
    const auto file = write("version: 1\ndataset:\n  backend: good\n  password: hunter2\n  rows: 5\n");
    const auto outcome =
        Terminal().run({"--json", "config", "show", file, "--driver-dir", drivers_.path().native()});
    EXPECT_EQ(outcome.exit, Exit::ok);
    const auto json = boost::json::parse(outcome.out);
    EXPECT_EQ(json.at("backends").at("good").at("password"), "(hidden)");
    EXPECT_EQ(json.at("backends").at("good").at("rows"), "(hidden)");
    EXPECT_EQ(json.at("agent").at("state-dir"), "/var/lib/drover");
}

TEST_F(ConfigCommands, ShownFileIsAGoodFile) {
    drivers_.put("good");
    const auto file =
        write("version: 1\nbackends:\n  one:\n    driver: good\n    rows: 5\n    listing: \"a: b #c\"\n"
              "docker:\n  names: [x, y]\n");
    const auto first = Terminal().run({"config", "show", file, "--driver-dir", drivers_.path().native()});
    const auto again = folder_.path() / "again.yml";
    std::ofstream(again) << first.out;
    const auto second =
        Terminal().run({"config", "show", again.native(), "--driver-dir", drivers_.path().native()});
    EXPECT_EQ(second.exit, Exit::ok) << second.err;
    EXPECT_EQ(second.out, first.out);
}

TEST_F(ConfigCommands, DriverInspectShowsTheKeys) {
    drivers_.put("serial");
    const auto outcome = Terminal().run({"driver", "inspect", drivers_.file("serial").native()});
    EXPECT_EQ(outcome.exit, Exit::ok) << outcome.err;
    EXPECT_THAT(outcome.out,
                AllOf(StartsWith("Driver:      serial\n"), HasSubstr("\nCalls:       one at a time\n"),
                      HasSubstr("\nIsolation:   leaves it to the agent\n"),
                      HasSubstr("\nExports:     drv_entry_v1\n"),
                      HasSubstr("\nExtensions:  certain once a backend is open; the file names "),
                      HasSubstr("\npassword   text, secret  no      -        a secret\n"),
                      HasSubstr("\naddress    text          yes     -        must be given\n")));
    const auto json = boost::json::parse(
        Terminal()
            .run({"--json", "driver", "inspect", "serial", "--driver-dir", drivers_.path().native()})
            .out);
    EXPECT_EQ(json.at("name"), "serial");
    EXPECT_EQ(json.at("config_keys").as_array().size(), 7U);
    EXPECT_EQ(json.at("isolate"), false);
    EXPECT_EQ(json.at("exports"), boost::json::array{"drv_entry_v1"});
    EXPECT_TRUE(json.at("named_extensions").is_array());
    EXPECT_EQ(json.at("backends"), boost::json::array{});
    EXPECT_EQ(Terminal().run({"-q", "driver", "inspect", drivers_.file("serial").native()}).out, "serial\n");
}

TEST_F(ConfigCommands, DriverInspectSaysWhatIsWrongWithAFile) {
    const auto inspect = [&](const std::string &fixture) {
        drivers_.put(fixture);
        return Terminal().run({"driver", "inspect", drivers_.file(fixture).native()});
    };
    for (const auto &[fixture, sentence] : std::map<std::string, std::string>{
             {"no-entry", "no-entry.so is no driver: it exports no drv_entry_vN; "},
             {"wrong-major", "wrong-major.so speaks ABI 2 only, this agent speaks 1; "},
             {"many-exports", "many-exports.so exports more than its entry: "},
             {"null-entry", "null-entry.so: bad driver descriptor: field \"drv_entry_v1()\": found NULL, "},
             {"null-slot", "null-slot.so: bad driver descriptor: field \"ops.get\": found NULL "},
             {"bad-name", "bad-name.so: bad driver descriptor: field \"name\": "},
             {"unresolved", "unresolved.so cannot be loaded: "}}) {
        const auto outcome = inspect(fixture);
        EXPECT_EQ(outcome.exit, Exit::failed) << fixture;
        EXPECT_THAT(outcome.out, IsEmpty());
        EXPECT_THAT(outcome.err, AllOf(StartsWith("drover: "), HasSubstr(sentence)));
    }
    drivers_.write("text", "#!/bin/sh\n");
    EXPECT_THAT(Terminal().run({"driver", "inspect", drivers_.file("text").native()}).err,
                HasSubstr("text.so is not an ELF shared object"));
    const auto absent = Terminal().run({"driver", "inspect", drivers_.file("absent").native()});
    EXPECT_EQ(absent.exit, Exit::not_found);
    EXPECT_THAT(absent.err, HasSubstr("absent.so cannot be examined: "));
}

TEST_F(ConfigCommands, DriverInspectRefusesAFileThatOthersMayChange) {
    drover::testing::DriverFolder::chmod(drivers_.put("good"), 0666);
    const auto outcome = Terminal().run({"--json", "driver", "inspect", drivers_.file("good").native()});
    EXPECT_EQ(outcome.exit, Exit::failed);
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("good.so is writable by group and others (mode 0666, "),
                                   HasSubstr("To fix it: chmod go-w ")));
    EXPECT_THAT(boost::json::parse(outcome.out).at("error").at("message").as_string().c_str(),
                HasSubstr("writable by group and others"));
}

TEST_F(ConfigCommands, DriverInspectByNameTellsWhichNamesThereAre) {
    drivers_.put("good");
    const auto outcome =
        Terminal().run({"driver", "inspect", "goood", "--driver-dir", drivers_.path().native()});
    EXPECT_EQ(outcome.exit, Exit::not_found);
    EXPECT_THAT(outcome.err, HasSubstr("Did you mean \"good\"? Drivers there: good"));
}

TEST_F(ConfigCommands, DriverInspectAsksTheAgentWhereADriverIs) {
    testing::FakeAgent agent;
    const auto path = drivers_.put("good").native();
    agent.on(
        "GET /v2/drivers", 200,
        R"({"drivers":[{"backend":"gold","driver":"good","path":")" + path +
            R"(","state":"ready","extensions":["drv.snapshot/1","drv.extend/1","com.acme.x/1"]},)" +
            R"({"backend":"spare","driver":"good","path":")" + path +
            R"(","state":"failed","extensions":[]},)" +
            R"({"backend":"other","driver":"other","path":"/other.so","state":"ready","extensions":[]}]})");
    const auto outcome = testing::run_on(agent, {"driver", "inspect", "gold"});
    EXPECT_THAT(outcome.out, AllOf(StartsWith("Driver:      good\n"),
                                   HasSubstr("\nExtensions:  gold: snapshot, extend, com.acme.x\n")));
    EXPECT_EQ(testing::run_on(agent, {"driver", "inspect", "good"}).out, outcome.out);
    const auto json = boost::json::parse(testing::run_on(agent, {"--json", "driver", "inspect", "gold"}).out);
    EXPECT_EQ(json.at("backends").as_array().size(), 2U);
    EXPECT_EQ(json.at("backends").at(0).at("extensions").at(2), "com.acme.x/1");
    EXPECT_EQ(testing::run_on(agent, {"driver", "inspect", "absent"}).exit, Exit::not_found);
}

TEST_F(ConfigCommands, DriverListOfAFolderShowsBadFilesToo) {
    drivers_.put("good");
    drivers_.write("bad", "no library");
    const auto outcome = Terminal().run({"driver", "ls", "--driver-dir", drivers_.path().native()});
    EXPECT_EQ(outcome.exit, Exit::ok);
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("\nbad "), HasSubstr("\ngood ")));
    EXPECT_THAT(outcome.err, HasSubstr("bad.so"));
    EXPECT_EQ(Terminal().run({"driver", "ls", "--driver-dir", "/nowhere/at/all"}).exit, Exit::not_found);
}

} // namespace
} // namespace drover::cli
