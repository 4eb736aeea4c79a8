// The sections of the file are objects made from the reader's table. Where a driver's keys stand depends on
// which driver it is, and that on another value (`driver`, or else the backend's name), so that each driver
// gives two definitions, "backend.NAME" and "dataset.NAME", and conditions choose among them. Each definition
// lists everything that may stand in its section, ours and the driver's: `additionalProperties` then refuses
// the rest, which older tools understand better than `unevaluatedProperties`. For their sake, too, a $ref
// stands alone.
#include "core/cli/config_schema.hpp"

#include "core/cli/key_values.hpp"
#include "core/config/patterns.hpp"
#include "core/config/schema.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace drover::cli {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kMaxNumber = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kMinVolume = std::uint64_t{1} << 20; // as canonical() has it for a size

void describe_default(json::object &schema, const SchemaKey &key) {
    if (key.fallback.empty())
        return;
    if (key.kind == ValueKind::boolean) {
        schema["default"] = key.fallback == "true";
    } else if (key.kind == ValueKind::names) {
        json::array names; // "[drover, flocker]"
        for (std::string_view rest = key.fallback.substr(1, key.fallback.size() - 2); !rest.empty();) {
            const auto name = rest.substr(0, rest.find(", "));
            names.emplace_back(name);
            rest.remove_prefix(std::min(rest.size(), name.size() + 2));
        }
        schema["default"] = std::move(names);
    } else {
        schema["default"] = key.fallback;
    }
}

json::array choices_of(std::string_view choices) {
    json::array words;
    while (!choices.empty()) {
        const auto word = choices.substr(0, choices.find('|'));
        words.emplace_back(word);
        choices.remove_prefix(std::min(choices.size(), word.size() + 1));
    }
    return words;
}

// What is written without quotation marks may be a number or a boolean to YAML, and is the same to the
// reader.
json::object value_schema(const SchemaKey &key) {
    json::object schema{{"description", fmt::format("{} ({})", key.help, describe(key))}};
    const json::string pattern(pattern_of(key.kind));
    switch (key.kind) {
    case ValueKind::version:
        schema["enum"] = json::array{1, "1", "1.0"};
        return schema;
    case ValueKind::choice:
        schema["enum"] = choices_of(key.choices);
        break;
    case ValueKind::names: {
        const json::object name{{"type", "string"}, {"pattern", pattern}};
        schema["anyOf"] =
            json::array{name, json::object{{"type", "array"}, {"items", name}, {"uniqueItems", true}}};
        break;
    }
    case ValueKind::name:
    case ValueKind::directory:
    case ValueKind::uuid:
    case ValueKind::sha256:
        schema["type"] = "string";
        schema["pattern"] = pattern;
        break;
    case ValueKind::node_id:
    case ValueKind::hostname:
        schema["type"] = json::array{"string", "number"};
        schema["pattern"] = pattern;
        schema["minimum"] = 0;
        break;
    case ValueKind::port:
        schema["type"] = json::array{"integer", "string"};
        schema["pattern"] = pattern;
        schema["minimum"] = 1;
        schema["maximum"] = 65535;
        break;
    case ValueKind::boolean:
        schema["type"] = json::array{"boolean", "string"};
        schema["pattern"] = pattern;
        break;
    case ValueKind::size:
        schema["type"] = json::array{"string", "integer"};
        schema["pattern"] = pattern;
        schema["minimum"] = kMinVolume;
        schema["maximum"] = kMaxNumber;
        break;
    }
    describe_default(schema, key);
    return schema;
}

json::object text_schema(bool may_be_empty, std::string_view pattern) {
    json::object schema{{"type", json::array{"string", "number", "boolean"}}};
    if (!may_be_empty)
        schema["minLength"] = 1;
    if (!pattern.empty())
        schema["pattern"] = pattern;
    return schema;
}

json::object whole_number(const json::string &pattern) {
    return {{"type", json::array{"integer", "string"}},
            {"minimum", 0},
            {"maximum", kMaxNumber},
            {"pattern", pattern}};
}

