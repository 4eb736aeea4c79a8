// The sink of an extension that emits rows of its own kind: statistics, groups. As those of sinks.hpp, for
// any row that has a copy_... in records.hpp.
#pragma once

#include "loader/driver_text.hpp"
#include "loader/fenced.hpp"
#include "loader/sinks.hpp"

#include <fmt/format.h>

#include <mutex>
#include <string_view>
#include <vector>

namespace drover {

// `Table` is the ABI's sink with emit and next_page; `kCopy` makes a `Row` of what emit gets.
template <typename Table, typename Emitted, typename Row, RecordProblem (*kCopy)(const Emitted *, Row &)>
class RowsSink {
public:
    // More rows than `most` are a driver bug.
    explicit RowsSink(std::size_t most) noexcept : most_(most) {
        table_ = {.struct_size = sizeof table_,
                  .reserved = 0,
                  .data = this,
                  .emit = &RowsSink::on_emit,
                  .next_page = &RowsSink::on_next_page};
    }
    RowsSink(const RowsSink &) = delete;
    RowsSink &operator=(const RowsSink &) = delete;
    [[nodiscard]] const Table *get() const noexcept { return &table_; }

    // After the op: its rows.
    Result<std::vector<Row>> take(CallBridge &call, drv_status returned) {
        if (bug_)
            return fail(driver_bug(call.op(), *bug_));
        if (auto result = call.result(returned); !result)
            return fail(std::move(result).error());
        return std::move(rows_);
    }
    // After an op that emits one row, once: the row, which must carry this id.
    Result<Row> take_one(CallBridge &call, drv_status returned, std::string_view id) {
        auto rows = take(call, returned);
        if (!rows)
            return fail(std::move(rows).error());
        if (rows->empty())
            return fail(driver_bug(call.op(), "answered OK without emitting anything"));
        if (rows->front().id != id) {
            return fail(driver_bug(
                call.op(), fmt::format("was asked about \"{}\" and emitted \"{}\"", one_line(id, kMaxIdBytes),
                                       one_line(std::string_view(rows->front().id), kMaxIdBytes))));
        }
        return std::move(rows->front());
    }

private:
    static drv_status on_emit(void *data, const Emitted *row) noexcept {
        auto &self = *static_cast<RowsSink *>(data);
        const std::lock_guard lock(self.mutex_);
        return fenced(self.bug_, [&]() -> drv_status {
            if (self.bug_)
                return DRV_E_INTERNAL;
            Row copy;
            if (self.rows_.size() >= self.most_) {
                self.bug_ = fmt::format("emitted more than {} rows", self.most_);
            } else if (auto problem = kCopy(row, copy)) {
                self.bug_ = "emitted " + *problem;
            } else {
                self.rows_.push_back(std::move(copy));
            }
            return self.bug_ ? DRV_E_INTERNAL : DRV_OK;
        });
    }
    static drv_status on_next_page(void *data, drv_str /*token*/) noexcept {
        auto &self = *static_cast<RowsSink *>(data);
        const std::lock_guard lock(self.mutex_);
        return fenced(self.bug_, [&]() -> drv_status {
            self.bug_ = "gave a page token, but is no listing";
            return DRV_E_INTERNAL;
        });
    }

    Table table_{};
    std::size_t most_;
    std::mutex mutex_;
    std::vector<Row> rows_;
    RecordProblem bug_;
};

using PoolStatsSink = RowsSink<drv_stats_sink, drv_stats, BackendStats, copy_stats>;
using GroupSink = RowsSink<drv_group_sink, drv_group, BackendGroup, copy_group>;

} // namespace drover
