// Lists: which names, and from REST 1.7 filter, sort and paging.
#pragma once

#include "conformance/simulators/flasharray/model.hpp"
#include "conformance/simulators/flasharray/names.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace drover::sim::flasharray {

// `names` of a call; nothing restricts nothing.
class NamesWanted {
public:
    explicit NamesWanted(const Ask &ask) : wanted_(ask.parameters.names("names")) {}
    [[nodiscard]] bool take(std::string_view name) const {
        return !wanted_ ||
               std::ranges::any_of(*wanted_, [&](const auto &each) { return matches(each, name); });
    }
    // Those without a wildcard that `there` does not find.
    template <class There>
    void refuse_missing(There there, const char *words) const {
        Refusals refusals;
        for (const std::string &each : wanted_.value_or(std::vector<std::string>())) {
            if (each.find('*') == std::string::npos && !there(each))
                refusals.all.push_back({.context = each, .words = words});
        }
        if (!refusals.all.empty())
            throw std::move(refusals);
    }

private:
    std::optional<std::vector<std::string>> wanted_;
};

// Rows of any kind, filtered, sorted and cut to the page that the call asks for.
[[nodiscard]] boost::json::array page_of(const Ask &ask, boost::json::array rows);

// A page that needs no look at other rows: so many objects behind a name.
struct PlainPage {
    std::uint64_t limit = 0;
    std::string after; // lower case; empty: from the beginning
};
[[nodiscard]] std::optional<PlainPage> plain_page(const Ask &ask);
void tell_next(const Ask &ask, std::string_view last_name);

// One row each of those objects, in the order of their names. A page of a long list costs the page.
template <class T, class Wanted, class Row>
boost::json::array list(const Ask &ask, const Table<T> &table, Wanted wanted, Row row) {
    const NamesWanted names(ask);
    const auto page = plain_page(ask);
    const auto &all = table.names();
    boost::json::array rows;
    for (auto it = page ? all.upper_bound(page->after) : all.begin(); it != all.end(); ++it) {
        const T &object = table.at(it->second);
        if (!wanted(object) || !names.take(object.name))
            continue;
        rows.emplace_back(row(object));
        if (page && rows.size() == page->limit) {
            tell_next(ask, it->first);
            return rows;
        }
    }
    if (!page)
        return page_of(ask, std::move(rows));
    // The vendor's client stops at an empty page only, and begins anew without a token.
    if (!rows.empty())
        tell_next(ask, all.rbegin()->first);
    return rows;
}

} // namespace drover::sim::flasharray
