// The program as a user starts it: its results for tests that misbehave, its exit codes, its words.
#include "conformance/report/testing/xml.hpp"
#include "conformance/suite/sandbox.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace drover::conformance {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Ran {
    int code = -1;
    std::string out; // stdout and stderr
};

// Through a shell, which brings both outputs together on the result's descriptor.
Ran run(const std::string &arguments) {
    const auto end = run_in_sandbox(
        {.program = "/bin/sh",
         .arguments = {"-c", std::string("unset AGENT_CONFIG_FILE; exec " DROVER_CONFORMANCE " ") +
                                 arguments + " >&3 2>&3 3>&-"}});
    EXPECT_TRUE(end);
    return {end->code, end->result};
}

boost::json::object only_result(const std::string &id, const std::string &more = "") {
    const Ran ran = run("--self-test --json - --filter '^" + id + "$' " + more + " 2>/dev/null");
    const auto start = ran.out.find("{\"version\"");
    EXPECT_NE(start, std::string::npos) << ran.out;
    return boost::json::parse(ran.out.substr(start, ran.out.find('\n', start) - start))
        .as_object()
        .at("tests")
        .as_array()
        .at(0)
        .as_object();
}

std::string text(const boost::json::object &row, std::string_view key) {
    const auto *found = row.if_contains(key);
    return found == nullptr ? "" : std::string(found->as_string());
}

TEST(Program, PassesWarnsAndSkips) {
    const Ran ran = run("--self-test --filter '^good' --colour never");
    EXPECT_EQ(ran.code, 0) << ran.out;
    EXPECT_THAT(ran.out, HasSubstr("  pass    good.pass"));
    EXPECT_THAT(ran.out, HasSubstr("  warn    good.warn"));
    EXPECT_THAT(ran.out, HasSubstr("expected: less than 100 ms; found: 250 ms"));
    EXPECT_THAT(ran.out, HasSubstr("  skip    good.skip"));
    EXPECT_THAT(ran.out, HasSubstr("there is nothing to do"));
    EXPECT_THAT(ran.out, HasSubstr("2 of those that passed gave warnings\n"));
    EXPECT_THAT(ran.out, EndsWith("\n4 passed, 0 failed, 1 skipped\n"));
}

TEST(Program, OneBadTestDoesNotStopTheOthers) {
    const Ran ran = run("--self-test --timeout 5");
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.out, EndsWith("\n4 passed, 7 failed, 3 skipped\n"));
    EXPECT_THAT(ran.out, HasSubstr("of the failures 3 crashed and 1 ran into the time limit\n"));
}

TEST(Program, StopsAtTheFirstFailureWhenAsked) {
    EXPECT_THAT(run("--self-test --stop-at-failure").out, EndsWith("\n4 passed, 1 failed, 1 skipped\n"));
}

TEST(Program, NamesSignalAndOpOfACrash) {
    const auto row = only_result("bad.crash");
    EXPECT_EQ(text(row, "outcome"), "crash");
    EXPECT_EQ(text(row, "op"), "create of 6c8ff3ab");
    EXPECT_THAT(text(row, "reason"), HasSubstr("signal 11"));
    EXPECT_THAT(text(row, "output_tail"), StartsWith("about to die"));
}

TEST(Program, AnExitInTheMiddleIsACrash) {
    const auto row = only_result("bad.exit");
    EXPECT_EQ(text(row, "outcome"), "crash");
    EXPECT_EQ(text(row, "reason"), "exit status 7 without a result");
    EXPECT_EQ(text(row, "op"), "attach of 6c8ff3ab");
}

TEST(Program, ACrashAtExitIsACrash) {
    const auto row = only_result("bad.crash-at-exit");
    EXPECT_EQ(text(row, "outcome"), "crash");
    EXPECT_THAT(text(row, "reason"), HasSubstr("after the test itself had ended"));
}

