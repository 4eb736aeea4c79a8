// The head of the HTML page: the driver, the verdict, the totals, and the facts of the run.
#include "conformance/report/html_parts.hpp"
#include "conformance/report/markup.hpp"
#include "conformance/report/text.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace drover::conformance::html {
namespace {

std::string file_name(const RunInfo &run) {
    // The folder is the tester's business; the file and its hash are the reader's.
    return std::filesystem::path(run.driver).filename().native();
}

struct Words {
    std::string_view style, text;
};

Words words_of(Verdict::Is is) {
    switch (is) {
    case Verdict::Is::conforms:
        return {"good", "Conforms."};
    case Verdict::Is::fails:
        return {"bad", "Does not conform."};
    case Verdict::Is::partial:
        return {"open", "No verdict."};
    }
    return {"open", "No verdict."};
}

struct Total {
    std::string_view label, style;
    std::size_t count = 0;
    std::string_view section; // that tells more, when there is something to tell
    std::string note = {};
};

std::string total(const Total &what) {
    std::string number = fmt::format("<b>{}</b>", what.count);
    if (what.count > 0 && !what.section.empty())
        number = fmt::format("<a href=\"#{}\">{}</a>", what.section, number);
    if (!what.note.empty())
        number += fmt::format(" <span class=\"note\">{}</span>", what.note);
    return fmt::format("<div class=\"{}\"><dt>{}</dt><dd>{}</dd></div>\n",
                       what.count > 0 ? what.style : "none", what.label, number);
}

std::string totals(const RunRecord &record) {
    const Tally sum = tally(record.rows);
    std::string how;
    if (sum.crashed > 0)
        how += fmt::format("{} crashed", sum.crashed);
    if (sum.timed_out > 0)
        how += fmt::format("{}{} timed out", how.empty() ? "" : ", ", sum.timed_out);
    std::string warned;
    if (sum.warned > 0)
        warned = fmt::format("<a href=\"#warnings\">{} with warnings</a>", sum.warned);
    return "<dl class=\"totals\">\n" +
           total({.label = "Passed", .style = "pass", .count = sum.passed, .note = warned}) +
           total({"Failed", "fail", sum.failed, "failures", how}) +
           total({"Skipped", "none", sum.skipped, "skipped"}) +
           fmt::format("<div><dt>Duration</dt><dd><b>{}</b></dd></div>\n",
                       format_duration(record.end.duration)) +
           "</dl>\n";
}

// One row of the facts; `markup` is escaped already.
std::string fact_markup(std::string_view label, const std::string &markup) {
    return markup.empty() ? std::string() : fmt::format("<dt>{}</dt><dd>{}</dd>\n", label, markup);
}
std::string fact(std::string_view label, std::string_view text) {
    return fact_markup(label, escaped(text));
}

std::string code_list(const std::vector<std::string> &texts) {
    std::string markup;
    for (const std::string &text : texts)
        markup += fmt::format("{}<code>{}</code>", markup.empty() ? "" : " ", escaped(text));
    return markup;
}

std::string comma_list(const std::vector<std::string> &texts) {
    std::string text;
    for (const std::string &each : texts)
        text += (text.empty() ? "" : ", ") + each;
    return text;
}

std::string code(std::string_view text) {
    return text.empty() ? std::string() : fmt::format("<code>{}</code>", escaped(text));
}

// "2026-03-01 12:00:00 UTC", readable by programs too.
std::string date(std::chrono::system_clock::time_point when) {
    const std::string iso = format_utc(when);
    return fmt::format("<time datetime=\"{}\">{} {} UTC</time>", iso, iso.substr(0, 10), iso.substr(11, 8));
}

} // namespace

std::string title(const RunInfo &run) {
    if (run.about.name.empty())
        return file_name(run);
    return fmt::format("{} {}", run.about.name, run.about.version);
}

std::string header(const RunRecord &record) {
    const RunInfo &run = record.run;
    const Verdict verdict = verdict_of(record);
    const Words words = words_of(verdict.is);
    std::string markup = fmt::format(
        "<header>\n<p class=\"kicker\">Conformance to Drover's driver ABI {}</p>\n", escaped(run.abi));
    if (run.about.name.empty()) {
        markup += fmt::format("<h1>{}</h1>\n", escaped(file_name(run)));
    } else {
        markup += fmt::format("<h1>{} <span class=\"version\">{}</span></h1>\n", escaped(run.about.name),
                              escaped(run.about.version));
    }
    if (!run.about.vendor.empty() || !run.array.empty()) {
        markup += fmt::format("<p class=\"by\">{}{}{}</p>\n",
                              run.about.vendor.empty() ? "" : "by " + escaped(run.about.vendor),
                              run.about.vendor.empty() || run.array.empty() ? "" : ", tested ",
                              run.array.empty() ? "" : "on " + escaped(run.array));
    }
    markup += fmt::format("<p class=\"verdict {}\"><strong>{}</strong> {}</p>\n", words.style, words.text,
                          escaped(verdict.sentence));
    return markup + totals(record) + "</header>\n";
}

std::string facts(const RunRecord &record) {
    const RunInfo &run = record.run;
    const bool is_known = !run.about.name.empty();
    std::string markup =
        "<section aria-labelledby=\"run\">\n<h2 id=\"run\">What was tested</h2>\n<dl class=\"facts\">\n";
    markup += fact("Driver", is_known ? title(run) : "not known, since its file could not be loaded");
    markup += fact("Vendor", run.about.vendor);
    markup += fact_markup("File", code(file_name(run)));
    markup += fact_markup("SHA-256", code(run.driver_sha256));
    markup += fact("ABI", is_known ? fmt::format("built for {}.{}, tested to {}", run.about.abi_major,
                                                 run.about.abi_minor, run.abi)
                                   : fmt::format("tested to {}", run.abi));
    markup += fact_markup("Extensions", code_list(run.about.extensions));
    markup += fact("Protocols", comma_list(run.about.protocols));
    markup += fact("Capabilities", comma_list(run.about.traits));
    markup += fact("Array", run.array);
    markup += fact("Backend", run.backend);
    markup += fact("Host", run.host);
    markup += fact("System", run.system);
    markup += fact_markup("Started", date(run.started));
    markup += fact_markup("Seed", code(std::to_string(run.seed)));
    markup += fact_markup("Filter", code(run.filter));
    markup += fact("Isolation", run.is_isolated ? "the driver in a process of its own" : "");
    return markup + "</dl>\n</section>\n";
}

} // namespace drover::conformance::html