// One value of the kind, a secret's reference aside.
json::object plain_schema(const ConfigKey &key) {
    const json::string pattern(pattern_of(key.kind));
    switch (key.kind) {
    case KeyKind::u64:
    case KeyKind::bytes:
        return whole_number(pattern);
    case KeyKind::boolean:
        return {{"type", json::array{"boolean", "string"}}, {"pattern", pattern}};
    case KeyKind::string:
    case KeyKind::list:
        break;
    }
    return text_schema(!key.required, key.secret ? secret_pattern() : std::string_view());
}

json::object value_schema(const ConfigKey &key) {
    json::array forms{plain_schema(key)};
    if (key.kind == KeyKind::list) {
        auto item = text_schema(true, key.secret ? secret_pattern() : std::string_view());
        json::object list{{"type", "array"}, {"items", std::move(item)}};
        if (key.required) {
            list["minItems"] = 1;
            list["not"] = json::object{{"const", json::array{""}}};
        }
        forms.push_back(std::move(list));
    } else if (key.secret && key.kind != KeyKind::string) {
        forms.push_back(json::object{{"type", "string"}, {"pattern", secret_reference_pattern()}});
    }
    if (!key.required) // a key without a value counts as absent
        forms.push_back(json::object{{"type", "null"}});
    json::object schema{{"description", describe_key(key)}};
    schema["anyOf"] = std::move(forms);
    if (key.secret) {
        schema["writeOnly"] = true;
    } else if (auto value = default_value(key); !value.is_null()) {
        schema["default"] = std::move(value);
    }
    return schema;
}

json::object reference_to(const std::string &name) {
    return {{"$ref", "#/$defs/" + name}};
}

class Builder {
public:
    explicit Builder(std::span<const CatalogEntry> entries) {
        for (const auto &entry : entries) {
            if (entry.description)
                drivers_.push_back(&entry);
        }
    }

    json::object build() const {
        json::object root{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                          {"title", "agent.yml of Drover"}};
        for (auto &[name, value] : section(*find_section("")))
            root[name] = std::move(value);
        auto &properties = root["properties"].as_object();
        for (const auto &inner : schema_sections()) {
            if (!inner.path.empty() && inner.path.find('.') == std::string_view::npos)
                properties[inner.path] = inner_section(inner);
        }
        const json::object named_backends{
            {"required", json::array{"backends"}},
            {"properties",
             json::object{{"backends", json::object{{"type", "object"}, {"minProperties", 1}}}}}};
        root["anyOf"] = json::array{json::object{{"required", json::array{"dataset"}}}, named_backends};
        if (auto choices = dataset_choices(); !choices.empty())
            root["allOf"] = std::move(choices);
        root["$defs"] = definitions();
        return root;
    }

private:
    // Our keys of a section; with a driver its keys, too; closed unless the driver's keys are not known.
    json::object section(const SchemaSection &from, const DriverDescription *driver = nullptr) const {
        json::object properties;
        json::array required;
        const auto add = [&](const auto &key) {
            if (properties.contains(key.name))
                return; // a driver cannot take over a key of ours
            properties[key.name] = value_schema(key);
            if (key.required)
                required.emplace_back(key.name);
        };
        for (const auto &key : schema_keys()) {
            if (key.section == from.path)
                add(key);
        }
        if (auto *name = properties.if_contains("driver"); name != nullptr && !drivers_.empty())
            name->as_object()["examples"] = names();
        if (driver != nullptr) {
            for (const auto &key : driver->config_keys)
                add(key);
        }
        json::object out{{"description", from.help}};
        out["type"] = required.empty() && !from.path.empty() ? json::value(json::array{"object", "null"})
                                                             : json::value("object");
        out["properties"] = std::move(properties);
        if (!required.empty())
            out["required"] = std::move(required);
        if (driver != nullptr || !from.takes_driver_keys)
            out["additionalProperties"] = false;
        if (from.takes_driver_keys) { // a driver inside the agent is the agent's user
            out["not"] = {{"type", "object"},
                          {"required", json::array{"isolation", "run-as"}},
                          {"properties", {{"isolation", {{"const", "in-process"}}}}}};
        }
        return out;
    }

