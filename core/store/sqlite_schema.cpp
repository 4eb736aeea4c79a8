#include "core/store/sqlite_schema.hpp"

#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>

namespace drover::store {
namespace {

constexpr std::int64_t kSchemaVersion = 1;
constexpr std::int64_t kApplicationId = 0x44726f76; // "Drov"

} // namespace

Result<void> make_state_file(const std::filesystem::path &file) {
    const UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd)
        return fail_errno(errno, fmt::format("opening the state file {}", file.string()));
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0)
        return fail_errno(errno, fmt::format("looking at the state file {}", file.string()));
    if (!S_ISREG(info.st_mode))
        return fail(Code::invalid, fmt::format("the state file {} is no regular file", file.string()));
    if ((info.st_mode & 07777) != 0600 && ::fchmod(fd.get(), 0600) != 0)
        return fail_errno(errno, fmt::format("setting the mode of the state file {}", file.string()));
    return {};
}

Result<void> prepare_schema(Database &database, const std::filesystem::path &file) {
    auto version = database.number("PRAGMA user_version");
    if (!version)
        return fail(std::move(version).error());
    auto application = database.number("PRAGMA application_id");
    if (!application)
        return fail(std::move(application).error());
    auto tables = database.number("SELECT count(*) FROM sqlite_schema");
    if (!tables)
        return fail(std::move(tables).error());
    if (*tables > 0 && *application != kApplicationId) {
        return fail(
            Code::invalid,
            fmt::format("{} is a database of some other program, not a Drover state: name another file",
                        file.string()));
    }
    if (*version > kSchemaVersion) {
        return fail(Code::unsupported,
                    fmt::format("the state file {} has format {}, and this Drover knows formats up to "
                                "{}: run the newer Drover that wrote it",
                                file.string(), *version, kSchemaVersion));
    }
    // A cache of half a MiB: the entries that matter are in the memory of those who asked for them.
    for (const char *sql : {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL",
                            "PRAGMA cache_size = -512", "PRAGMA journal_size_limit = 4194304",
                            "PRAGMA wal_autocheckpoint = 128", "PRAGMA busy_timeout = 5000"}) {
        if (auto done = database.run(sql); !done)
            return done;
    }
    auto mode = database.text("PRAGMA journal_mode");
    if (!mode)
        return fail(std::move(mode).error());
    if (*mode != "wal") {
        return fail(Code::unsupported,
                    fmt::format("the state file {} cannot be kept in WAL mode (it is in \"{}\"): put "
                                "it on a local filesystem",
                                file.string(), *mode));
    }
    if (*version == 0) {
        const auto schema =
            fmt::format("BEGIN IMMEDIATE;"
                        "CREATE TABLE entry (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL, "
                        "revision INTEGER NOT NULL) WITHOUT ROWID;"
                        "CREATE TABLE counter (revision INTEGER NOT NULL);"
                        "INSERT INTO counter (revision) VALUES (0);"
                        "PRAGMA application_id = {};"
                        "PRAGMA user_version = {};"
                        "COMMIT",
                        kApplicationId, kSchemaVersion);
        return database.run(schema.c_str());
    }
    auto verdict = database.text("PRAGMA quick_check(1)");
    if (!verdict)
        return fail(std::move(verdict).error());
    if (*verdict != "ok")
        return database.failure(SQLITE_CORRUPT, *verdict);
    return {};
}

} // namespace drover::store