TEST(Program, AHangIsATimeoutWithItsOp) {
    const auto row = only_result("bad.hang", "--timeout 2");
    EXPECT_EQ(text(row, "outcome"), "timeout");
    EXPECT_EQ(text(row, "op"), "list of 6c8ff3ab");
}

TEST(Program, AFailureCarriesWhatWasExpectedFoundAndTheOp) {
    const auto row = only_result("bad.fail");
    EXPECT_EQ(text(row, "outcome"), "fail");
    const auto &findings = row.at("findings").as_array();
    ASSERT_EQ(findings.size(), 2U);
    EXPECT_EQ(text(findings[1].as_object(), "expected"), "the second thing");
    EXPECT_EQ(text(findings[1].as_object(), "op"), "destroy");
    EXPECT_EQ(text(row, "output_tail"), "a line on stderr\n");
}

TEST(Program, OutputOfATestNeverGetsIntoTheReport) {
    const auto row = only_result("bad.noisy");
    EXPECT_EQ(text(row, "outcome"), "fail");
    EXPECT_LE(text(row, "output_tail").size(), 4 * kTailBytes);
}

TEST(Program, ABugOfTheSuiteIsAFailureThatSaysSo) {
    EXPECT_THAT(run("--self-test --filter bad.throws").out, HasSubstr("its own code threw: a bug of ours"));
}

TEST(Program, RunsInOneProcessForADebugger) {
    const Ran ran = run("--self-test --in-process --filter 'good.(pass|skip)'");
    EXPECT_EQ(ran.code, 0);
    EXPECT_THAT(ran.out, EndsWith("\n1 passed, 0 failed, 1 skipped\n"));
}

TEST(Program, LeavesNoFolderBehind) {
    std::string name = testing::TempDir() + "program-XXXXXX";
    const std::filesystem::path folder = ::mkdtemp(name.data());
    const auto end =
        run_in_sandbox({.program = "/bin/sh",
                        .arguments = {"-c", "export TMPDIR=" + folder.string() +
                                                "; " DROVER_CONFORMANCE " --self-test --filter good.pass"}});
    ASSERT_TRUE(end);
    EXPECT_EQ(end->code, 0);
    EXPECT_TRUE(std::filesystem::is_empty(folder));
    std::filesystem::remove_all(folder);
}

// Reports that go to files, in a folder of their own.
class ReportFiles : public testing::Test {
protected:
    ReportFiles() {
        std::string name = testing::TempDir() + "reports-XXXXXX";
        folder_ = ::mkdtemp(name.data());
    }
    ~ReportFiles() override { std::filesystem::remove_all(folder_); }
    [[nodiscard]] std::string path(const std::string &name) const { return (folder_ / name).native(); }
    [[nodiscard]] std::string content(const std::string &name) const {
        std::ifstream in(path(name));
        return {std::istreambuf_iterator<char>(in), {}};
    }
    std::filesystem::path folder_;
};

TEST_F(ReportFiles, AreWrittenWhenTestsFail) {
    const Ran ran = run("--self-test --timeout 5 --seed 7 --array 'Acme A200' --filter 'bad|skip' --junit " +
                        path("r.xml") + " --json " + path("r.json") + " --html " + path("r.html"));
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.out, EndsWith("\n0 passed, 7 failed, 1 skipped\n"));
    const std::string junit = content("r.xml");
    EXPECT_EQ(against_schema(junit, DROVER_CONFORMANCE_TESTDATA "/junit.xsd"), "");
    EXPECT_EQ(xpath(junit, "string(/testsuites/@failures)"), "3");
    EXPECT_EQ(xpath(junit, "string(/testsuites/@errors)"), "4");
    EXPECT_EQ(xpath(junit, "string(//testcase[@name='bad.hang']/error/@type)"), "timeout");
    EXPECT_EQ(xpath(junit, "string(//property[@name='seed']/@value)"), "7");
    EXPECT_EQ(xpath(junit, "string(//property[@name='array']/@value)"), "Acme A200");
    const std::string html = content("r.html");
    EXPECT_EQ(xpath(html, "count(//article)"), "7");
    EXPECT_EQ(xpath(html, "normalize-space(//article[1]/pre)"), "a line on stderr");
    EXPECT_EQ(xpath(html, "count(//table[@class='tests']/tbody/tr)"), "8");
    EXPECT_EQ(boost::json::parse(content("r.json")).as_object().at("summary").as_object().at("failed"), 7);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 3);
}

