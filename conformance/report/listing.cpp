#include "conformance/report/listing.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace drover::conformance {

namespace json = boost::json;

std::string list_as_text(std::span<const Case> cases) {
    std::size_t widest = 0;
    for (const Case &each : cases)
        widest = std::max(widest, each.id.size());
    std::string text;
    for (const Case &each : cases) {
        text +=
            fmt::format("{:<{}}  {:<13}  {}\n", each.id, widest, to_string(each.binding), each.description);
    }
    return text;
}

std::string list_as_json(std::span<const Case> cases) {
    json::array rows;
    for (const Case &each : cases) {
        json::object row{{"id", each.id},
                         {"group", each.group()},
                         {"binding", to_string(each.binding)},
                         {"since", each.since},
                         {"description", each.description}};
        json::array extensions;
        for (const std::string_view needed : {each.needs.extension, each.needs.second}) {
            if (!needed.empty())
                extensions.push_back(json::string(needed));
        }
        if (!extensions.empty())
            row["needs"] = std::move(extensions);
        rows.push_back(std::move(row));
    }
    return json::serialize(json::object{{"version", 1}, {"cases", std::move(rows)}}) + "\n";
}

} // namespace drover::conformance
