#include "conformance/report/json.hpp"

#include "conformance/suite/outcome_json.hpp"

#include <boost/json.hpp>

namespace drover::conformance {
namespace {

namespace json = boost::json;

json::array array_of(const std::vector<std::string> &texts) {
    json::array rows;
    for (const std::string &text : texts)
        rows.push_back(json::string(as_text(text)));
    return rows;
}

void put_text(json::object &to, std::string_view key, const std::string &text) {
    if (!text.empty())
        to[key] = as_text(text);
}

json::object about(const RunInfo &run) {
    json::object object;
    put_text(object, "name", run.about.name);
    put_text(object, "version", run.about.version);
    put_text(object, "vendor", run.about.vendor);
    if (!run.about.name.empty()) {
        object["abi_major"] = run.about.abi_major;
        object["abi_minor"] = run.about.abi_minor;
    }
    for (const auto &[key, texts] :
         {std::pair("extensions", &run.about.extensions), std::pair("protocols", &run.about.protocols),
          std::pair("traits", &run.about.traits)}) {
        if (!texts->empty())
            object[key] = array_of(*texts);
    }
    put_text(object, "sha256", run.driver_sha256);
    return object;
}

} // namespace

std::string to_json_report(const RunRecord &record) {
    const RunInfo &run = record.run;
    const Tally sum = tally(record.rows);
    json::array rows;
    for (const RunRow &each : record.rows) {
        json::object row = to_json(each.result);
        row["group"] = each.ran.group();
        row["binding"] = to_string(each.ran.binding);
        row["since"] = each.ran.since;
        row["description"] = each.ran.description;
        rows.push_back(std::move(row));
    }
    json::object root{
        {"version", 1},        {"suite", kSuiteVersion}, {"driver", as_text(run.driver)},
        {"about", about(run)}, {"abi", run.abi},
    };
    put_text(root, "array", run.array);
    put_text(root, "backend", run.backend);
    put_text(root, "host", run.host);
    put_text(root, "system", run.system);
    put_text(root, "filter", run.filter);
    root["started"] = format_utc(run.started);
    root["seed"] = run.seed;
    if (run.is_isolated)
        root["isolated"] = true;
    root["stopped"] = record.end.was_stopped;
    root["duration_ns"] = record.end.duration.count();
    root["summary"] =
        json::object{{"passed", sum.passed}, {"failed", sum.failed},   {"skipped", sum.skipped},
                     {"warned", sum.warned}, {"crashed", sum.crashed}, {"timed_out", sum.timed_out}};
    root["left_on_backend"] = array_of(record.end.leftovers);
    root["tests"] = std::move(rows);
    return json::serialize(root) + "\n";
}

} // namespace drover::conformance
