#include "conformance/simulators/flasharray/listing.hpp"

#include "conformance/simulators/flasharray/row_filter.hpp"

#include <charconv>

namespace drover::sim::flasharray {

namespace {

namespace json = boost::json;

// Tokens: how many rows came before, or behind which name to go on.
constexpr std::string_view kRows = "rows:";
constexpr std::string_view kName = "name:";

[[noreturn]] void refuse_token() {
    refuse("token", "Invalid value for parameter 'token'.");
}

std::size_t rows_before(const Ask &ask) {
    const auto token = ask.parameters.text("token");
    if (!token || token->empty())
        return 0;
    std::size_t before = 0;
    const char *last = token->data() + token->size();
    if (!token->starts_with(kRows))
        refuse_token();
    const auto read = std::from_chars(token->data() + kRows.size(), last, before);
    if (read.ec != std::errc() || read.ptr != last)
        refuse_token();
    return before;
}

std::optional<std::uint64_t> limit_of(const Ask &ask) {
    const auto limit = ask.parameters.number("limit");
    if (limit == std::uint64_t(0))
        refuse("limit", "Invalid value for parameter 'limit'.");
    if (ask.most_rows < limit.value_or(UINT64_MAX))
        return ask.most_rows;
    return limit;
}

} // namespace

std::optional<PlainPage> plain_page(const Ask &ask) {
    for (const char *parameter : {"filter", "sort", "limit", "token"})
        needs_version(ask, 7, parameter);
    if (ask.parameters.has("filter") || ask.parameters.has("sort"))
        return std::nullopt;
    const auto limit = limit_of(ask);
    const auto token = ask.parameters.text("token").value_or("");
    if (!limit && token.empty())
        return std::nullopt;
    if (!token.empty() && !token.starts_with(kName))
        refuse_token();
    return PlainPage{.limit = limit.value_or(UINT64_MAX),
                     .after = token.empty() ? token : token.substr(kName.size())};
}

void tell_next(const Ask &ask, std::string_view last_name) {
    ask.answer_headers->emplace_back("x-next-token", std::string(kName) + std::string(last_name));
}

json::array page_of(const Ask &ask, json::array rows) {
    for (const char *parameter : {"filter", "sort", "limit", "token"})
        needs_version(ask, 7, parameter);
    if (const auto text = ask.parameters.text("filter"); text && !text->empty()) {
        const RowFilter filter = parse_filter(*text);
        json::array kept;
        for (auto &row : rows) {
            if (filter(row.get_object()))
                kept.push_back(std::move(row));
        }
        rows = std::move(kept);
    }
    if (const auto by = ask.parameters.text("sort"))
        sort_rows(rows, *by);
    const auto limit = limit_of(ask);
    const std::size_t before = std::min(rows_before(ask), rows.size());
    if (!limit && before == 0)
        return rows;
    const std::size_t end = before + std::min<std::size_t>(limit.value_or(rows.size()), rows.size() - before);
    if (end > before)
        ask.answer_headers->emplace_back("x-next-token", std::string(kRows) + std::to_string(end));
    json::array page;
    page.reserve(end - before);
    for (std::size_t i = before; i < end; ++i)
        page.push_back(std::move(rows[i]));
    return page;
}

} // namespace drover::sim::flasharray
