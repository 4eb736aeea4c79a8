#include "loader/driver_exports.hpp"

#include "drover/abi/version.h"
#include "loader/driver_text.hpp"
#include "loader/elf_exports.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

namespace drover {
namespace {

constexpr std::string_view kEntry = "drv_entry_v1";
constexpr std::string_view kEntryPrefix = "drv_entry_v";
constexpr std::size_t kNamedAtMost = 5;
// Of a name, which a strange file may make as long as itself.
constexpr std::size_t kShownName = 128;

// Names of the toolchain's own: sanitizer run times (__asan_, __odr_asan), __bss_start, and what older
// linkers put into every library.
bool is_toolchain_name(std::string_view name) {
    return name.starts_with("__") || name == "_init" || name == "_fini" || name == "_edata" ||
           name == "_end" || name == "_etext";
}

bool is_entry_name(std::string_view name) {
    const std::string_view major = name.starts_with(kEntryPrefix) ? name.substr(kEntryPrefix.size()) : "";
    return !major.empty() &&
           std::all_of(major.begin(), major.end(), [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

Result<void> check_driver_exports(const std::filesystem::path &file) {
    auto exports = read_exports(file);
    if (!exports)
        return fail(std::move(exports).error());
    std::vector<std::string> majors;
    std::vector<std::string> others;
    const ExportedSymbol *entry = nullptr;
    for (const ExportedSymbol &symbol : *exports) {
        if (symbol.name == kEntry)
            entry = &symbol;
        if (is_entry_name(symbol.name)) {
            majors.push_back(one_line(symbol.name.substr(kEntryPrefix.size()), kShownName));
        } else if (!is_toolchain_name(symbol.name)) {
            others.push_back(one_line(symbol.name, kShownName));
        }
    }
    const auto refuse = [&](std::string_view why) {
        return fail(Code::invalid, fmt::format("{} {}", file.native(), why));
    };
    if (majors.empty()) {
        return refuse(
            "is no driver: it exports no drv_entry_vN; mark the entry with DRV_EXPORT, or build with "
            "drv_add_driver");
    }
    if (entry == nullptr) {
        std::sort(majors.begin(), majors.end());
        return refuse(
            fmt::format("speaks ABI {} only, this agent speaks {}; install the driver's version for ABI {}, "
                        "or an agent that speaks ABI {}",
                        fmt::join(majors, " and "), DRV_ABI_MAJOR, DRV_ABI_MAJOR, majors.back()));
    }
    if (!entry->is_function)
        return refuse("is no driver: its drv_entry_v1 is not a function");
    if (!others.empty()) {
        std::sort(others.begin(), others.end());
        const std::size_t more = others.size() - std::min(others.size(), kNamedAtMost);
        others.resize(others.size() - more);
        return refuse(
            fmt::format("exports more than its entry: {}{}; these can clash with the agent or with other "
                        "drivers, so build with hidden visibility and a version script "
                        "(drv_add_driver does both)",
                        fmt::join(others, ", "), more == 0 ? "" : fmt::format(" and {} more", more)));
    }
    return {};
}

} // namespace drover
