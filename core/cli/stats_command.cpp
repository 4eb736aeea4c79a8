// drover driver stats.
#include "core/cli/commands.hpp"
#include "core/cli/json_text.hpp"
#include "core/config/size.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace drover::cli {
namespace {

struct StatsOptions {
    std::string backend;
};

// Nothing for what the backend does not count.
std::string size_of(const boost::json::value &pool, std::string_view key) {
    return value_of(pool, key).is_null() ? "" : format_size(number_of(pool, key));
}

std::string share_of(const boost::json::value &pool, std::string_view key) {
    const auto total = number_of(pool, "total_bytes");
    if (total == 0 || value_of(pool, key).is_null())
        return "";
    return fmt::format("{:.0f}%",
                       100.0 * static_cast<double>(number_of(pool, key)) / static_cast<double>(total));
}

// Logical to physical, as arrays say it: "4.0:1".
std::string reduction_of(const boost::json::value &pool) {
    const auto permille = number_of(pool, "saved_permille");
    return permille == 0 ? "" : fmt::format("{:.1f}:1", 1000.0 / static_cast<double>(permille));
}

// The named backend, or all that have statistics.
std::vector<std::string> backends_to_ask(Context &context, const StatsOptions &options) {
    if (!options.backend.empty())
        return {options.backend};
    std::vector<std::string> names;
    const auto answer = context.agent().get("/v2/drivers");
    for (const auto &backend : list_of(answer, "drivers")) {
        const auto *extensions = value_of(backend, "extensions").if_array();
        if (extensions != nullptr && std::ranges::any_of(*extensions, [](const auto &extension) {
                return extension.is_string() && extension.get_string() == "drv.stats/1";
            }))
            names.emplace_back(text_of(backend, "backend"));
    }
    return names;
}

Exit stats(Context &context, const StatsOptions &options) {
    boost::json::array rows;
    Table table({{"BACKEND"},
                 {"POOL"},
                 {"CAPACITY", Align::right},
                 {"USED", Align::right},
                 {"%", Align::right},
                 {"PROVISIONED", Align::right},
                 {"%", Align::right},
                 {"REDUCTION", Align::right}});
    bool is_empty = true;
    const auto backends = backends_to_ask(context, options);
    for (const auto &backend : backends) {
        const auto answer = context.agent().get(path("/v2/drivers", {backend}) + "/stats");
        for (const auto &pool : list_of(answer, "pools")) {
            is_empty = false;
            if (context.quiet())
                context.out() << printable(text_of(pool, "pool")) << '\n';
            table.add({backend, text_of(pool, "pool"), size_of(pool, "total_bytes"),
                       size_of(pool, "used_bytes"), share_of(pool, "used_bytes"),
                       size_of(pool, "provisioned_bytes"), share_of(pool, "provisioned_bytes"),
                       reduction_of(pool)});
        }
        rows.push_back(boost::json::object{{"backend", backend}, {"pools", list_of(answer, "pools")}});
    }
    if (context.json()) {
        context.print_json(boost::json::object{{"backends", rows}});
    } else if (backends.empty()) {
        context.report("No backend that is open has statistics.");
    } else if (is_empty) {
        context.report("There are no pools.");
    } else if (!context.quiet()) {
        context.print(table);
    }
    return Exit::ok;
}

} // namespace

void add_stats_command(CLI::App &driver, Action &chosen) {
    add_command<StatsOptions>(
        driver, chosen, "stats", "Capacity, use and data reduction of the pools of backends",
        "  drover driver stats\n"
        "  drover driver stats gold\n"
        "  drover --json driver stats | jq '.backends[].pools[].used_bytes'\n\n"
        "Asked of the array now. USED is what is taken of the capacity after reduction, PROVISIONED what "
        "the\n"
        "volumes have been promised: more than 100% is more than there is. REDUCTION is logical to "
        "physical.\n"
        "Without a backend, those of every backend whose driver has statistics.",
        [](CLI::App &command, StatsOptions &options) {
            command.add_option("backend", options.backend, "Only of this backend")->type_name("BACKEND");
        },
        stats);
}

} // namespace drover::cli
