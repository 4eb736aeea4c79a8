#include "core/http/socket_file.hpp"
#include "core/http/testing/temp_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sys/socket.h>
#include <sys/un.h>

namespace drover::http {
namespace {

namespace fs = std::filesystem;
using testing::TempFolder;

unsigned mode_of(const fs::path &path) {
    struct stat found {};
    return ::lstat(path.c_str(), &found) == 0 ? found.st_mode & 07777U : 0;
}

TEST(SocketFile, has_its_mode_and_open_folders_whatever_the_umask) {
    const TempFolder folder;
    const auto path = folder.path() / "docker" / "plugins" / "a.sock";
    const mode_t before = ::umask(0177);
    const auto file = SocketFile::listen(path, 0600);
    ::umask(before);
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(mode_of(path), 0600U);
    EXPECT_EQ(mode_of(folder.path() / "docker"), 0755U);
    EXPECT_EQ(mode_of(folder.path() / "docker" / "plugins"), 0755U);

    ::umask(0);
    const auto open = SocketFile::listen(folder.path() / "b.sock", 0600);
    ::umask(before);
    ASSERT_TRUE(open);
    EXPECT_EQ(mode_of(folder.path() / "b.sock"), 0600U);
}

TEST(SocketFile, leaves_the_mode_of_folders_that_exist) {
    const TempFolder folder; // 0700
    ASSERT_TRUE(SocketFile::listen(folder.path() / "a.sock", 0600));
    EXPECT_EQ(mode_of(folder.path()), 0700U);
}

TEST(SocketFile, replaces_one_that_nobody_listens_on) {
    const TempFolder folder;
    const auto path = folder.path() / "a.sock";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(address.sun_path, sizeof address.sun_path - 1);
    {
        const UniqueFd dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        ASSERT_EQ(::bind(dead.get(), reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
    }
    ASSERT_TRUE(fs::exists(path));
    const auto file = SocketFile::listen(path, 0600);
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_TRUE(connect_to_socket(path));
}

TEST(SocketFile, refuses_beside_a_live_one) {
    const TempFolder folder;
    const auto path = folder.path() / "a.sock";
    const auto first = SocketFile::listen(path, 0600);
    ASSERT_TRUE(first);
    const auto second = SocketFile::listen(path, 0600);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Code::conflict);
    EXPECT_EQ(second.error().message,
              "another process listens on " + path.native() + ": stop it, or choose another path");
    EXPECT_TRUE(connect_to_socket(path));
}

TEST(SocketFile, refuses_a_name_that_something_else_has) {
    const TempFolder folder;
    const auto path = folder.path() / "a.sock";
    std::ofstream(path) << "data";
    const auto file = SocketFile::listen(path, 0600);
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, Code::conflict);
    EXPECT_EQ(file.error().message,
              path.native() + " exists and is no socket: move it away, or choose another path");
    EXPECT_EQ(fs::file_size(path), 4U);
}

TEST(SocketFile, refuses_a_path_that_no_socket_can_have) {
    const auto file = SocketFile::listen("/tmp/" + std::string(120, 'a'), 0600);
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, Code::invalid);
}

TEST(SocketFile, takes_away_its_own_file_and_no_other) {
    const TempFolder folder;
    const auto path = folder.path() / "a.sock";
    {
        const auto file = SocketFile::listen(path, 0600);
        ASSERT_TRUE(file);
    }
    EXPECT_FALSE(fs::exists(path));

    auto old = SocketFile::listen(path, 0600);
    ASSERT_TRUE(old);
    const auto keeps_the_inode = folder.path() / "old.sock";
    fs::rename(path, keeps_the_inode);
    const auto successor = SocketFile::listen(path, 0600);
    ASSERT_TRUE(successor);
    old->unlink();
    EXPECT_TRUE(fs::exists(path));
}

TEST(SocketFile, tells_nobody_there_from_no_such_file) {
    const TempFolder folder;
    EXPECT_EQ(connect_to_socket(folder.path() / "none").error().code, Code::not_found);
}

} // namespace
} // namespace drover::http
