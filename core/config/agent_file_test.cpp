#include "core/config/agent_file.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace drover {
namespace {

namespace fs = std::filesystem;

class AgentFileChoice : public testing::Test {
protected:
    AgentFileChoice() {
        std::string name = (fs::temp_directory_path() / "drover-agent-file-XXXXXX").string();
        root_ = ::mkdtemp(name.data());
    }
    ~AgentFileChoice() override { fs::remove_all(root_); }

    void write(const fs::path &name, const std::string &text) const {
        fs::create_directories((root_ / name).parent_path());
        std::ofstream(root_ / name) << text;
    }
    [[nodiscard]] AgentFile chosen() const { return choose_agent_file(root_); }
    [[nodiscard]] fs::path ours() const { return root_ / "etc/drover/agent.yml"; }
    [[nodiscard]] fs::path flockers() const { return root_ / "etc/flocker/agent.yml"; }

    fs::path root_;
};

TEST_F(AgentFileChoice, OursWhenThereIsNone) {
    EXPECT_EQ(chosen().file, ours());
    EXPECT_EQ(chosen().why, "");
}

TEST_F(AgentFileChoice, OursBeforeFlockers) {
    write("etc/drover/agent.yml", "# ours\nversion: 1\n");
    write("etc/flocker/agent.yml", "version: 1\n");
    EXPECT_EQ(chosen().file, ours());
    EXPECT_EQ(chosen().why, "");
}

TEST_F(AgentFileChoice, FlockersWhenItIsTheOnlyOne) {
    write("etc/flocker/agent.yml", "version: 1\n");
    EXPECT_EQ(chosen().file, flockers());
    EXPECT_EQ(chosen().why, ours().string() + " does not exist");
}

TEST_F(AgentFileChoice, FlockersWhenOursIsAsThePackageInstalledIt) {
    write("etc/drover/agent.yml", "# nothing yet\n\n  #key: value\r\n\t\n#last");
    EXPECT_EQ(chosen().file, ours());
    write("etc/flocker/agent.yml", "version: 1\n");
    EXPECT_EQ(chosen().file, flockers());
    EXPECT_EQ(chosen().why, ours().string() + " has nothing but comments");
}

TEST_F(AgentFileChoice, OursWhenItIsSomethingElseThanAFile) {
    write("etc/flocker/agent.yml", "version: 1\n");
    fs::create_directories(ours());
    EXPECT_EQ(chosen().file, ours());
    fs::remove(ours());
    fs::create_symlink("nowhere", ours());
    EXPECT_EQ(chosen().file, ours()); // somebody meant a file to be there
}

} // namespace
} // namespace drover
