#include "conformance/suite/backend_settings.hpp"

#include "core/config/backend_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace drover::conformance {

Result<BackendSettings> check_settings(const CaseFile &file, const DriverDescription &driver) {
    auto checked = check_backend_keys(file.backend, driver.config_keys);
    if (checked)
        return std::move(checked->settings);
    std::string text = render(checked.error());
    while (text.ends_with('\n'))
        text.pop_back();
    std::replace(text.begin(), text.end(), '\n', ';');
    return fail(Code::invalid, std::move(text));
}

Result<BackendSettings> check_bad_settings(const CaseFile &file, const DriverDescription &driver) {
    CaseFile bad = file;
    for (const RawKey &key : file.bad_keys) {
        std::erase_if(bad.backend.keys, [&](const RawKey &each) { return each.name == key.name; });
        bad.backend.keys.push_back(key);
    }
    return check_settings(bad, driver);
}

void StderrHost::log(std::string_view backend, LogLevel level, std::string_view message) {
    const std::string line =
        fmt::format("driver log ({}, level {}): {}\n", backend, static_cast<int>(level), message);
    std::fputs(line.c_str(), stderr);
}

} // namespace drover::conformance
