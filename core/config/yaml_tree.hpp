// A YAML text as a small tree that keeps what yaml-cpp's own nodes lose: the place of every key and value,
// keys that appear twice, and whether a scalar was quoted. Bounded: nesting, and the number of nodes after
// aliases were followed. Does not know what the keys mean.
#pragma once

#include "core/config/problem.hpp"
#include "loader/base/secret_text.hpp"

#include <tl/expected.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace drover {

struct YamlEntry;

struct YamlNode {
    enum class Shape { null, scalar, list, mapping };
    Shape shape = Shape::null;
    SourcePosition position;
    SecretText text; // of a scalar; it may be a password
    std::vector<YamlNode> items;
    std::vector<YamlEntry> entries; // in the order of the file, repeated keys included
};

struct YamlEntry {
    YamlNode key;
    YamlNode value;
};

// "nothing", "text", "a list" or "a mapping".
std::string_view to_string(YamlNode::Shape shape) noexcept;

struct YamlError {
    SourcePosition position;
    std::string message;
};

// The one document of the text. An empty text is a null node.
tl::expected<YamlNode, YamlError> parse_yaml(std::string_view text);

} // namespace drover
