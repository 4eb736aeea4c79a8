#include "core/config/schema_reader.hpp"

#include "core/config/scalars.hpp"
#include "core/config/size.hpp"
#include "core/config/source_file.hpp"
#include "core/config/suggest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace drover {
namespace {

std::string join(std::string_view section, std::string_view name) {
    return section.empty() ? std::string(name) : fmt::format("{}.{}", section, name);
}

RawValue raw_value(const YamlNode &node) {
    RawValue value;
    switch (node.shape) {
    case YamlNode::Shape::null:
        break;
    case YamlNode::Shape::scalar:
        value.shape = RawValue::Shape::text;
        value.texts.push_back(node.text);
        break;
    case YamlNode::Shape::list:
        value.shape = RawValue::Shape::list;
        for (const auto &item : node.items) {
            if (item.shape != YamlNode::Shape::scalar)
                return RawValue{.shape = RawValue::Shape::other, .texts = {}};
            value.texts.push_back(item.text);
        }
        break;
    case YamlNode::Shape::mapping:
        value.shape = RawValue::Shape::other;
        break;
    }
    return value;
}

class Reader {
public:
    explicit Reader(const ConfigSource &source) : source_(source) {}

    CheckedFile read(const YamlNode &root) {
        if (root.shape == YamlNode::Shape::null) {
            report({}, "", "nothing", "version and dataset or backends",
                   "holds no settings; expected version: 1 and a dataset or backends section");
        } else if (root.shape != YamlNode::Shape::mapping) {
            report(root.position, "", std::string(to_string(root.shape)), "a mapping",
                   fmt::format("the file is {}; expected keys and values, such as version: 1",
                               to_string(root.shape)));
        } else {
            read_section(root, *find_section(""), "", root.position);
        }
        return std::move(out_);
    }

private:
    void report(SourcePosition at, std::string_view key, std::string found, std::string expected,
                std::string message) {
        Problem problem;
        problem.file = source_.file;
        problem.position = at;
        problem.key = key;
        problem.found = std::move(found);
        problem.expected = std::move(expected);
        problem.message = std::move(message);
        problem.excerpt = excerpt_of(source_, at);
        out_.problems.push_back(std::move(problem));
    }

    void read_section(const YamlNode &node, const SchemaSection &section, const std::string &path,
                      SourcePosition at) {
        auto &checked = out_.sections[path];
        checked.position = at;
        checked.has_value = node.shape == YamlNode::Shape::mapping;
        std::map<std::string, SourcePosition, std::less<>> seen;
        const YamlEntry *before = nullptr;
        for (const auto &entry : node.entries) {
            // A comma in the place of a blank, {password:,hunter2}, or a line break, makes a key of a value.
            const bool follows_nothing = before != nullptr && ends_without_value(before->value);
            before = &entry;
            const bool may_be_value =
                follows_nothing || (section.takes_driver_keys && entry.value.shape == YamlNode::Shape::null);
            if (entry.key.shape != YamlNode::Shape::scalar) {
                report(entry.key.position, path, std::string(to_string(entry.key.shape)), "a word",
                       fmt::format("a key is {}; expected a word", to_string(entry.key.shape)));
                continue;
            }
            const std::string &name = entry.key.text.reveal();
            const auto [first, is_new] = seen.emplace(name, entry.key.position);
            if (!is_new) {
                const bool is_hidden = may_be_value && find_key(section.path, name) == nullptr;
                const auto shown = is_hidden ? path : join(path, printable_key(name));
                report(entry.key.position, shown, "a second time", "each key once",
                       fmt::format("given twice; the first is on line {}", first->second.line));
                if (is_hidden)
                    out_.problems.back().excerpt.clear();
                continue;
            }
            read_entry(entry, section, path, may_be_value);
        }
        report_missing(section, path, at, seen);
    }

    static bool ends_without_value(const YamlNode &node) {
        if (node.shape == YamlNode::Shape::mapping && !node.entries.empty())
            return ends_without_value(node.entries.back().value);
        return node.shape == YamlNode::Shape::null;
    }