TEST_F(ReportFiles, TellWhatTheDriverSaysOfItself) {
    run(DROVER_LOADER_FIXTURES "/good.so --config " DROVER_CONFORMANCE_TESTDATA
                               "/nothing.yml --filter load.descriptor --junit " +
        path("r.xml"));
    const std::string junit = content("r.xml");
    for (const auto &[name, value] :
         {std::pair("driver.name", "good"), std::pair("driver.version", "1.0"),
          std::pair("driver.vendor", "Fixtures"), std::pair("driver.abi.minor", "0"),
          std::pair("driver.extensions", "drv.snapshot/1, drv.extend/1, drv.profiles/1")}) {
        EXPECT_EQ(xpath(junit, std::string("string(//testsuite[1]//property[@name='") + name + "']/@value)"),
                  value);
    }
}

TEST_F(ReportFiles, DoWithoutADriverThatCannotBeLoaded) {
    const Ran ran = run(DROVER_LOADER_FIXTURES "/unresolved.so --config " DROVER_CONFORMANCE_TESTDATA
                                               "/nothing.yml --filter ^load --junit " +
                        path("r.xml"));
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(xpath(content("r.xml"), "count(//property[@name='driver.name'])"), "0");
    EXPECT_EQ(xpath(content("r.xml"), "string(/testsuites/@failures)"), "1");
}

TEST_F(ReportFiles, ThatCannotBeWrittenAreToldBeforeTheRun) {
    for (const std::string option : {"--json", "--junit", "--html"}) {
        const Ran ran = run("--self-test --filter good.pass " + option + " /no/such/folder/report");
        EXPECT_EQ(ran.code, 2);
        EXPECT_THAT(ran.out, HasSubstr(option + ": /no/such/folder/report cannot be written"));
        EXPECT_THAT(ran.out, Not(HasSubstr("good.pass")));
        EXPECT_THAT(run("--self-test " + option + " " + folder_.native()).out, HasSubstr("it is a folder"));
    }
}

TEST_F(ReportFiles, ThatCouldNotBeWrittenAtTheEndMakeTheRunFail) {
    const Ran ran = run("--self-test --filter good.pass --junit /dev/full --json " + path("r.json"));
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.out, HasSubstr("1 passed, 0 failed, 0 skipped\n"));
    EXPECT_THAT(ran.out, HasSubstr("--junit: /dev/full cannot be written"));
    EXPECT_FALSE(content("r.json").empty()); // the other one is there
}

TEST_F(ReportFiles, OneMayGoToStdout) {
    // Both outputs come together here: the document is one piece, and people's report is around it.
    const Ran ran = run("--self-test --filter good.pass --junit -");
    const auto start = ran.out.find("<?xml");
    const auto end = ran.out.find("</testsuites>\n", start);
    ASSERT_NE(end, std::string::npos) << ran.out;
    EXPECT_EQ(xpath(ran.out.substr(start, end + 14 - start), "string(/testsuites/@tests)"), "1");
    EXPECT_THAT(ran.out, HasSubstr("  pass    good.pass"));
    EXPECT_THAT(ran.out, EndsWith("\n1 passed, 0 failed, 0 skipped\n"));
}

