#include "core/cli/config_check.hpp"

#include "core/config/agent_file.hpp"
#include "core/config/backend_keys.hpp"
#include "loader/open.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace drover::cli {
namespace {

Problem driver_problem(const std::string &file, const BackendConfig &backend, const Error &error) {
    Problem problem;
    problem.file = file;
    problem.position = backend.position;
    problem.key = backend.section;
    // A file may well be checked on a machine that has no drivers.
    problem.severity = error.code == Code::not_found ? Severity::warning : Severity::error;
    problem.message = error.code == Code::not_found
                          ? fmt::format("its keys were not checked: {}", error.message)
                          : fmt::format("the driver {} cannot be used: {}", backend.driver, error.message);
    return problem;
}

void check_backend(const BackendConfig &backend, const std::string &file, Catalog &catalog,
                   ConfigReport &report) {
    const auto library = catalog.load(backend.driver);
    if (!library) {
        report.problems.push_back(driver_problem(file, backend, library.error()));
        return;
    }
    const auto &driver = description(**library);
    report.drivers.emplace(backend.name, driver);
    auto checked = check_backend_keys(backend, driver.config_keys);
    auto &problems = checked ? checked->warnings : checked.error();
    std::ranges::move(problems, std::back_inserter(report.problems));
}

} // namespace

bool ConfigReport::has_errors() const {
    return std::ranges::any_of(problems, [](const Problem &p) { return p.severity == Severity::error; });
}

ConfigReport check_config(const std::string &file, const std::filesystem::path &driver_dir) {
    ConfigReport report;
    auto config = load_agent_config(file);
    if (!config) {
        report.problems = std::move(config).error();
        return report;
    }
    report.problems = config->warnings;
    Catalog catalog(driver_dir.empty() ? config->agent.driver_dir : driver_dir);
    for (const auto &backend : config->backends)
        check_backend(backend, file, catalog, report);
    std::ranges::stable_sort(report.problems, {},
                             [](const Problem &problem) { return problem.position.line; });
    report.config = *std::move(config);
    return report;
}

std::string default_config_file() {
    return choose_agent_file().file.string();
}

std::filesystem::path default_driver_folder() {
    const auto config = load_agent_config(default_config_file());
    return config ? config->agent.driver_dir : AgentSettings{}.driver_dir;
}

} // namespace drover::cli
