// The full list of the HTML page: the groups with their sums, every test, and what the words mean.
#include "conformance/report/html_parts.hpp"
#include "conformance/report/markup.hpp"
#include "conformance/report/text.hpp"

#include <fmt/format.h>

namespace drover::conformance::html {
namespace {

// What the filter and the colours tell apart.
std::string_view kind_of(Outcome outcome) {
    if (is_failure(outcome))
        return "fail";
    return to_string(outcome);
}

std::string number(std::size_t count, std::string_view style = "") {
    // A zero is of no interest: it stands back.
    return fmt::format("<td class=\"number {}\">{}</td>", count == 0 ? "zero" : style, count);
}

std::string sum_cells(const Tally &sum, std::chrono::nanoseconds duration) {
    return number(sum.passed) + number(sum.warned, "warn") + number(sum.failed, "fail") +
           number(sum.skipped) + fmt::format("<td class=\"number\">{}</td>", format_duration(duration));
}

std::string test_row(const RunRow &row) {
    const TestResult &result = row.result;
    const std::string id = escaped(result.id);
    std::string cell = fmt::format("<code>{}</code>", id);
    if (row.ran.binding != Binding::mandatory)
        cell += fmt::format(" <span class=\"note\">{}</span>", to_string(row.ran.binding));
    std::string more = fmt::format("<p>{}</p>", escaped(row.ran.description));
    if (is_failure(result.outcome)) {
        more += fmt::format("<p><a href=\"#{}\" aria-label=\"What went wrong in {}\">What went wrong</a></p>",
                            failure_anchor(result.id), id);
    } else if (!result.reason.empty()) {
        more += fmt::format("<p class=\"why\">{}</p>", escaped(result.reason));
    }
    if (result.outcome == Outcome::warn) {
        for (const std::string &warning : result.warnings)
            more += fmt::format("<p class=\"why\">{}</p>", escaped(warning));
    }
    const std::string_view kind = kind_of(result.outcome);
    return fmt::format("<tr id=\"{0}\" data-kind=\"{1}\"><td class=\"result {1}\">{2}</td>"
                       "<th scope=\"row\">{3}{4}</th><td class=\"number\">{5}</td></tr>\n",
                       id, kind, to_string(result.outcome), cell, more,
                       result.outcome == Outcome::skip ? "" : format_duration(result.duration));
}

} // namespace

std::string group_table(const RunRecord &record) {
    std::string rows;
    for (const RunGroup &group : groups_of(record.rows)) {
        rows += fmt::format("<tr><th scope=\"row\"><a href=\"#group-{0}\">{0}</a></th>{1}</tr>\n",
                            escaped(group.name), sum_cells(group.tally(), group.duration()));
    }
    if (rows.empty())
        return {};
    return "<section aria-labelledby=\"groups\">\n<h2 id=\"groups\">Groups</h2>\n"
           "<table class=\"groups\" aria-labelledby=\"groups\">\n<thead><tr><th scope=\"col\">Group</th>"
           "<th scope=\"col\" class=\"number\">Passed</th><th scope=\"col\" class=\"number\">Warned</th>"
           "<th scope=\"col\" class=\"number\">Failed</th><th scope=\"col\" class=\"number\">Skipped</th>"
           "<th scope=\"col\" class=\"number\">Time</th></tr></thead>\n<tbody>\n" +
           rows +
           fmt::format(
               "</tbody>\n<tfoot><tr><th scope=\"row\">All</th>{}</tr></tfoot>\n</table>\n</section>\n",
               sum_cells(tally(record.rows), record.end.duration));
}

std::string filter_form(const RunRecord &record) {
    if (record.rows.empty())
        return "<p>No test ran.</p>\n";
    return "<form id=\"filter\" hidden=\"hidden\" role=\"search\" aria-label=\"Tests\">\n"
           "<label for=\"kind\">Show</label>\n<select id=\"kind\">\n"
           "<option value=\"\">all results</option>\n<option value=\"pass\">passed</option>\n"
           "<option value=\"warn\">warned</option>\n<option value=\"fail\">failed</option>\n"
           "<option value=\"skip\">skipped</option>\n</select>\n"
           "<label for=\"words\">with the words</label>\n"
           "<input id=\"words\" type=\"search\" autocomplete=\"off\"/>\n"
           "<output id=\"shown\" for=\"kind words\"></output>\n</form>\n";
}

std::string tests(const RunRecord &record) {
    std::string markup;
    for (const RunGroup &group : groups_of(record.rows)) {
        markup += fmt::format(
            "<section class=\"group\" aria-labelledby=\"group-{0}\">\n<h3 id=\"group-{0}\">{0}</h3>\n"
            "<table class=\"tests\" aria-labelledby=\"group-{0}\">\n"
            "<thead><tr><th scope=\"col\">Result</th><th scope=\"col\">Test</th>"
            "<th scope=\"col\" class=\"number\">Time</th></tr></thead>\n<tbody>\n",
            escaped(group.name));
        for (const RunRow *row : group.rows)
            markup += test_row(*row);
        markup += "</tbody>\n</table>\n</section>\n";
    }
    return markup;
}

std::string legend() {
    return R"(<section class="legend" aria-labelledby="legend">
<h2 id="legend">What the words mean</h2>
<dl class="facts">
<dt>pass</dt><dd>The rule holds.</dd>
<dt>warn</dt><dd>The rule holds, but something should be better.</dd>
<dt>fail</dt><dd>The rule is broken.</dd>
<dt>crash</dt><dd>The test's process ended in the middle.</dd>
<dt>timeout</dt><dd>The test had to be ended at its time limit.</dd>
<dt>skip</dt><dd>The test did not run; the reason is given.</dd>
<dt>if advertised</dt><dd>Binds a driver that offers the extension or capability. Tests without a mark bind every driver.</dd>
<dt>quality</dt><dd>Binds nobody; what it finds is a warning.</dd>
</dl>
</section>
)";
}

} // namespace drover::conformance::html
