// What is read, what is refused before YAML is even looked at, and what of a line may be shown.
#include "core/config/source_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sys/stat.h>

namespace drover {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class SourceFileTest : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "drover-config-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    void TearDown() override { fs::remove_all(folder_); }

    fs::path write(std::string_view text, mode_t mode = 0600) {
        auto path = folder_ / "agent.yml";
        std::ofstream(path, std::ios::binary) << text;
        ::chmod(path.c_str(), mode);
        return path;
    }
    static std::string error_of(const fs::path &path) {
        const auto config = load_agent_config(path);
        return config ? "" : render_with_source(config.error());
    }

    fs::path folder_;
};

constexpr std::string_view kMinimal = "version: 1\ndataset: {backend: loopback}\n";

TEST_F(SourceFileTest, ReadsAPlainFile) {
    const auto config = load_agent_config(write(kMinimal));
    ASSERT_TRUE(config) << render(config.error());
    EXPECT_FALSE(config->backends.front().source->others_can_read);
    EXPECT_TRUE(load_agent_config(write(kMinimal, 0644))->backends.front().source->others_can_read);
}

TEST_F(SourceFileTest, NamesWhatIsNoFile) {
    const auto missing = (folder_ / "none.yml").string();
    EXPECT_EQ(error_of(missing), missing + ": error: cannot be opened: No such file or directory; write one "
                                           "(agent.yml.example shows every key) or name another file\n");
    EXPECT_EQ(error_of(folder_), folder_.string() + ": error: is a folder; expected a regular file\n");
    const auto pipe = folder_ / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_EQ(error_of(pipe), pipe.string() + ": error: is a pipe; expected a regular file\n");
    EXPECT_EQ(error_of("/dev/zero"), "/dev/zero: error: is a device; expected a regular file\n");
}

TEST_F(SourceFileTest, RefusesMoreThanAMebibyte) {
    std::string text(kMinimal);
    text.append(kMaxConfigBytes - text.size(), '\n');
    EXPECT_EQ(error_of(write(text)), "");
    text += '\n';
    const auto path = write(text);
    EXPECT_EQ(error_of(path),
              path.string() + ": error: is 1048577 bytes long; a configuration file has at most 1 MiB\n");
}

TEST_F(SourceFileTest, RefusesOtherEncodings) {
    EXPECT_EQ(
        render(parse_agent_config("version: 1\n# caf\xE9 hunter2\n").error()),
        "agent.yml:2:6: error: byte 0xE9; expected UTF-8 text (the file may be in an older encoding such as "
        "Latin-1)\n");
    EXPECT_EQ(render(parse_agent_config("\xFF\xFEv\0", "a.yml").error()),
              "a.yml: error: is UTF-16 text; save it as UTF-8\n");
    EXPECT_EQ(render(parse_agent_config(std::string_view("version\0: 1", 11)).error()),
              "agent.yml:1:8: error: a NUL byte; expected UTF-8 text\n");
}

TEST_F(SourceFileTest, TakesAByteOrderMarkAndCarriageReturns) {
    const auto config = parse_agent_config("\xEF\xBB\xBFversion: 1\r\ndataset:\r\n  backend: loopback\r\n");
    ASSERT_TRUE(config) << render(config.error());
    EXPECT_EQ(config->default_backend, "loopback");
}

TEST(BlotLines, ShowsOurOwnValuesOnly) {
    EXPECT_THAT(blot_lines("version: 1\n"
                           "dataset:\n"
                           "  backend: loopback\n"
                           "  hostname: array\n" // ours elsewhere, a driver's here
                           "  password: hunter2\n"
                           "  key: |\n"
                           "    hunter2\n"
                           "    a: hunter2\n"
                           "control-service:\n"
                           "  hostname: control\n"
                           "docker: {password: hunter2}\n"
                           "  names: [drover]\n"
                           "  remove: keep # hunter2\n"
                           "  - driver: x\n"
                           "hunter2\n"
                           "# hunter2\n"
                           "agent:hunter2\n"),
                ElementsAre("version: 1", "dataset:", "  backend: loopback", "  hostname: ...",
                            "  password: ...", "  key: ...", "", "    a: ...",
                            "control-service:", "  hostname: control", "docker: ...", "  names: ...",
                            "  remove: ...", "  - driver: x", "", "", ""));
}

} // namespace
} // namespace drover
