// A run with one result of every kind, as the tests of the reports show it.
#pragma once

#include "conformance/report/report.hpp"

namespace drover::conformance {

inline RunRecord sample_record() {
    const Case load{.id = "load.scan-time", .binding = Binding::quality, .description = "Loading is quick."};
    const Case create{.id = "core.create.emits", .description = "A volume is emitted once."};
    const Case list{.id = "core.list.all", .description = "Every volume is listed."};
    const Case get{.id = "core.get.one", .description = "A volume is found."};
    const Case hang{.id = "core.probe", .description = "Probe answers OK."};
    const Case clone{
        .id = "ext.clone.new", .binding = Binding::advertised, .description = "A clone is a new volume."};
    RunRecord record;
    record.run = {.driver = "/d/acme.so",
                  .abi = "1.0",
                  .seed = 7,
                  .cases = 6,
                  .cases_in_suite = 6,
                  .about = {.name = "acme",
                            .version = "2.1",
                            .vendor = "Acme & Sons",
                            .abi_major = 1,
                            .abi_minor = 3,
                            .extensions = {"drv.snapshot/1", "drv.extend/1"},
                            .protocols = {"iSCSI"},
                            .traits = {"thin"}},
                  .driver_sha256 = "0123abcd",
                  .array = "Acme A200, 6.4.1",
                  .backend = "fast",
                  .host = "node-1",
                  .system = "Debian, Linux 6.1, x86_64",
                  .started = std::chrono::system_clock::from_time_t(1772366400)};
    record.end = {.duration = std::chrono::milliseconds(2500)};
    record.rows = {{load,
                    {.id = "load.scan-time",
                     .outcome = Outcome::warn,
                     .duration = std::chrono::milliseconds(250),
                     .warnings = {"expected: less than 100 ms; found: 250 ms"}}},
                   {create,
                    {.id = "core.create.emits",
                     .outcome = Outcome::fail,
                     .duration = std::chrono::milliseconds(1500),
                     .findings = {{"one volume", "none", "create"}, {"OK", "EXISTS", "destroy"}},
                     .output_tail = "driver log: a\ndriver log: b\n"}},
                   {list,
                    {.id = "core.list.all",
                     .outcome = Outcome::crash,
                     .reason = "signal 11 (Segmentation fault)",
                     .op = "list"}},
                   {get, {.id = "core.get.one", .duration = std::chrono::microseconds(20)}},
                   {hang, {.id = "core.probe", .outcome = Outcome::timeout, .reason = "killed after 60 s"}},
                   {clone,
                    {.id = "ext.clone.new",
                     .outcome = Outcome::skip,
                     .reason = "the driver does not offer drv.clone/1"}}};
    return record;
}

// Text that no markup may come from, with bytes that XML forbids: a tag, a comment, a section, a quote, an
// escape, a NUL, a byte that is no UTF-8, U+FFFE and a control of the upper half.
inline std::string hostile_text() {
    return std::string("<script>alert('1')</script>\" onload=\"x<!-- ]]> &amp; \x1B[31m") + '\0' +
           "\xFF\xEF\xBF\xBE\xC2\x85" + "end";
}

// The same run with that text wherever text comes from outside.
inline RunRecord hostile_record() {
    RunRecord record = sample_record();
    const std::string bad = hostile_text();
    record.run.driver = "/d/" + bad;
    record.run.about = {.name = bad,
                        .version = bad,
                        .vendor = bad,
                        .abi_major = 1,
                        .extensions = {bad},
                        .protocols = {bad},
                        .traits = {bad}};
    for (std::string *text :
         {&record.run.array, &record.run.backend, &record.run.host, &record.run.system, &record.run.filter})
        *text = bad;
    record.end.leftovers = {bad};
    for (RunRow &row : record.rows) {
        if (!row.result.reason.empty())
            row.result.reason = bad;
        if (!row.result.output_tail.empty())
            row.result.output_tail = bad;
        for (Finding &finding : row.result.findings)
            finding = {bad, bad, bad};
        for (std::string &warning : row.result.warnings)
            warning = bad;
        if (!row.result.op.empty())
            row.result.op = bad;
    }
    return record;
}

} // namespace drover::conformance