TEST(Program, UsageMistakesAreToldAndExitWith2) {
    const std::string config = " --config " DROVER_CONFORMANCE_FOLDER "/loopback.yml";
    const auto told = [](const std::string &arguments, const std::string &words) {
        const Ran ran = run(arguments);
        EXPECT_EQ(ran.code, 2) << arguments << "\n" << ran.out;
        EXPECT_THAT(ran.out, HasSubstr(words));
    };
    told("", "which driver?");
    told("loopback", "where is the backend?");
    told("loopback --config a --agent-config b", "not both");
    told("loopback --config /no/such/case.yml", "/no/such/case.yml");
    told("no-such-driver" + config, "there is no driver at");
    told("Bad..Name" + config, "is no driver's name");
    told("/no/such/driver.so" + config, "/no/such/driver.so");
    told("--self-test --filter '('", "is no regular expression");
    told("--self-test --filter nothing-is-called-so", "--list shows them");
    told("--self-test --timeout 0", "--timeout");
    told("--self-test --no-such-option", "--no-such-option");
    told("--self-test --json - --junit -", "--json and --junit both write to stdout");
    told("--self-test --json x --junit x", "both write to x");
    told("--self-test --junit ''", "needs the name of a file");
    told("--list --junit x", "other reports need a run");
    told("--list --html x", "other reports need a run");
    told("--self-test --junit x --html x", "--junit and --html both write to x");
    told("--list --json /no/such/folder/x.json", "/no/such/folder/x.json");
}

// Ids of the failures, of a driver that is wrong in one way.
std::string failures_of(const std::string &fixture) {
    const Ran ran = run(DROVER_LOADER_FIXTURES "/" + fixture +
                        ".so --config " DROVER_CONFORMANCE_TESTDATA "/nothing.yml --json - 2>/dev/null");
    EXPECT_EQ(ran.code, 1);
    std::string ids;
    const auto start = ran.out.find("{\"version\"");
    const auto report = boost::json::parse(ran.out.substr(start, ran.out.find('\n', start) - start));
    for (const auto &row : report.as_object().at("tests").as_array()) {
        const std::string outcome = text(row.as_object(), "outcome");
        if (outcome != "pass" && outcome != "warn" && outcome != "skip")
            ids += text(row.as_object(), "id") + " ";
    }
    return ids;
}

TEST(Program, ADriverThatCannotBeLoadedFailsOneTestAndTheOthersSaySo) {
    EXPECT_EQ(failures_of("many-exports"), "load.one-export ");
    EXPECT_EQ(failures_of("no-entry"), "load.one-export ");
    EXPECT_EQ(failures_of("wrong-major"), "load.one-export ");
    EXPECT_EQ(failures_of("unresolved"), "load.rtld-now ");
    EXPECT_EQ(failures_of("null-entry"), "load.descriptor ");
    EXPECT_EQ(failures_of("bad-name"), "load.descriptor ");
    EXPECT_EQ(failures_of("null-slot"), "load.descriptor ");
}

#ifdef DROVER_LOOPBACK
TEST(Program, WhatACrashedTestMadeIsTakenAway) {
    const Ran ran = run("--self-test " DROVER_LOOPBACK " --config " DROVER_CONFORMANCE_FOLDER
                        "/loopback.yml --filter ^driver");
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.out, HasSubstr("signal 9 (Killed)"));
    EXPECT_THAT(ran.out, HasSubstr("  pass    driver.nothing-there"));
    EXPECT_THAT(ran.out, Not(HasSubstr("left on the backend")));
    EXPECT_THAT(ran.out, EndsWith("\n1 passed, 1 failed, 0 skipped\n"));
}

