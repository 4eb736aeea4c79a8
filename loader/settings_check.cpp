#include "loader/settings_check.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace drover {

Result<void> check_settings(const DriverDescription &driver, std::string_view backend,
                            const BackendSettings &settings) {
    const auto refuse = [&](std::string_view key, std::string_view why) {
        return fail(Code::invalid, fmt::format("backend \"{}\": {} (driver \"{}\"): key \"{}\"", backend, why,
                                               driver.name, key));
    };
    const auto find = [&](std::string_view name) {
        return std::find_if(driver.config_keys.begin(), driver.config_keys.end(),
                            [&](const ConfigKey &key) { return key.name == name; });
    };
    for (const auto &[name, value] : settings.values) {
        const auto key = find(name);
        if (key == driver.config_keys.end())
            return refuse(name, "the driver does not declare it");
        if (key->secret)
            return refuse(name, "a secret was given as a plain value");
    }
    for (const auto &[name, value] : settings.secrets) {
        const auto key = find(name);
        if (key == driver.config_keys.end() || !key->secret)
            return refuse(name, "the driver does not declare it as a secret");
    }
    for (const ConfigKey &key : driver.config_keys) {
        const bool given = key.secret ? settings.secrets.contains(key.name)
                                      : settings.values.contains(key.name) || !key.fallback.empty();
        if (key.required && !given)
            return refuse(key.name, "a required key is missing");
    }
    return {};
}

} // namespace drover
