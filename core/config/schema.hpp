// The keys of agent.yml that are ours to define, as a table: the reader checks files against it, the test of
// the documentation walks it, and the JSON Schema (core/cli/config_schema.cpp) is made from it. The
// keys of drivers are not here: each driver declares its own.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace drover {

enum class ValueKind {
    version,   // the number 1
    name,      // ^[a-z][a-z0-9_-]{0,62}$
    names,     // a list of names, or one
    directory, // an absolute path
    node_id,   // a UUID or a plain word
    uuid,
    hostname, // or an IP address
    port,
    boolean,
    size,
    choice,
    sha256,
};

struct SchemaSection {
    std::string_view path; // "" is the file itself; "backends.*" is each entry of backends
    bool takes_driver_keys;
    std::string_view help;
    // A section with this key is somebody else's: taken with a warning, and without effect. Empty: none is.
    std::string_view foreign_mark = {};
};

struct SchemaKey {
    std::string_view section;
    std::string_view name;
    ValueKind kind;
    bool required;
    std::string_view fallback; // as it would be written; empty: none, or told by `help`
    std::string_view choices;  // of a choice, separated by '|'
    std::string_view help;
};

std::span<const SchemaSection> schema_sections() noexcept;
std::span<const SchemaKey> schema_keys() noexcept;

// Null when there is none.
const SchemaSection *find_section(std::string_view path) noexcept;
const SchemaKey *find_key(std::string_view section, std::string_view name) noexcept;

// Everything that may be written directly in a section: its keys and the sections in it.
std::vector<std::string> names_in(std::string_view section);

// "true or false", "a port number, 1 to 65535": what a key wants, in words.
std::string describe(const SchemaKey &key);

} // namespace drover
