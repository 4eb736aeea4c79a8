#include "core/cli/operation_text.hpp"

#include "core/cli/json_text.hpp"

#include <fmt/format.h>

namespace drover::cli {

Table operation_table(const boost::json::array &operations, Moment now) {
    Table table({{"ID"},
                 {"KIND"},
                 {"VOLUME"},
                 {"STATE"},
                 {"BEGUN", Align::right},
                 {"TOOK", Align::right},
                 {"REMARK"}});
    for (const auto &operation : operations) {
        const auto &error = value_of(operation, "error");
        const bool is_done = flag_of(operation, "done");
        const std::string state = !is_done ? "running" : error.is_null() ? "done" : "failed";
        const auto begun = parse_moment(text_of(operation, "started_at"));
        const auto ended = parse_moment(text_of(operation, "ended_at"));
        std::string remark(error.is_null() ? text_of(operation, "stage") : text_of(error, "message"));
        if (const auto permille = number_of(operation, "permille"); !is_done && permille > 0) {
            remark += fmt::format("{}{}.{} %", remark.empty() ? "" : ", ", permille / 10, permille % 10);
        } else if (is_done && error.is_null()) {
            remark.clear();
        }
        table.add({text_of(operation, "id"), text_of(operation, "kind"), text_of(operation, "volume"),
                   Cell(state, color_of(state)), age_of(text_of(operation, "started_at"), now),
                   begun && ended ? format_duration(*begun, *ended) : "", remark});
    }
    return table;
}

} // namespace drover::cli