    json::object inner_section(const SchemaSection &from) const {
        if (from.path == "backends")
            return backends(from);
        auto out = section(from);
        if (from.takes_driver_keys) {
            if (auto choices = by_driver_key("dataset"); !choices.empty())
                out["allOf"] = std::move(choices);
        }
        if (from.foreign_mark.empty())
            return out;
        const json::object foreign{{"type", "object"}, {"required", json::array{from.foreign_mark}}};
        return {{"description", from.help}, {"if", foreign}, {"then", true}, {"else", std::move(out)}};
    }

    // An entry's driver is the one it names, or the one of its own name.
    json::object backends(const SchemaSection &from) const {
        json::object named;
        for (const auto *driver : drivers_) {
            const json::object names_another{{"type", "object"}, {"required", json::array{"driver"}}};
            named[driver->name] = json::object{{"if", names_another},
                                               {"then", reference_to("backend")},
                                               {"else", reference_to("backend." + driver->name)}};
        }
        const json::string name(pattern_of(ValueKind::name));
        json::object out{{"description", from.help}, {"type", json::array{"object", "null"}}};
        out["propertyNames"] = json::object{{"pattern", name}};
        if (!named.empty())
            out["properties"] = std::move(named);
        out["additionalProperties"] = reference_to("backend");
        return out;
    }

    json::object definitions() const {
        json::object definitions;
        auto backend = section(*find_section("backends.*"));
        if (auto choices = by_driver_key("backend"); !choices.empty())
            backend["allOf"] = std::move(choices);
        definitions["backend"] = std::move(backend);
        for (const auto *driver : drivers_) {
            definitions["backend." + driver->name] =
                section(*find_section("backends.*"), &*driver->description);
            definitions["dataset." + driver->name] = section(*find_section("dataset"), &*driver->description);
        }
        return definitions;
    }

    // What a section is, where its `driver` names one that we know.
    json::array by_driver_key(const std::string &prefix) const {
        json::array choices;
        for (const auto *driver : drivers_) {
            const json::object is_this{
                {"type", "object"},
                {"required", json::array{"driver"}},
                {"properties", json::object{{"driver", json::object{{"const", driver->name}}}}}};
            choices.push_back(
                json::object{{"if", is_this}, {"then", reference_to(prefix + "." + driver->name)}});
        }
        return choices;
    }

    // Without `driver`, dataset.backend is an entry of `backends`, and then nothing may stand beside it, or
    // else the driver's name.
    json::array dataset_choices() const {
        json::array choices;
        for (const auto *driver : drivers_) {
            const json::object has_entry{
                {"required", json::array{"backends"}},
                {"properties",
                 json::object{{"backends",
                               json::object{{"type", "object"}, {"required", json::array{driver->name}}}}}}};
            const json::object dataset{
                {"type", "object"},
                {"required", json::array{"backend"}},
                {"properties", json::object{{"backend", json::object{{"const", driver->name}}}}},
                {"not", json::object{{"required", json::array{"driver"}}}}};
            const auto then = [](const json::object &schema) {
                return json::object{{"properties", json::object{{"dataset", schema}}}};
            };
            choices.push_back(json::object{
                {"if", json::object{{"required", json::array{"dataset"}},
                                    {"properties", json::object{{"dataset", dataset}}}}},
                {"then", json::object{{"if", has_entry},
                                      {"then", then(json::object{{"maxProperties", 1}})},
                                      {"else", then(reference_to("dataset." + driver->name))}}}});
        }
        return choices;
    }

    json::array names() const {
        json::array names;
        for (const auto *driver : drivers_)
            names.emplace_back(driver->name);
        return names;
    }

    std::vector<const CatalogEntry *> drivers_;
};

} // namespace

boost::json::object config_schema(std::span<const CatalogEntry> drivers) {
    return Builder(drivers).build();
}

} // namespace drover::cli
