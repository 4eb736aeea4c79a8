#include "core/store/sqlite_store.hpp"
#include "core/store/store_suite.hpp"
#include "loader/base/unique_fd.hpp"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace drover::store {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class SqlitePlace final : public StorePlace {
public:
    SqlitePlace() {
        std::string pattern = testing::TempDir() + "drover-store-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr)
            throw std::runtime_error("mkdtemp failed");
        folder_ = pattern;
    }
    ~SqlitePlace() override {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    Result<std::unique_ptr<Store>> open() override { return open_sqlite_store(file()); }
    [[nodiscard]] std::filesystem::path file() const { return folder_ / "state" / "state.db"; }
    [[nodiscard]] const std::filesystem::path &folder() const { return folder_; }

private:
    std::filesystem::path folder_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreSuite,
                         testing::Values(StorePlaceFactory{"sqlite",
                                                           [] { return std::make_unique<SqlitePlace>(); }}),
                         [](const auto &instance) { return instance.param.name; });

mode_t mode_of(const std::filesystem::path &path) {
    struct stat info {};
    EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
    return info.st_mode & 07777;
}

std::string content_of(const std::filesystem::path &file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// Runs `sql` on the closed file, as another program would.
void run_sql(const std::filesystem::path &file, const char *sql) {
    sqlite3 *handle = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
    sqlite3_close(handle);
}

TEST(SqliteStoreTest, TheFilesAreForTheOwnerOnly) {
    SqlitePlace place;
    auto store = place.open().value();
    const Write write{.key = "a", .value = "1"};
    ASSERT_TRUE(store->commit({&write, 1}).has_value());
    EXPECT_EQ(mode_of(place.file().parent_path()), 0700U);
    for (const char *suffix : {"", "-wal", "-shm", ".lock"})
        EXPECT_EQ(mode_of(place.file().string() + suffix), 0600U) << suffix;
}

TEST(SqliteStoreTest, AFolderThatOthersMayWriteIsRefused) {
    SqlitePlace place;
    ASSERT_EQ(::mkdir(place.file().parent_path().c_str(), 0700), 0);
    ASSERT_EQ(::chmod(place.file().parent_path().c_str(), 0777), 0);
    auto store = place.open();
    ASSERT_FALSE(store.has_value());
    EXPECT_THAT(store.error().message, AllOf(HasSubstr("0777"), HasSubstr("chmod 0700")));
}

TEST(SqliteStoreTest, ASecondOneOnTheSameStateIsToldWhoHasIt) {
    SqlitePlace place;
    int ready[2];
    int stop[2];
    ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
    ASSERT_EQ(::pipe2(stop, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        ::close(stop[1]);
        auto store = place.open();
        const char answer = store.has_value() ? 'y' : 'n';
        if (::write(ready[1], &answer, 1) != 1)
            ::_exit(2);
        char byte = 0;
        (void)!::read(stop[0], &byte, 1); // until the parent closes its end, also when it dies
        ::_exit(0);
    }
    char answer = 0;
    ASSERT_EQ(::read(ready[0], &answer, 1), 1);
    EXPECT_EQ(answer, 'y');

    auto second = place.open();
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code, Code::conflict);
    EXPECT_THAT(second.error().message, AllOf(HasSubstr("process " + std::to_string(child) + " ("),
                                              HasSubstr(place.file().string()), HasSubstr("stop it first")));
    ::close(stop[1]);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    EXPECT_TRUE(place.open().has_value());
    for (const int fd : {ready[0], ready[1], stop[0]})
        ::close(fd);
}

TEST(SqliteStoreTest, EveryAcknowledgedCommitOutlivesSigkillWhole) {
    SqlitePlace place;
    for (int round = 0; round < 5; ++round) {
        int acks[2];
        ASSERT_EQ(::pipe2(acks, O_CLOEXEC), 0);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            auto store = place.open();
            for (int i = 0; store.has_value(); ++i) {
                const std::string value = std::to_string(round) + "." + std::to_string(i);
                const Write writes[] = {{.key = "left", .value = value}, {.key = "right", .value = value}};
                auto revision = (*store)->commit(writes);
                if (!revision.has_value() || ::write(acks[1], &*revision, sizeof *revision) < 0)
                    break;
            }
            ::_exit(1);
        }
        ::close(acks[1]);
        std::int64_t acknowledged = 0;
        for (int i = 0; i < 7 + 3 * round; ++i) {
            ASSERT_EQ(::read(acks[0], &acknowledged, sizeof acknowledged),
                      static_cast<ssize_t>(sizeof acknowledged));
        }
        ASSERT_EQ(::kill(child, SIGKILL), 0);
        ASSERT_EQ(::waitpid(child, nullptr, 0), child);
        while (::read(acks[0], &acknowledged, sizeof acknowledged) > 0) {
        }
        ::close(acks[0]);

        auto store = place.open();
        ASSERT_TRUE(store.has_value()) << store.error().message;
        const auto left = (*store)->get("left").value().value();
        const auto right = (*store)->get("right").value().value();
        EXPECT_GE((*store)->revision().value(), acknowledged);
        EXPECT_EQ(left.value, right.value);
        EXPECT_EQ(left.revision, right.revision);
        EXPECT_EQ(left.revision, (*store)->revision().value());
    }
}

