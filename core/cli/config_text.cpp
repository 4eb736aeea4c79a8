#include "core/cli/config_text.hpp"

#include "core/config/size.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace drover::cli {
namespace {

constexpr const char *kHidden = "(hidden)";

boost::json::value shown_text(const std::string &text, const ConfigKey *declared) {
    const bool is_reference = text.starts_with("file:") || text.starts_with("env:");
    const bool may_show = declared != nullptr && (!declared->secret || is_reference);
    return may_show ? boost::json::value(text) : boost::json::value(kHidden);
}

boost::json::value shown_value(const RawValue &value, const ConfigKey *declared) {
    if (value.shape == RawValue::Shape::null)
        return nullptr;
    if (value.shape == RawValue::Shape::text && !value.texts.empty())
        return shown_text(value.texts.front().reveal(), declared);
    if (value.shape != RawValue::Shape::list)
        return kHidden;
    boost::json::array list;
    for (const auto &text : value.texts)
        list.push_back(shown_text(text.reveal(), declared));
    return list;
}

boost::json::value shown_default(const ConfigKey &key) {
    if (key.secret)
        return kHidden;
    if (key.kind != KeyKind::list)
        return boost::json::value(key.fallback);
    boost::json::array list;
    std::istringstream items(key.fallback); // one on each line
    for (std::string item; std::getline(items, item);)
        list.emplace_back(item);
    return list;
}

boost::json::object backend_json(const BackendConfig &backend, const DriverDescription *driver) {
    boost::json::object out{{"driver", backend.driver}};
    if (backend.isolation)
        out["isolation"] = *backend.isolation == Isolation::in_process ? "in-process" : "process";
    if (backend.run_as)
        out["run-as"] = *backend.run_as;
    if (backend.sha256)
        out["sha256"] = *backend.sha256;
    for (const auto &key : backend.keys) {
        const ConfigKey *declared = nullptr;
        if (driver != nullptr) {
            const auto found = std::ranges::find(driver->config_keys, key.name, &ConfigKey::name);
            declared = found == driver->config_keys.end() ? nullptr : &*found;
        }
        out[key.name] = shown_value(key.value, declared);
    }
    if (driver == nullptr)
        return out;
    for (const auto &key : driver->config_keys) {
        if (!out.contains(key.name) && !key.fallback.empty())
            out[key.name] = shown_default(key);
    }
    return out;
}

std::string_view level_word(LogLevel level) {
    switch (level) {
    case LogLevel::debug:
        return "debug";
    case LogLevel::info:
        return "info";
    case LogLevel::warn:
        return "warn";
    case LogLevel::error:
        return "error";
    }
    return "info";
}

// Bare where YAML reads it back as the same text, in double quotes otherwise (JSON's escapes are YAML's).
std::string yaml_text(const boost::json::string &text) {
    const std::string_view view(text.data(), text.size());
    constexpr std::string_view kBare =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+: ";
    const bool is_bare =
        !view.empty() && view.find_first_not_of(kBare) == std::string_view::npos &&
        view.find(": ") == std::string_view::npos && view.back() != ':' && view.back() != ' ' &&
        ((view.front() >= 'a' && view.front() <= 'z') || view.front() == '/') && view != "true" &&
        view != "false" && view != "yes" && view != "no" && view != "on" && view != "off" && view != "null";
    return is_bare ? std::string(view) : boost::json::serialize(text);
}

void write_yaml(const boost::json::object &object, const std::string &indent, std::string &out) {
    for (const auto &[key, value] : object) {
        out += indent + std::string(key) + ":";
        if (value.is_object()) {
            out += "\n";
            write_yaml(value.get_object(), indent + "  ", out);
        } else {
            const auto text = to_yaml_value(value);
            out += text.empty() ? "\n" : " " + text + "\n";
        }
    }
}

} // namespace

std::string to_yaml_value(const boost::json::value &value) {
    if (value.is_string())
        return yaml_text(value.get_string());
    if (value.is_array()) {
        std::string list;
        for (const auto &item : value.get_array())
            list += (list.empty() ? "" : ", ") + to_yaml_value(item);
        return "[" + list + "]";
    }
    return value.is_null() ? "" : boost::json::serialize(value);
}

boost::json::object config_json(const AgentConfig &config,
                                const std::map<std::string, DriverDescription> &drivers) {
    boost::json::object backends;
    for (const auto &backend : config.backends) {
        const auto driver = drivers.find(backend.name);
        backends[backend.name] = backend_json(backend, driver == drivers.end() ? nullptr : &driver->second);
    }
    boost::json::object agent{{"state-dir", config.agent.state_dir.native()},
                              {"run-dir", config.agent.run_dir.native()},
                              {"mount-root", config.agent.mount_root.native()},
                              {"driver-dir", config.agent.driver_dir.native()}};
    if (config.agent.node_id)
        agent["node-id"] = *config.agent.node_id;
    if (config.agent.cluster_id)
        agent["cluster-id"] = *config.agent.cluster_id;
    const auto &docker = config.docker;
    boost::json::array names;
    for (const auto &name : docker.names)
        names.emplace_back(name);
    boost::json::object out{
        {"version", 1},
        {"dataset", boost::json::object{{"backend", config.default_backend}}},
        {"backends", std::move(backends)},
        {"agent", std::move(agent)},
        {"docker", boost::json::object{{"enabled", docker.enabled},
                                       {"plugin-dir", docker.plugin_dir.native()},
                                       {"names", std::move(names)},
                                       {"implicit-create", docker.implicit_create},
                                       {"default-size", format_size(docker.default_size)},
                                       {"default-fstype", docker.default_fstype},
                                       {"remove", docker.remove == DockerRemoval::keep ? "keep" : "delete"},
                                       {"refcount", docker.refcount}}},
        {"logging",
         boost::json::object{{"level", level_word(config.logging.level)},
                             {"format", config.logging.format == LogFormat::json ? "json" : "text"}}}};
    if (config.control_service) {
        out["control-service"] = boost::json::object{{"hostname", config.control_service->hostname},
                                                     {"port", config.control_service->port}};
    }
    return out;
}

std::string to_yaml(const boost::json::object &object) {
    std::string out;
    write_yaml(object, "", out);
    return out;
}

} // namespace drover::cli
