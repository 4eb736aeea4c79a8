// The command line as such: usage, help, exit codes, global options.
#include "core/cli/testing/fake_agent.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drover::cli {
namespace {

using ::testing::AllOf;
using testing::FakeAgent;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::run_on;
using testing::Terminal;

const std::vector<std::vector<std::string>> kCommands = {
    {"volume", "ls"},
    {"volume", "create"},
    {"volume", "inspect"},
    {"volume", "rm"},
    {"volume", "extend"},
    {"volume", "mount"},
    {"volume", "unmount"},
    {"volume", "clone"},
    {"snapshot", "ls"},
    {"snapshot", "rm"},
    {"snapshot", "create"},
    {"snapshot", "inspect"},
    {"snapshot", "revert"},
    {"driver", "ls"},
    {"driver", "inspect"},
    {"driver", "reload"},
    {"driver", "stats"},
    {"node", "fence"},
    {"group", "ls"},
    {"group", "create"},
    {"group", "inspect"},
    {"group", "add"},
    {"group", "remove"},
    {"group", "rm"},
    {"group", "snapshot"},
    {"group", "snapshots"},
    {"group", "snapshot-rm"},
    {"profile", "ls"},
    {"node", "check"},
    {"config", "check"},
    {"config", "show"},
    {"sdk", "new"},
    {"status"},
    {"operation", "ls"},
    {"operation", "wait"},
    {"completion"},
    {"version"},
    {"volume", "retype"},
    {"volume", "qos"},
    {"volume", "unmanaged"},
    {"volume", "adopt"},
    {"volume", "recover"},
    {"volume", "release"},
    {"snapshot", "unmanaged"},
    {"snapshot", "adopt"},
    {"snapshot", "release"},
};

TEST(Cli, HelpsWithEveryCommandAndShowsExamples) {
    for (auto words : kCommands) {
        const auto name = words.size() == 1 ? words[0] : words[0] + " " + words[1];
        words.emplace_back("--help");
        const auto outcome = Terminal().run(words);
        EXPECT_EQ(outcome.exit, Exit::ok) << name;
        EXPECT_THAT(outcome.out, AllOf(HasSubstr("Usage: drover " + name), HasSubstr("Examples:\n  "),
                                       HasSubstr("drover " + name)))
            << name;
        EXPECT_THAT(outcome.err, IsEmpty()) << name;
    }
}

TEST(Cli, DocumentsExitCodesAndGlobalOptions) {
    const auto outcome = Terminal().run({"--help"});
    EXPECT_EQ(outcome.exit, Exit::ok);
    for (const auto *part : {"--socket", "--json", "--quiet", "--no-color", "--timeout", "DROVER_SOCKET",
                             "Exit codes:", "4    the agent cannot be reached"})
        EXPECT_THAT(outcome.out, HasSubstr(part));
}

TEST(Cli, RefusesWrongUsageWithTwo) {
    const std::vector<std::vector<std::string>> wrong = {
        {},
        {"volume"},
        {"nonsense"},
        {"volume", "create"},
        {"volume", "ls", "--nonsense"},
        {"volume", "ls", "extra"},
        {"volume", "create", "v", "--size", "ten"},
        {"volume", "create", "v", "--size", "0"},
        {"volume", "create", "v", "--size", "9E"},
        {"volume", "create", "v", "--fstype", "fat"},
        {"volume", "create", "v", "--uid", "-1"},
        {"volume", "rm", "--keep", "--destroy", "v"},
        {"volume", "extend", "v", "-5g"},
        {"--timeout", "-1", "volume", "ls"},
        {"completion", "tcsh"},
        {"node", "fence", "node-b"},
    };
    for (const auto &arguments : wrong) {
        const auto outcome = Terminal().run(arguments);
        EXPECT_EQ(outcome.exit, Exit::usage) << ::testing::PrintToString(arguments);
        EXPECT_THAT(outcome.out, IsEmpty()) << ::testing::PrintToString(arguments);
        EXPECT_THAT(outcome.err, Not(IsEmpty())) << ::testing::PrintToString(arguments);
    }
}

TEST(Cli, GuessesAMistypedCommand) {
    EXPECT_EQ(Terminal().run({"volumes", "ls"}).err,
              "drover: drover has no command volumes; did you mean volume?\nSee drover --help.\n");
    EXPECT_EQ(
        Terminal().run({"--json", "snapshot", "craete", "v"}).err,
        "drover: drover snapshot has no command craete; did you mean create?\nSee drover snapshot --help.\n");
}

TEST(Cli, ShowsTheHelpOfAGroupWithoutACommand) {
    EXPECT_THAT(Terminal().run({"volume"}).err, AllOf(HasSubstr("Usage: drover volume"), HasSubstr("unmount"),
                                                      Not(HasSubstr("Exit codes:\n"))));
}

TEST(Cli, TellsThatNoAgentListens) {
    const testing::Folder folder;
    const auto outcome =
        Terminal().run({"--socket", (folder.path() / "nobody.sock").native(), "--json", "volume", "ls"});
    EXPECT_EQ(outcome.exit, Exit::no_agent);
    EXPECT_THAT(outcome.err, HasSubstr("nobody.sock"));
    EXPECT_THAT(outcome.out, HasSubstr("\"code\": \"unreachable\""));
}

TEST(Cli, TellsOfAFileThatIsNoSocket) {
    EXPECT_EQ(Terminal().run({"--socket", "/etc/passwd", "volume", "ls"}).exit, Exit::no_agent);
}

TEST(Cli, TakesTheSocketFromTheOptionBeforeTheVariable) {
    FakeAgent agent;
    agent.on("GET /v2/volumes", 200, R"({"volumes":[]})");
    const Terminal terminal{.variables = {{"DROVER_SOCKET", "/nowhere/api.sock"}}};
    EXPECT_EQ(terminal.run({"volume", "ls"}).exit, Exit::no_agent);
    EXPECT_EQ(terminal.run({"volume", "ls", "--socket", agent.socket().native()}).exit, Exit::ok);
    EXPECT_EQ(terminal.run({"--socket=" + agent.socket().native(), "volume", "ls"}).exit, Exit::ok);
}

TEST(Cli, PassesOnWhatTheAgentRefuses) {
    FakeAgent agent;
    agent.on(
        "GET /v2/volumes", 503,
        R"({"error":{"code":"auth","message":"the login was refused","retryable":false,"vendor_code":"E17",)"
        R"("state_unknown":true}})");
    const auto outcome = run_on(agent, {"--json", "volume", "ls"});
    EXPECT_EQ(outcome.exit, Exit::failed);
    EXPECT_EQ(outcome.err,
              "drover: the login was refused (the backend's code: E17); it may have happened all the "
              "same: look before you try again\n");
    EXPECT_THAT(outcome.out, HasSubstr("\"vendor_code\": \"E17\""));
}

TEST(Cli, DoesNotBelieveOddAnswers) {
    FakeAgent agent;
    agent.on("GET /v2/volumes", 200, "<html>");
    agent.on("GET /v2/snapshots", 200, "[1,2]");
    EXPECT_EQ(run_on(agent, {"volume", "ls"}).exit, Exit::failed);
    EXPECT_EQ(run_on(agent, {"snapshot", "ls"}).exit, Exit::failed);
}

TEST(Cli, EndsAtItsTimeout) {
    FakeAgent agent;
    agent.never_answers("GET /v2/volumes");
    const auto outcome = run_on(agent, {"--timeout", "0.05", "volume", "ls"});
    EXPECT_EQ(outcome.exit, Exit::failed);
    EXPECT_THAT(outcome.err, Not(IsEmpty()));
}

TEST(Cli, PaintsOnlyForATerminalThatWantsIt) {
    FakeAgent agent;
    agent.on("GET /v2/volumes", 200, testing::kVolumes);
    Terminal terminal{.out_is_terminal = true, .variables = {{"DROVER_SOCKET", agent.socket().native()}}};
    EXPECT_THAT(terminal.run({"volume", "ls"}).out, HasSubstr("\x1b[31merror\x1b[0m"));
    EXPECT_THAT(terminal.run({"volume", "ls", "--no-color"}).out, Not(HasSubstr("\x1b")));
    terminal.variables["NO_COLOR"] = "1";
    EXPECT_THAT(terminal.run({"volume", "ls"}).out, Not(HasSubstr("\x1b")));
    EXPECT_THAT(run_on(agent, {"volume", "ls"}).out, Not(HasSubstr("\x1b")));
}

TEST(Cli, PrintsItsVersion) {
    EXPECT_THAT(Terminal().run({"version"}).out, HasSubstr("drover 0."));
    EXPECT_THAT(Terminal().run({"--version"}).out, HasSubstr("drover 0."));
    EXPECT_THAT(Terminal().run({"version", "--json"}).out, HasSubstr("\"version\": \"0."));
}

} // namespace
} // namespace drover::cli