TEST(SqliteStoreTest, ANewerFormatIsRefusedAndLeftAlone) {
    SqlitePlace place;
    ASSERT_TRUE(place.open().has_value());
    run_sql(place.file(), "PRAGMA user_version = 7");
    const auto before = content_of(place.file());
    auto store = place.open();
    ASSERT_FALSE(store.has_value());
    EXPECT_EQ(store.error().code, Code::unsupported);
    EXPECT_THAT(store.error().message, AllOf(HasSubstr("format 7"), HasSubstr("newer Drover")));
    EXPECT_EQ(content_of(place.file()), before);
}

TEST(SqliteStoreTest, AnotherProgramsDatabaseIsRefusedAndLeftAlone) {
    SqlitePlace place;
    ASSERT_EQ(::mkdir(place.file().parent_path().c_str(), 0700), 0);
    run_sql(place.file(), "CREATE TABLE theirs (x)");
    const auto before = content_of(place.file());
    auto store = place.open();
    ASSERT_FALSE(store.has_value());
    EXPECT_THAT(store.error().message, HasSubstr("some other program"));
    EXPECT_EQ(content_of(place.file()), before);
}

TEST(SqliteStoreTest, GarbageIsRefusedAndLeftAlone) {
    SqlitePlace place;
    ASSERT_EQ(::mkdir(place.file().parent_path().c_str(), 0700), 0);
    const std::string garbage(8192, 'g');
    std::ofstream(place.file(), std::ios::binary) << garbage;
    auto store = place.open();
    ASSERT_FALSE(store.has_value());
    EXPECT_EQ(store.error().code, Code::internal);
    EXPECT_THAT(store.error().message,
                AllOf(HasSubstr("is damaged"), HasSubstr("left as it is"), HasSubstr("backup")));
    EXPECT_EQ(content_of(place.file()), garbage);
}

TEST(SqliteStoreTest, ADamagedPageIsSeenAtTheStart) {
    SqlitePlace place;
    {
        auto store = place.open().value();
        for (int i = 0; i < 200; ++i) {
            const Write write{.key = "key/" + std::to_string(i), .value = std::string(300, 'v')};
            ASSERT_TRUE(store->commit({&write, 1}).has_value());
        }
    }
    {
        std::fstream file(place.file(), std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(4096);
        file << std::string(12288, '\x5a');
    }
    const auto before = content_of(place.file());
    auto store = place.open();
    ASSERT_FALSE(store.has_value());
    EXPECT_THAT(store.error().message, HasSubstr("is damaged"));
    EXPECT_EQ(content_of(place.file()), before);
}

TEST(SqliteStoreTest, AFullDiskSaysSoAndLeavesNothingHalfWritten) {
    if (::geteuid() != 0)
        GTEST_SKIP() << "needs root for a tmpfs of its own";
    SqlitePlace place;
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
    ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    ASSERT_EQ(::mkdir(place.file().parent_path().c_str(), 0700), 0);
    ASSERT_EQ(::mount("tmpfs", place.file().parent_path().c_str(), "tmpfs", 0, "size=512k,mode=0700"), 0);
    {
        auto store = place.open().value();
        std::int64_t last = 0;
        Error error;
        int written = 0;
        for (;; ++written) {
            ASSERT_LT(written, 1000);
            const std::string n = std::to_string(written);
            const std::string value(20000, 'v');
            const Write writes[] = {{.key = "left/" + n, .value = value},
                                    {.key = "right/" + n, .value = value}};
            auto revision = store->commit(writes);
            if (!revision.has_value()) {
                error = revision.error();
                break;
            }
            last = *revision;
        }
        EXPECT_EQ(error.code, Code::no_space) << error.message;
        EXPECT_THAT(error.message, AllOf(HasSubstr("full"), HasSubstr(place.file().string())));
        EXPECT_EQ(store->revision().value(), last);
        EXPECT_EQ(store->list("left/").value().size(), static_cast<std::size_t>(written));
        EXPECT_EQ(store->list("right/").value().size(), static_cast<std::size_t>(written));

        // With room again the same store goes on.
        ASSERT_EQ(::mount("tmpfs", place.file().parent_path().c_str(), "tmpfs", MS_REMOUNT, "size=8m"), 0);
        const Write write{.key = "after", .value = "1"};
        EXPECT_EQ(store->commit({&write, 1}).value_or(-1), last + 1);
    }
    EXPECT_EQ(place.open().value()->list("after").value().size(), 1U);
    ::umount(place.file().parent_path().c_str());
}

} // namespace
} // namespace drover::store
