#include "conformance/report/json.hpp"

#include "conformance/suite/outcome_json.hpp"

#include <boost/json/serialize.hpp>

namespace drover::conformance {

namespace json = boost::json;

void JsonReport::add(const Case &ran, const TestResult &result) {
    json::object row = to_json(result);
    row["group"] = ran.group();
    row["binding"] = to_string(ran.binding);
    row["since"] = ran.since;
    row["description"] = ran.description;
    rows_.push_back(std::move(row));
}

void JsonReport::end(const RunEnd &end, std::span<const TestResult> results) {
    const Tally sum = tally(results);
    json::array leftovers;
    for (const std::string &left : end.leftovers)
        leftovers.push_back(json::string(as_text(left)));
    const json::object root{
        {"version", 1},
        {"driver", as_text(run_.driver)},
        {"abi", run_.abi},
        {"seed", run_.seed},
        {"stopped", end.was_stopped},
        {"duration_ns", end.duration.count()},
        {"summary", json::object{{"passed", sum.passed},
                                 {"failed", sum.failed},
                                 {"skipped", sum.skipped},
                                 {"warned", sum.warned},
                                 {"crashed", sum.crashed},
                                 {"timed_out", sum.timed_out}}},
        {"left_on_backend", std::move(leftovers)},
        {"tests", std::move(rows_)},
    };
    std::fprintf(out_, "%s\n", json::serialize(root).c_str());
    std::fflush(out_);
}

} // namespace drover::conformance