TEST(Program, AnAgentYmlWillDo) {
    std::string name = testing::TempDir() + "agent-XXXXXX";
    const std::filesystem::path folder = ::mkdtemp(name.data());
    std::ofstream(folder / "agent.yml")
        << "version: 1\ndataset:\n  backend: loopback\n  root_path: " << (folder / "volumes").native()
        << "\n";
    const std::string filter = DROVER_LOOPBACK " --filter 'core.(probe|create.emits)' ";
    const Ran by_option = run(filter + "--agent-config " + (folder / "agent.yml").native());
    EXPECT_THAT(by_option.out, EndsWith("\n2 passed, 0 failed, 0 skipped\n"));
    const auto by_variable =
        run_in_sandbox({.program = "/bin/sh",
                        .arguments = {"-c", "export AGENT_CONFIG_FILE=" + (folder / "agent.yml").native() +
                                                "; exec " DROVER_CONFORMANCE " " + filter}});
    EXPECT_EQ(by_variable->code, 0) << by_variable->output_tail;
    std::filesystem::remove_all(folder);
}

// Cases of each kind: over the wire, in the driver's process, and in the test's own.
TEST_F(ReportFiles, TellThatTheDriverHadAProcessOfItsOwn) {
    const Ran ran =
        run("--isolated " DROVER_LOOPBACK " --config " DROVER_CONFORMANCE_FOLDER
            "/loopback.yml --filter 'load.opens|core.probe$|hygiene.(umask|descriptors)' --json " +
            path("r.json") + " --junit " + path("r.xml") + " --html " + path("r.html"));
    EXPECT_EQ(ran.code, 0) << ran.out;
    EXPECT_THAT(ran.out, HasSubstr("loopback.so (in a process of its own) to"));
    EXPECT_THAT(ran.out, EndsWith(::geteuid() == 0 ? "\n4 passed, 0 failed, 0 skipped\n"
                                                   : "\n3 passed, 0 failed, 1 skipped\n"));
    EXPECT_EQ(boost::json::parse(content("r.json")).as_object().at("isolated"), true);
    EXPECT_EQ(xpath(content("r.xml"), "string(//testsuite[1]//property[@name='isolated']/@value)"), "true");
    EXPECT_THAT(content("r.html"), HasSubstr("the driver in a process of its own"));
}

TEST_F(ReportFiles, NeedTheProgramThatRunsADriver) {
    std::filesystem::copy_file(DROVER_CONFORMANCE, folder_ / "alone");
    const auto end = run_in_sandbox({.program = path("alone"),
                                     .arguments = {"--isolated", DROVER_LOOPBACK, "--config",
                                                   DROVER_CONFORMANCE_FOLDER "/loopback.yml"}});
    ASSERT_TRUE(end);
    EXPECT_EQ(end->code, 2);
    EXPECT_THAT(end->output_tail,
                HasSubstr("runs the driver in " + path("drover-driver-host") +
                          ", which cannot be run (No such file or directory); it comes with "
                          "the package drover-agent"));
}

TEST(Program, KeysThatTheDriverDoesNotKnowAreToldOnce) {
    const Ran ran = run(DROVER_LOOPBACK " --config " DROVER_CONFORMANCE_TESTDATA "/wrong-key.yml");
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.out, HasSubstr("root_pth"));
    EXPECT_THAT(ran.out, HasSubstr("did you mean root_path?"));
    EXPECT_THAT(ran.out, HasSubstr(" 1 failed,"));
}
#endif

TEST(Program, HelpAndListSayWhatThereIs) {
    const Ran help = run("--help");
    EXPECT_EQ(help.code, 0);
    for (const char *word :
         {"--config", "--agent-config", "AGENT_CONFIG_FILE", "--filter", "--json", "--junit", "--html",
          "--array", "--timeout", "--isolated", "--in-process", "Exit status"})
        EXPECT_THAT(help.out, HasSubstr(word));
    EXPECT_THAT(help.out, Not(HasSubstr("--run-one")));
    const Ran list = run("--list --filter '^core.probe$'");
    EXPECT_EQ(list.code, 0);
    EXPECT_EQ(list.out,
              "core.probe  mandatory      Probe answers OK, again and again, and changes nothing.\n");
    const Ran json = run("--list --json");
    EXPECT_EQ(json.code, 0);
    EXPECT_TRUE(boost::json::parse(json.out).is_object());
}

} // namespace
} // namespace drover::conformance
