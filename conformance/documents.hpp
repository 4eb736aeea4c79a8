// The reports that a run writes at its end, as the command line asked for them: --json, --junit, --html.
#pragma once

#include "conformance/options.hpp"
#include "conformance/report/report.hpp"
#include "loader/base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace drover::conformance {

class Documents {
public:
    // Fails, before anything ran, when a file could not be written at the end.
    static Result<Documents> plan(const Options &options);

    [[nodiscard]] bool empty() const noexcept { return documents_.empty(); }
    // One goes to stdout, so that people's report has to go elsewhere.
    [[nodiscard]] bool takes_stdout() const noexcept;
    // Writes all, whatever happens to one of them; the first error.
    [[nodiscard]] Result<void> write(const RunRecord &record) const;

private:
    struct Document {
        std::string_view option;
        std::string file; // or "-"
        std::string (*render)(const RunRecord &);
    };
    std::vector<Document> documents_;
};

} // namespace drover::conformance
