// Walks the tree of an agent.yml along the schema: unknown, repeated and missing keys, wrong shapes, bad
// values. What is right comes out as canonical texts by key path; what they mean together is
// agent_config.cpp's to say.
#pragma once

#include "core/config/agent_config.hpp"
#include "core/config/schema.hpp"
#include "core/config/yaml_tree.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace drover {

struct CheckedValue {
    std::vector<std::string> texts; // one, or the items of a list
    SourcePosition position;        // of the value
};

struct CheckedSection {
    SourcePosition position; // of its key
    bool has_value = false;
    std::vector<RawKey> driver_keys;
};

struct CheckedFile {
    std::map<std::string, CheckedValue, std::less<>> values; // "docker.default-size"
    // By path, "backends.fast" included. Sections that are no mappings are problems and not here.
    std::map<std::string, CheckedSection, std::less<>> sections;
    std::vector<std::string> backend_names; // under `backends`, in the order of the file
    std::vector<Problem> problems;
};

CheckedFile read_by_schema(const YamlNode &root, const std::shared_ptr<const ConfigSource> &source);

// A key as it may be printed: up to the first character that a key cannot have, so that "password:hunter2" (a
// blank forgotten, which YAML reads as one long key) does not show the password.
std::string printable_key(std::string_view key);

} // namespace drover
