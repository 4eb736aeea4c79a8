#include "conformance/documents.hpp"

#include "conformance/report/html.hpp"
#include "conformance/report/json.hpp"
#include "conformance/report/junit.hpp"
#include "conformance/report/output_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace drover::conformance {

Result<Documents> Documents::plan(const Options &options) {
    Documents plan;
    const auto add = [&](std::string_view option, const std::optional<std::string> &file,
                         std::string (*render)(const RunRecord &)) -> Result<void> {
        if (!file)
            return {};
        for (const Document &other : plan.documents_) {
            if (other.file == *file) {
                return fail(Code::invalid,
                            fmt::format("{} and {} both write to {}; give each a file of its own",
                                        other.option, option, *file == "-" ? "stdout" : *file));
            }
        }
        if (*file != "-") {
            if (auto writable = check_writable(*file); !writable)
                return fail(std::move(writable).error().with_context(option));
        }
        plan.documents_.push_back({option, *file, render});
        return {};
    };
    for (const auto &added :
         {add("--json", options.json, to_json_report), add("--junit", options.junit, to_junit),
          add("--html", options.html, to_html)}) {
        if (!added)
            return fail(added.error());
    }
    return plan;
}

bool Documents::takes_stdout() const noexcept {
    return std::any_of(documents_.begin(), documents_.end(),
                       [](const Document &each) { return each.file == "-"; });
}

Result<void> Documents::write(const RunRecord &record) const {
    Result<void> all;
    for (const Document &each : documents_) {
        const std::string text = each.render(record);
        Result<void> written;
        if (each.file != "-") {
            written = write_file(each.file, text);
        } else if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() ||
                   std::fflush(stdout) != 0) {
            written = fail_errno(errno, "stdout cannot be written");
        }
        if (!written && all)
            all = fail(std::move(written).error().with_context(each.option));
    }
    return all;
}

} // namespace drover::conformance
