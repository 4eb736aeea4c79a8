#include "core/cli/manage_text.hpp"

#include "core/cli/json_text.hpp"
#include "core/cli/volume_text.hpp"

#include <fmt/format.h>

namespace drover::cli {
namespace {

std::string known_as(const boost::json::value &row) {
    const auto name = text_of(row, "name");
    if (!name.empty())
        return std::string(name);
    std::string text; // what the driver says of it instead
    if (const auto *attributes = value_of(row, "attributes").if_object(); attributes != nullptr) {
        for (const auto &attribute : *attributes) {
            const auto *value = attribute.value().if_string();
            if (value != nullptr)
                text += (text.empty() ? "" : ", ") + std::string(value->begin(), value->end());
        }
    }
    return text;
}

Cell adoptable(const boost::json::value &row) {
    const auto refused = text_of(row, "refused");
    const auto destroyed = text_of(row, "destroyed");
    if (!refused.empty())
        return {fmt::format("no: {}", refused), Color::bad};
    if (!destroyed.empty())
        return {fmt::format("yes, recovers it: destroyed, {}", destroyed), Color::wait};
    return {"yes", Color::good};
}

} // namespace

Table unmanaged_table(const boost::json::array &rows, Moment now) {
    Table table({{"HANDLE"},
                 {"KNOWN AS"},
                 {"SIZE", Align::right},
                 {"BACKEND"},
                 {"AGE", Align::right},
                 {"NODES"},
                 {"ADOPTABLE"}});
    for (const auto &row : rows) {
        table.add({text_of(row, "handle"), known_as(row), shown_size(row, "bytes"), text_of(row, "backend"),
                   age_of(text_of(row, "created_at"), now), joined_texts(row, "nodes"), adoptable(row)});
    }
    return table;
}

} // namespace drover::cli
