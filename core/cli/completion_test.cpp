#include "core/cli/testing/fake_agent.hpp"
#include "loader/testing/driver_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <set>

namespace drover::cli {
namespace {

using ::testing::AllOf;
using testing::FakeAgent;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::run_on;
using testing::Terminal;

std::string completed(std::vector<std::string> words) {
    words.insert(words.begin(), "__complete");
    return Terminal{.variables = {{"DROVER_SOCKET", "/nowhere/api.sock"}}}.run(words).out;
}

TEST(Completion, KnowsCommandsOptionsAndValues) {
    EXPECT_EQ(completed({"vo"}), "volume\n");
    EXPECT_EQ(completed({"snapshot", ""}), "adopt\ncreate\ninspect\nls\nrelease\nrevert\nrm\nunmanaged\n");
    EXPECT_EQ(completed({"--json", "driver", "l"}), "ls\n");
    EXPECT_EQ(completed({"volume", "rm", "--k"}), "--keep\n");
    EXPECT_THAT(completed({"volume", "ls", "--"}), AllOf(HasSubstr("--backend\n"), HasSubstr("--json\n")));
    EXPECT_EQ(completed({"volume", "create", "v", "--fstype", ""}), "ext4\nxfs\n");
    EXPECT_EQ(completed({"config", "check", ""}), ":files\n");
    EXPECT_EQ(completed({"--socket", ""}), ":files\n");
    EXPECT_EQ(completed({"completion", "z"}), "zsh\n");
    EXPECT_EQ(completed({"sdk", ""}), "new\n");
    EXPECT_EQ(completed({"sdk", "new", "acme", "--lang", ""}), "c\ncpp\n");
    EXPECT_EQ(completed({"sdk", "new", "acme", "--directory", ""}), ":files\n");
    EXPECT_EQ(completed({"sdk", "new", ""}), "");
}

TEST(Completion, FindsDriversInAFolderAndByPath) {
    const drover::testing::DriverFolder drivers;
    drivers.write("acme", "not looked into");
    drivers.write("aardvark", "");
    const auto folder = drivers.path().native();
    EXPECT_EQ(completed({"config", "example", "--driver-dir", folder, "a"}), "aardvark\nacme\n");
    EXPECT_EQ(completed({"driver", "inspect", "--driver-dir=" + folder, "ac"}), "acme\n");
    EXPECT_EQ(completed({"driver", "inspect", "./build/a"}), ":files\n");
    EXPECT_EQ(completed({"config", ""}), "check\nexample\nschema\nshow\n");
    EXPECT_EQ(completed({"config", "schema", "--driver-dir", ""}), ":files\n");
}

TEST(Completion, IsSilentWithoutAnAgent) {
    EXPECT_THAT(completed({"volume", "inspect", ""}), IsEmpty());
    EXPECT_THAT(completed({"nonsense", ""}), Not(HasSubstr("error")));
    EXPECT_THAT(completed({"volume", "inspect", "a", "b", ""}), IsEmpty());
}

TEST(Completion, AsksTheAgentForNames) {
    FakeAgent agent;
    agent.on("GET /v2/unmanaged", 200, R"({"unmanaged":[{"handle":"8A01"}]})");
    agent.on("GET /v2/volumes/data/unmanaged-snapshots", 200, R"({"unmanaged":[{"handle":"8A02"}]})");
    agent.on("GET /v2/volumes", 200, testing::kVolumes);
    agent.on("GET /v2/volumes/data/snapshots", 200, testing::kSnapshots);
    agent.on("GET /v2/drivers", 200, R"({"drivers":[{"backend":"gold","driver":"acme"}]})");
    EXPECT_EQ(run_on(agent, {"__complete", "volume", "inspect", ""}).out, "broken-volume\ndata\n");
    EXPECT_EQ(run_on(agent, {"__complete", "volume", "rm", "broken-volume", "d"}).out, "data\n");
    EXPECT_EQ(run_on(agent, {"__complete", "snapshot", "rm", "data", ""}).out, "monday\n");
    EXPECT_EQ(run_on(agent, {"__complete", "volume", "clone", "data", "--snapshot", ""}).out, "monday\n");
    EXPECT_EQ(run_on(agent, {"__complete", "volume", "adopt", ""}).out, "8A01\n");
    EXPECT_EQ(run_on(agent, {"__complete", "snapshot", "adopt", "data", ""}).out, "8A02\n");
    EXPECT_EQ(run_on(agent, {"__complete", "volume", "ls", "--backend", "g"}).out, "gold\n");
    EXPECT_EQ(run_on(agent, {"__complete", "driver", "reload", ""}).out, "gold\n");
    EXPECT_EQ(
        Terminal().run({"__complete", "--socket", agent.socket().native(), "volume", "inspect", "d"}).out,
        "data\n");
}

TEST(Completion, KnowsGroupsAndTheirSnapshots) {
    EXPECT_EQ(completed({"group", ""}),
              "add\ncreate\ninspect\nls\nremove\nrm\nsnapshot\nsnapshot-rm\nsnapshots\n");
    EXPECT_THAT(completed({"group", "rm", "--i"}), "--if-exists\n");
    FakeAgent agent;
    agent.on("GET /v2/groups", 200, R"({"groups":[{"name":"shop"},{"name":"bank"}]})");
    agent.on("GET /v2/groups/shop/snapshots", 200,
             R"({"group_snapshots":[{"name":"tuesday"},{"name":"monday"}]})");
    agent.on("GET /v2/groups/none/snapshots", 404,
             R"({"error":{"code":"not-found","message":"no such group: none","retryable":false}})");
    agent.on("GET /v2/volumes", 200, testing::kVolumes);
    agent.on("GET /v2/drivers", 200, R"({"drivers":[{"backend":"gold","driver":"acme"}]})");
    for (const char *command : {"inspect", "add", "remove", "rm", "snapshot", "snapshots", "snapshot-rm"})
        EXPECT_EQ(run_on(agent, {"__complete", "group", command, ""}).out, "bank\nshop\n") << command;
    EXPECT_EQ(run_on(agent, {"__complete", "group", "inspect", "s"}).out, "shop\n");
    for (const char *command : {"add", "remove", "create"}) {
        EXPECT_EQ(run_on(agent, {"__complete", "group", command, "shop", ""}).out, "broken-volume\ndata\n")
            << command;
        EXPECT_EQ(run_on(agent, {"__complete", "group", command, "shop", "data", "b"}).out,
                  "broken-volume\n");
    }
    EXPECT_EQ(run_on(agent, {"__complete", "group", "create", ""}).out, "") << "its name is new";
    EXPECT_EQ(run_on(agent, {"__complete", "group", "create", "x", "--backend", ""}).out, "gold\n");
    EXPECT_EQ(run_on(agent, {"__complete", "group", "snapshot", "shop", ""}).out, "") << "its name is new";
    EXPECT_EQ(run_on(agent, {"__complete", "group", "snapshot-rm", "shop", ""}).out, "monday\ntuesday\n");
    EXPECT_EQ(run_on(agent, {"__complete", "group", "snapshot-rm", "none", ""}).out, "");
}

// The script in a real bash, with the real program.
TEST(Completion, WorksInBash) {
    FakeAgent agent;
    agent.on("GET /v2/volumes", 200, testing::kVolumes);
    const testing::Folder folder;
    const auto file = folder.path() / "try.bash";
    std::ofstream(file) << "source <('" << DROVER_PROGRAM << "' completion bash)\n"
                        << "COMP_WORDS=('" << DROVER_PROGRAM << "' volume inspect '')\n"
                        << "COMP_CWORD=3\n"
                        << "_drover '" << DROVER_PROGRAM << "' '' inspect\n"
                        << "echo \"${COMPREPLY[*]}\"\n";
    const auto command = "DROVER_SOCKET=" + agent.socket().native() + " bash " + file.native() + " 2>&1";
    std::FILE *pipe = ::popen(command.c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    std::array<char, 4096> output{};
    const auto length = std::fread(output.data(), 1, output.size(), pipe);
    EXPECT_EQ(::pclose(pipe), 0);
    EXPECT_EQ(std::string(output.data(), length), "broken-volume data\n");
}

TEST(Completion, HasAScriptForEachShell) {
    EXPECT_THAT(Terminal().run({"completion", "bash"}).out, HasSubstr("complete -F _drover drover"));
    EXPECT_THAT(Terminal().run({"completion", "zsh"}).out, HasSubstr("#compdef drover"));
    EXPECT_THAT(Terminal().run({"completion", "fish"}).out, HasSubstr("complete -c drover"));
}

} // namespace
} // namespace drover::cli
