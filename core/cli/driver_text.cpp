#include "core/cli/driver_text.hpp"

#include "core/cli/json_text.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

namespace drover::cli {
namespace {

std::string abi_of(const DriverDescription &driver) {
    return fmt::format("{}.{}", driver.abi_major, driver.abi_minor);
}

// "drv.snapshot/1" is "snapshot" to people.
std::string short_name(std::string_view extension) {
    if (extension.starts_with("drv."))
        extension.remove_prefix(4);
    if (extension.ends_with("/1"))
        extension.remove_suffix(2);
    return std::string(extension);
}

std::string short_extensions(const boost::json::value &backend) {
    std::vector<std::string> names;
    if (const auto *list = value_of(backend, "extensions").if_array()) {
        for (const auto &item : *list) {
            if (const auto *id = item.if_string())
                names.push_back(short_name(*id));
        }
    }
    return fmt::format("{}", fmt::join(names, ", "));
}

std::string extensions_of(const InspectedDriver &driver) {
    std::string shown;
    for (const auto &backend : driver.backends) {
        if (text_of(backend, "state") != "ready")
            continue;
        const auto names = short_extensions(backend);
        shown += fmt::format("{}{}: {}", shown.empty() ? "" : "; ", text_of(backend, "backend"),
                             names.empty() ? "none" : names);
    }
    if (!shown.empty())
        return shown;
    std::vector<std::string> names;
    for (const auto &id : driver.file.named_extensions)
        names.push_back(short_name(id));
    return fmt::format("certain once a backend is open; the file names {}",
                       names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
}

boost::json::array list_of_texts(const std::vector<std::string> &texts) {
    boost::json::array list;
    for (const auto &text : texts)
        list.emplace_back(text);
    return list;
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
    return {{"name", driver.name},
            {"version", driver.version},
            {"vendor", driver.vendor},
            {"path", driver.path},
            {"abi", abi_of(driver)},
            {"serial", driver.serial},
            {"isolate", driver.wants_isolation},
            {"config_keys", std::move(keys)}};
}

boost::json::object driver_json(const InspectedDriver &inspected) {
    auto out = driver_json(inspected.description);
    out["exports"] = list_of_texts(inspected.file.exports);
    out["named_extensions"] = list_of_texts(inspected.file.named_extensions);
    boost::json::array backends;
    for (const auto &backend : inspected.backends) {
        backends.push_back(boost::json::object{{"backend", text_of(backend, "backend")},
                                               {"state", text_of(backend, "state")},
                                               {"extensions", value_of(backend, "extensions")}});
    }
    out["backends"] = std::move(backends);
    return out;
}

Sheet driver_sheet(const InspectedDriver &inspected) {
    const auto &driver = inspected.description;
    Sheet sheet;
    sheet.add("Driver", driver.name);
    sheet.add("Version", driver.version);
    sheet.add("Vendor", driver.vendor);
    sheet.add("File", driver.path);
    sheet.add("ABI", abi_of(driver));
    sheet.add("Calls", driver.serial ? "one at a time" : "in parallel");
    sheet.add("Isolation",
              driver.wants_isolation ? "asks for a process of its own" : "leaves it to the agent");
    sheet.add("Exports", fmt::format("{}", fmt::join(inspected.file.exports, ", ")));
    sheet.add("Extensions", extensions_of(inspected));
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
        const bool is_old = !value_of(backend, "reload_error").is_null();
        table.add({text_of(backend, "backend"), text_of(backend, "driver"), text_of(backend, "version"),
                   is_old ? Cell(fmt::format("{}, old file", state), Color::wait)
                          : Cell(std::string(state), color_of(state)),
                   flag_of(backend, "default") ? "yes" : "no", short_extensions(backend)});
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
