#include "core/cli/progress.hpp"

#include "core/cli/table.hpp"

#include <fmt/format.h>

namespace drover::cli {

void Progress::show(std::string_view kind, std::string_view volume, std::uint64_t permille,
                    std::string_view stage) {
    if (!enabled_)
        return;
    std::string line = fmt::format("{} {}", printable(kind), printable(volume));
    if (!stage.empty())
        line += fmt::format(": {}", printable(stage));
    if (permille > 0)
        line += fmt::format(", {}.{} %", permille / 10, permille % 10);
    err_ << "\r\x1b[K" << line << std::flush;
    is_shown_ = true;
}

void Progress::clear() {
    if (is_shown_)
        err_ << "\r\x1b[K" << std::flush;
    is_shown_ = false;
}

} // namespace drover::cli
