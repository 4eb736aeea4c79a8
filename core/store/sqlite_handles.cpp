#include "core/store/sqlite_handles.hpp"

#include <fmt/format.h>

namespace drover::store {

Result<Database> Database::open(const std::filesystem::path &file) {
    Database database;
    database.file_ = file;
    sqlite3 *handle = nullptr;
    const int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW;
    // NOFOLLOW refuses symlinks anywhere in the path, so it gets the path without them; the file itself was
    // opened with O_NOFOLLOW before.
    std::error_code ignored;
    const auto folder = std::filesystem::canonical(file.parent_path(), ignored);
    const auto name = ignored ? file : folder / file.filename();
    const int code = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
    database.handle_.reset(handle);
    if (code != SQLITE_OK)
        return database.failure(code, "opening");
    return database;
}

Result<void> Database::run(const char *sql) {
    const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK)
        return failure(code, sql);
    return {};
}

Result<std::int64_t> Database::number(const char *sql) const {
    auto statement = Statement::prepare(*this, sql);
    if (!statement)
        return fail(std::move(statement).error());
    const int code = statement->step();
    if (code == SQLITE_ROW)
        return statement->number(0);
    if (code == SQLITE_DONE) {
        return fail(Code::internal,
                    fmt::format("the state file {}: no answer to \"{}\"", file_.string(), sql));
    }
    return failure(code, sql);
}

Result<std::string> Database::text(const char *sql) const {
    auto statement = Statement::prepare(*this, sql);
    if (!statement)
        return fail(std::move(statement).error());
    const int code = statement->step();
    if (code == SQLITE_ROW)
        return statement->bytes(0);
    if (code == SQLITE_DONE)
        return std::string();
    return failure(code, sql);
}

tl::unexpected<Error> Database::failure(int code, std::string_view doing) const {
    const std::string_view why = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
    const std::string file = file_.string();
    switch (code & 0xff) {
    case SQLITE_FULL:
        return fail_retryable(
            Code::no_space,
            fmt::format("the state file {} cannot grow, its disk is full: nothing was written; free "
                        "space in {}",
                        file, file_.parent_path().string()));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return fail(
            Code::internal,
            fmt::format(
                "the state file {} is damaged ({}) and was left as it is: restore it from a backup, or "
                "move it and its -wal and -shm files away to begin with an empty state",
                file, why));
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
        return fail(Code::auth,
                    fmt::format("the state file {} cannot be opened for writing ({}): check the owner and "
                                "mode of the file and its folder, and that its disk is not read-only",
                                file, why));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fail_retryable(Code::conflict,
                              fmt::format("the state file {} is locked by another program ({}): close "
                                          "what has it open",
                                          file, why));
    case SQLITE_IOERR:
        return fail(Error{
            .code = Code::unreachable,
            .message = fmt::format("the state file {}: {} failed ({}): check its disk", file, doing, why),
            .state_unknown = true});
    default:
        return fail(Code::internal, fmt::format("the state file {}: {} failed ({})", file, doing, why));
    }
}

Result<Statement> Statement::prepare(const Database &database, const char *sql) {
    sqlite3_stmt *handle = nullptr;
    const int code = sqlite3_prepare_v3(database.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
    if (code != SQLITE_OK)
        return database.failure(code, sql);
    Statement statement;
    statement.handle_.reset(handle);
    return statement;
}

// A failed bind (too large, no memory) shows at the step, which then fails with a NULL in a NOT NULL column.
void Statement::bind(int index, std::int64_t value) {
    sqlite3_bind_int64(handle_.get(), index, value);
}

void Statement::bind_bytes(int index, std::string_view value) {
    // A null pointer would bind NULL instead of nothing.
    sqlite3_bind_blob64(handle_.get(), index, value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC);
}

void Statement::reset() {
    sqlite3_reset(handle_.get());
    sqlite3_clear_bindings(handle_.get());
}

std::string Statement::bytes(int column) const {
    const void *data = sqlite3_column_blob(handle_.get(), column);
    const int size = sqlite3_column_bytes(handle_.get(), column);
    if (data == nullptr || size <= 0)
        return {};
    return {static_cast<const char *>(data), static_cast<std::size_t>(size)};
}

} // namespace drover::store
