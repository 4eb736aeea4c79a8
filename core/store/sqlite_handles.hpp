// SQLite's handles as C++ values, and its codes as our errors. Knows nothing of our tables.
#pragma once

#include "loader/base/error.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace drover::store {

class Database {
public:
    // Not locked against threads: the owner does that.
    static Result<Database> open(const std::filesystem::path &file);

    // For statements without rows, or whose rows do not matter.
    Result<void> run(const char *sql);
    // The first column of the first row.
    Result<std::int64_t> number(const char *sql) const;
    Result<std::string> text(const char *sql) const;

    // The failure `code` of what was being done, in words, with what to do about it.
    [[nodiscard]] tl::unexpected<Error> failure(int code, std::string_view doing) const;
    // False once SQLite has ended the transaction by itself, as it may on a full disk.
    [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }
    [[nodiscard]] sqlite3 *get() const { return handle_.get(); }

private:
    struct Close {
        void operator()(sqlite3 *handle) const { sqlite3_close_v2(handle); }
    };
    std::filesystem::path file_;
    std::unique_ptr<sqlite3, Close> handle_;
};

// A prepared statement that is kept. Bound text must live until the next reset.
class Statement {
public:
    Statement() = default;
    static Result<Statement> prepare(const Database &database, const char *sql);

    void bind(int index, std::int64_t value);
    void bind_bytes(int index, std::string_view value);
    // SQLITE_ROW, SQLITE_DONE or an error code.
    int step() { return sqlite3_step(handle_.get()); }
    void reset();
    [[nodiscard]] std::int64_t number(int column) const {
        return sqlite3_column_int64(handle_.get(), column);
    }
    [[nodiscard]] std::string bytes(int column) const;

private:
    struct Finalize {
        void operator()(sqlite3_stmt *handle) const { sqlite3_finalize(handle); }
    };
    std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

// Resets on leaving the scope: an open read would keep the WAL from being folded back.
class ScopedReset {
public:
    explicit ScopedReset(Statement &statement) : statement_(statement) {}
    ~ScopedReset() { statement_.reset(); }
    ScopedReset(const ScopedReset &) = delete;
    ScopedReset &operator=(const ScopedReset &) = delete;

private:
    Statement &statement_;
};

} // namespace drover::store
