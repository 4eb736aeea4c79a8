#include "core/cli/driver_text.hpp"

#include "core/cli/json_text.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace drover::cli {
namespace {

std::string abi_of(const DriverDescription &driver) {
    return fmt::format("{}.{}", driver.abi_major, driver.abi_minor);
}

// "drv.snapshot/1" is "snapshot" to people.
std::string short_extensions(const boost::json::value &backend) {
    std::string names = joined_texts(backend, "extensions");
    constexpr std::string_view kPrefix = "drv.";
    for (auto at = names.find(kPrefix); at != std::string::npos; at = names.find(kPrefix, at))
        names.erase(at, kPrefix.size());
    for (auto at = names.find("/1"); at != std::string::npos; at = names.find("/1", at))
        names.erase(at, 2);
    return names;
}

// The items of a list's default are its lines.
std::string shown_default(const ConfigKey &key) {
    std::string shown = key.fallback;
    for (auto at = shown.find('\n'); at != std::string::npos; at = shown.find('\n', at))
        shown.replace(at, 1, ", ");
    return shown;
}

} // namespace

std::string_view to_string(KeyKind kind) noexcept {
    switch (kind) {
    case KeyKind::string:
        return "text";
    case KeyKind::u64:
        return "number";
    case KeyKind::boolean:
        return "boolean";
    case KeyKind::bytes:
        return "size";
    case KeyKind::list:
        return "list";
    }
    return "text";
}

boost::json::object driver_json(const DriverDescription &driver) {
    boost::json::array keys;
    for (const auto &key : driver.config_keys) {
        keys.push_back(boost::json::object{{"name", key.name},
                                           {"kind", to_string(key.kind)},
                                           {"required", key.required},
                                           {"secret", key.secret},
                                           {"default", key.fallback},
                                           {"help", key.help}});
    }
    return {{"name", driver.name},           {"version", driver.version}, {"vendor", driver.vendor},
            {"path", driver.path},           {"abi", abi_of(driver)},     {"serial", driver.serial},
            {"config_keys", std::move(keys)}};
}

Sheet driver_sheet(const DriverDescription &driver) {
    Sheet sheet;
    sheet.add("Driver", driver.name);
    sheet.add("Version", driver.version);
    sheet.add("Vendor", driver.vendor);
    sheet.add("File", driver.path);
    sheet.add("ABI", abi_of(driver));
    sheet.add("Calls", driver.serial ? "one at a time" : "in parallel");
    return sheet;
}

Table key_table(const DriverDescription &driver) {
    Table table({{"KEY"}, {"KIND"}, {"NEEDED"}, {"DEFAULT"}, {"MEANING"}});
    for (const auto &key : driver.config_keys) {
        table.add({key.name, fmt::format("{}{}", to_string(key.kind), key.secret ? ", secret" : ""),
                   key.required ? "yes" : "no", shown_default(key), key.help});
    }
    return table;
}

Table backend_table(const boost::json::array &backends) {
    Table table({{"BACKEND"}, {"DRIVER"}, {"VERSION"}, {"STATE"}, {"DEFAULT"}, {"CAN"}});
    for (const auto &backend : backends) {
        const auto state = text_of(backend, "state");
        table.add({text_of(backend, "backend"), text_of(backend, "driver"), text_of(backend, "version"),
                   Cell(std::string(state), color_of(state)), flag_of(backend, "default") ? "yes" : "no",
                   short_extensions(backend)});
    }
    return table;
}

Table file_table(std::span<const CatalogEntry> files) {
    Table table({{"DRIVER"}, {"VERSION"}, {"VENDOR"}, {"ABI"}, {"FILE"}});
    for (const auto &file : files) {
        if (file.description) {
            table.add({file.name, file.description->version, file.description->vendor,
                       abi_of(*file.description), file.path.native()});
        } else {
            table.add({Cell(file.name, Color::bad), "", "", "", file.path.native()});
        }
    }
    return table;
}

} // namespace drover::cli