    void read_entry(const YamlEntry &entry, const SchemaSection &section, const std::string &path,
                    bool may_be_value) {
        const std::string &name = entry.key.text.reveal();
        const std::string full = join(path, name);
        if (section.path == "backends") {
            if (!is_valid_name(name)) {
                const SchemaKey *rule = find_key("dataset", "backend");
                const auto shown = may_be_value ? std::string() : printable_key(name);
                report(entry.key.position, shown.empty() ? path : join(path, shown), in_quotes(shown),
                       describe(*rule), fmt::format("a backend needs {}", describe(*rule)));
                if (may_be_value)
                    out_.problems.back().excerpt.clear();
                return;
            }
            if (const auto *node = section_node(entry, full)) {
                out_.backend_names.push_back(name);
                read_section(*node, *find_section("backends.*"), full, entry.key.position);
            }
            return;
        }
        if (const SchemaKey *key = find_key(section.path, name)) {
            read_value(entry, *key, full);
        } else if (const SchemaSection *inner = section.path.empty() ? find_section(name) : nullptr;
                   inner != nullptr && !name.empty() && name.find('.') == std::string::npos) {
            if (const auto *node = section_node(entry, full))
                read_inner(*node, *inner, full, entry.key.position);
        } else if (section.takes_driver_keys) {
            RawKey raw;
            raw.name = name;
            raw.position = entry.key.position;
            raw.value_position = entry.value.position;
            raw.value = raw_value(entry.value);
            raw.may_be_value = may_be_value;
            out_.sections[path].driver_keys.push_back(std::move(raw));
        } else {
            report_unknown(entry.key.position, section, path, name, may_be_value);
        }
    }

    void read_inner(const YamlNode &node, const SchemaSection &section, const std::string &path,
                    SourcePosition at) {
        // Flocker hands `logging` to Python's logging.config.dictConfig, whose dictionaries always name their
        // version.
        const bool is_python =
            !section.foreign_mark.empty() && std::ranges::any_of(node.entries, [&](const auto &entry) {
                return entry.key.text.reveal() == section.foreign_mark;
            });
        if (!is_python) {
            read_section(node, section, path, at);
            return;
        }
        report(
            at, path, "a Python logging dictionary", "level and format",
            "a Python logging dictionary has no effect here; use logging.level and logging.format instead");
        out_.problems.back().severity = Severity::warning;
    }

    // The mapping of a section; an empty one counts as one without keys.
    const YamlNode *section_node(const YamlEntry &entry, const std::string &path) {
        if (entry.value.shape == YamlNode::Shape::mapping || entry.value.shape == YamlNode::Shape::null)
            return &entry.value;
        report(entry.value.position, path, std::string(to_string(entry.value.shape)), "a mapping",
               fmt::format("is {}; expected a mapping (keys and values, indented below it)",
                           to_string(entry.value.shape)));
        return nullptr;
    }

    void report_unknown(SourcePosition at, const SchemaSection &section, const std::string &path,
                        const std::string &name, bool may_be_value) {
        const auto known = names_in(section.path);
        std::string message = "unknown key";
        if (may_be_value)
            message += ", not shown since it may be the value of the key before it";
        std::string expected;
        if (name == "<<") {
            message = "merge keys (<<) are not supported; write the keys out";
        } else if (const auto meant = suggest(name, known)) {
            expected = *meant;
            message += fmt::format("; did you mean {}?", *meant);
        } else if (const auto other = section_of(name); !other.empty()) {
            expected = other;
            message += fmt::format(" here; it belongs in the section {}", other);
        } else {
            expected = fmt::format("{}", fmt::join(known, ", "));
            message += fmt::format("; expected one of {}", expected);
        }
        if (name.find(':') != std::string::npos)
            message += "; a blank may be missing after the colon";
        const auto shown = may_be_value ? std::string() : printable_key(name);
        report(at, shown.empty() ? path : join(path, shown), shown, std::move(expected), std::move(message));
        if (may_be_value)
            out_.problems.back().excerpt.clear();
    }

