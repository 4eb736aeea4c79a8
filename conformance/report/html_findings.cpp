// The sections of the HTML page that come before the full list: failures, warnings, and why tests were
// skipped.
#include "conformance/report/html_parts.hpp"
#include "conformance/report/markup.hpp"
#include "conformance/report/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace drover::conformance::html {
namespace {

std::string row(std::string_view label, std::string_view text) {
    return text.empty() ? std::string() : fmt::format("<dt>{}</dt><dd>{}</dd>\n", label, escaped(text));
}

std::string failure(const RunRecord &record, const RunRow &failed) {
    const TestResult &result = failed.result;
    const std::string anchor = failure_anchor(result.id);
    std::string markup = fmt::format(
        "<article class=\"failure\" aria-labelledby=\"{0}\">\n"
        "<h3 id=\"{0}\"><code>{1}</code> <span class=\"result fail\">{2}</span></h3>\n<p>{3}</p>\n",
        anchor, escaped(result.id), to_string(result.outcome), escaped(failed.ran.description));
    for (const Finding &finding : result.findings) {
        markup += "<dl class=\"finding\">\n" + row("Expected", finding.expected) +
                  row("Found", finding.found) + row("Op", finding.op) + "</dl>\n";
    }
    if (!result.reason.empty() || !result.op.empty()) {
        markup += "<dl class=\"finding\">\n" + row("How it ended", result.reason) + row("Op", result.op) +
                  "</dl>\n";
    }
    for (const std::string &warning : result.warnings)
        markup += fmt::format("<p class=\"warning\">{}</p>\n", escaped(warning));
    if (!result.output_tail.empty()) {
        markup +=
            fmt::format("<p class=\"label\" id=\"{0}-output\">The end of its output</p>\n"
                        "<pre tabindex=\"0\" role=\"region\" aria-labelledby=\"{0}-output\">{1}</pre>\n",
                        anchor, escaped(result.output_tail));
    }
    return markup + fmt::format("<p class=\"again\">To run it again: <code>{}</code></p>\n"
                                "</article>\n",
                                escaped(again(record.run, result.id)));
}

} // namespace

std::string failure_anchor(std::string_view id) {
    return "failure-" + escaped(id);
}

std::string failures(const RunRecord &record) {
    std::string markup;
    for (const RunRow &each : record.rows) {
        if (is_failure(each.result.outcome))
            markup += failure(record, each);
    }
    if (markup.empty())
        return {};
    return "<section aria-labelledby=\"failures\">\n<h2 id=\"failures\">Failures</h2>\n" + markup +
           "</section>\n";
}

std::string warnings(const RunRecord &record) {
    std::string markup;
    for (const RunRow &each : record.rows) {
        if (each.result.outcome != Outcome::warn)
            continue;
        markup += fmt::format("<dt><code>{0}</code></dt>\n", escaped(each.result.id));
        for (const std::string &warning : each.result.warnings)
            markup += fmt::format("<dd>{}</dd>\n", escaped(warning));
    }
    if (markup.empty())
        return {};
    return "<section aria-labelledby=\"warnings\">\n<h2 id=\"warnings\">Warnings</h2>\n"
           "<p>These tests passed, but something should be better.</p>\n<dl class=\"warnings\">\n" +
           markup + "</dl>\n</section>\n";
}

std::string skips(const RunRecord &record) {
    struct Reason {
        std::string_view text;
        std::size_t count = 0;
        std::string ids; // markup
    };
    std::vector<Reason> reasons;
    for (const RunRow &each : record.rows) {
        if (each.result.outcome != Outcome::skip)
            continue;
        auto found = std::find_if(reasons.begin(), reasons.end(),
                                  [&](const Reason &known) { return known.text == each.result.reason; });
        if (found == reasons.end())
            found = reasons.insert(reasons.end(), Reason{each.result.reason, 0, ""});
        ++found->count;
        found->ids += fmt::format("<li><code>{}</code></li>\n", escaped(each.result.id));
    }
    if (reasons.empty())
        return {};
    std::string markup = "<section aria-labelledby=\"skipped\">\n<h2 id=\"skipped\">Skipped, and why</h2>\n";
    for (const Reason &reason : reasons) {
        markup += fmt::format("<h3 class=\"reason\">{} <span class=\"note\">{} test{}</span></h3>\n"
                              "<ul class=\"ids\">\n{}</ul>\n",
                              escaped(reason.text), reason.count, reason.count == 1 ? "" : "s", reason.ids);
    }
    return markup + "</section>\n";
}

std::string leftovers(const RunRecord &record) {
    if (record.end.leftovers.empty())
        return {};
    std::string markup = "<section aria-labelledby=\"left\">\n<h2 id=\"left\">Left on the backend</h2>\n"
                         "<p>The run made these and could not take them away again.</p>\n<ul>\n";
    for (const std::string &each : record.end.leftovers)
        markup += fmt::format("<li>{}</li>\n", escaped(each));
    return markup + "</ul>\n</section>\n";
}

} // namespace drover::conformance::html