    static std::string section_of(std::string_view name) {
        for (const auto &key : schema_keys()) {
            if (key.name == name && !key.section.empty() && key.section.find('*') == std::string_view::npos)
                return std::string(key.section);
        }
        return {};
    }

    void report_missing(const SchemaSection &section, const std::string &path, SourcePosition at,
                        const std::map<std::string, SourcePosition, std::less<>> &seen) {
        for (const auto &key : schema_keys()) {
            if (key.section == section.path && key.required && !seen.contains(key.name)) {
                report(at, join(path, key.name), "nothing", describe(key),
                       fmt::format("missing; expected {}", describe(key)));
            }
        }
    }

    void read_value(const YamlEntry &entry, const SchemaKey &key, const std::string &path) {
        const YamlNode &node = entry.value;
        if (node.shape == YamlNode::Shape::null) {
            report(entry.key.position, path, "nothing", describe(key),
                   fmt::format("has no value; expected {}{}", describe(key),
                               key.required ? "" : ", or leave the key out"));
            return;
        }
        CheckedValue value;
        value.position = node.position;
        if (key.kind == ValueKind::names && node.shape == YamlNode::Shape::list) {
            SchemaKey each = key;
            each.kind = ValueKind::name;
            for (const auto &item : node.items) {
                if (auto text = check_scalar(item, each, path))
                    value.texts.push_back(std::move(*text));
            }
        } else if (auto text = check_scalar(node, key, path)) {
            value.texts.push_back(std::move(*text));
        } else {
            return;
        }
        out_.values[path] = std::move(value);
    }

    std::optional<std::string> check_scalar(const YamlNode &node, const SchemaKey &key,
                                            const std::string &path) {
        if (node.shape != YamlNode::Shape::scalar) {
            report(node.position, path, std::string(to_string(node.shape)), describe(key),
                   fmt::format("is {}; expected {}", to_string(node.shape), describe(key)));
            return std::nullopt;
        }
        const std::string &text = node.text.reveal();
        auto value = canonical(key, text);
        if (value)
            return value;
        std::string message = fmt::format("{} is not {}", in_quotes(text), describe(key));
        if (key.kind == ValueKind::version) {
            message = fmt::format("version {} of the format is unknown; expected 1", in_quotes(text));
        } else if (const auto bytes = parse_size(text);
                   key.kind == ValueKind::size && !bytes && text.find(' ') == std::string::npos) {
            message = bytes.error().message;
        } else if (key.kind == ValueKind::choice) {
            message = choice_message(key, text);
        } else if (text.find("${") != std::string::npos) {
            message += "; variables are not replaced in this file";
        }
        report(node.position, path, in_quotes(text), describe(key), std::move(message));
        return std::nullopt;
    }

    static std::string choice_message(const SchemaKey &key, const std::string &text) {
        std::vector<std::string> choices;
        std::string_view rest = key.choices;
        while (!rest.empty()) {
            choices.emplace_back(rest.substr(0, rest.find('|')));
            rest.remove_prefix(std::min(rest.size(), choices.back().size() + 1));
        }
        std::string message = fmt::format("{} is unknown; expected {}", in_quotes(text), describe(key));
        if (const auto meant = suggest(text, choices))
            message = fmt::format("{} is unknown; did you mean {}?", in_quotes(text), *meant);
        return message;
    }

    const ConfigSource &source_;
    CheckedFile out_;
};

} // namespace

std::string printable_key(std::string_view key) {
    constexpr std::size_t kMaxKey = 63;
    std::size_t length = 0;
    while (length < key.size() && length < kMaxKey) {
        const char c = key[length];
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           c == '_' || c == '-' || c == '.' || c == '<';
        if (!plain)
            break;
        ++length;
    }
    return std::string(key.substr(0, length)) + (length < key.size() ? "..." : "");
}

CheckedFile read_by_schema(const YamlNode &root, const std::shared_ptr<const ConfigSource> &source) {
    return Reader(*source).read(root);
}

} // namespace drover
