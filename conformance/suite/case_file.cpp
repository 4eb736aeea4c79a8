#include "conformance/suite/case_file.hpp"

#include "core/config/scalars.hpp"
#include "core/config/size.hpp"
#include "core/config/source_file.hpp"
#include "core/config/suggest.hpp"
#include "core/config/yaml_tree.hpp"
#include "core/connect/initiators.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace drover::conformance {
namespace {

using Shape = YamlNode::Shape;

std::string put_scratch(std::string text, const std::filesystem::path &scratch) {
    static constexpr std::string_view kPlaceholder = "{scratch}";
    for (std::size_t at = text.find(kPlaceholder); at != std::string::npos;
         at = text.find(kPlaceholder, at + scratch.native().size()))
        text.replace(at, kPlaceholder.size(), scratch.native());
    return text;
}

void put_scratch(std::vector<RawKey> &keys, const std::filesystem::path &scratch) {
    for (RawKey &key : keys) {
        for (SecretText &text : key.value.texts)
            text = SecretText(put_scratch(text.reveal(), scratch));
    }
}

// Walks the tree of a case.yml; collects every problem before it gives up.
class Reader {
public:
    Reader(std::string_view text, std::string_view file) : source_(std::make_shared<ConfigSource>()) {
        source_->file = file;
        source_->lines = blot_lines(text);
    }

    CaseFile out;
    std::vector<Problem> problems;

    void read(const YamlNode &root) {
        out.backend.source = source_;
        if (!is_mapping(root, ""))
            return;
        for_entries(root, "", kTop, [&](std::string_view key, const YamlEntry &entry) { top(key, entry); });
        if (!seen_version_)
            report(root.position, "version", "missing; write version: 1 as the first line");
        if (!seen_keys_)
            report(root.position, "keys", "missing; it holds the driver's own keys, as agent.yml has them");
        if (out.grown_bytes <= out.small_bytes)
            report(root.position, "sizes.grown", "must be larger than sizes.small");
        if (out.nodes[0].id == out.nodes[1].id)
            report(root.position, "nodes", "the two nodes need different ids");
    }

    void report(SourcePosition at, std::string key, std::string message) {
        Problem problem;
        problem.file = source_->file;
        problem.position = at;
        problem.key = std::move(key);
        problem.message = std::move(message);
        problem.excerpt = excerpt_of(*source_, at);
        problems.push_back(std::move(problem));
    }

private:
    using Names = std::vector<std::string>;
    inline static const Names kTop{"version",  "keys", "dataset",    "bad-keys", "sizes", "nodes",
                                   "profiles", "pool", "filesystem", "shared",   "skip"};

    bool is_mapping(const YamlNode &node, const std::string &key) {
        if (node.shape != Shape::mapping)
            report(node.position, key, fmt::format("is {}; expected a mapping", to_string(node.shape)));
        return node.shape == Shape::mapping;
    }

    bool is_list(const YamlNode &node, const std::string &key) {
        if (node.shape != Shape::list)
            report(node.position, key, fmt::format("is {}; expected a list", to_string(node.shape)));
        return node.shape == Shape::list;
    }

    std::string text(const YamlNode &node, const std::string &key) {
        if (node.shape != Shape::scalar)
            report(node.position, key, fmt::format("is {}; expected text", to_string(node.shape)));
        return node.text.reveal();
    }

    template <typename Take>
    void for_entries(const YamlNode &node, const std::string &path, const Names &known, const Take &take) {
        std::set<std::string> seen;
        for (const YamlEntry &entry : node.entries) {
            const std::string name = entry.key.text.reveal();
            const std::string full = path.empty() ? name : fmt::format("{}.{}", path, name);
            if (!seen.insert(name).second) {
                report(entry.key.position, full, "given twice");
            } else if (std::find(known.begin(), known.end(), name) == known.end()) {
                const auto meant = suggest(name, known);
                report(entry.key.position, full,
                       "unknown key" + (meant ? fmt::format("; did you mean {}?", *meant) : std::string()));
            } else {
                take(name, entry);
            }
        }
    }

    void top(std::string_view key, const YamlEntry &entry) {
        const YamlNode &value = entry.value;
        const std::string name(key);
        if (key == "version") {
            seen_version_ = true;
            if (value.shape != Shape::scalar || value.text.reveal() != "1")
                report(value.position, name, "this program reads version 1");
        } else if (key == "keys" || key == "dataset") {
            if (seen_keys_)
                report(entry.key.position, name, "keys and dataset say the same; give one of them");
            seen_keys_ = true;
            out.backend.section = name;
            out.backend.position = entry.key.position;
            out.backend.keys = driver_keys(value, name);
        } else if (key == "bad-keys") {
            out.bad_keys = driver_keys(value, name);
        } else if (key == "sizes") {
            if (is_mapping(value, name)) {
                for_entries(value, name, {"small", "grown"},
                            [&](std::string_view size, const YamlEntry &each) {
                                read_size(each, fmt::format("sizes.{}", size),
                                          size == "small" ? out.small_bytes : out.grown_bytes);
                            });
            }
        } else if (key == "nodes") {
            read_nodes(value);
        } else if (key == "profiles") {
            out.profiles = texts(value, name);
        } else if (key == "pool") {
            out.pool = text(value, name);
        } else if (key == "filesystem") {
            out.fstype = text(value, name);
            if (out.fstype != "ext4" && out.fstype != "xfs")
                report(value.position, name, "expected ext4 or xfs");
        } else if (key == "shared") {
            const auto flag = parse_boolean(text(value, name));
            if (!flag)
                report(value.position, name, "expected true or false");
            out.is_shared = flag.value_or(false);
        } else {
            read_skips(value);
        }
    }

    std::vector<RawKey> driver_keys(const YamlNode &node, const std::string &path) {
        std::vector<RawKey> keys;
        if (node.shape == Shape::null) // a driver may have no keys at all
            return keys;
        if (!is_mapping(node, path))
            return keys;
        static const std::set<std::string> kOfTheLoader{"backend", "driver", "isolation", "sha256"};
        for (const YamlEntry &entry : node.entries) {
            RawKey key;
            key.name = text(entry.key, path);
            if (path == "dataset" && kOfTheLoader.contains(key.name))
                continue; // so that the section of an agent.yml can be pasted as it is
            key.position = entry.key.position;
            key.value_position = entry.value.position;
            const YamlNode &value = entry.value;
            if (value.shape == Shape::scalar) {
                key.value.shape = RawValue::Shape::text;
                key.value.texts.push_back(value.text);
            } else if (value.shape == Shape::list) {
                key.value.shape = RawValue::Shape::list;
                for (const YamlNode &item : value.items) {
                    if (item.shape != Shape::scalar)
                        key.value.shape = RawValue::Shape::other;
                    key.value.texts.push_back(item.text);
                }
            } else if (value.shape == Shape::mapping) {
                key.value.shape = RawValue::Shape::other;
            }
            const bool is_new = std::none_of(keys.begin(), keys.end(),
                                             [&](const RawKey &other) { return other.name == key.name; });
            if (is_new) {
                keys.push_back(std::move(key));
            } else {
                report(entry.key.position, path + "." + key.name, "given twice");
            }
        }
        return keys;
    }

    void read_size(const YamlEntry &entry, const std::string &key, std::uint64_t &to) {
        const auto bytes = parse_size(text(entry.value, key));
        if (!bytes) {
            report(entry.value.position, key, bytes.error().message);
        } else if (*bytes < (std::uint64_t{16} << 20)) {
            report(entry.value.position, key, "too small to hold a filesystem; give at least 16MiB");
        } else {
            to = *bytes;
        }
    }

    std::vector<std::string> texts(const YamlNode &node, const std::string &key) {
        std::vector<std::string> all;
        if (node.shape == Shape::scalar) {
            all.push_back(node.text.reveal());
        } else if (is_list(node, key)) {
            for (const YamlNode &item : node.items)
                all.push_back(text(item, key));
        }
        return all;
    }

    void read_nodes(const YamlNode &value) {
        if (!is_list(value, "nodes"))
            return;
        if (value.items.size() != 2) {
            report(value.position, "nodes",
                   "expected two: this machine as the driver knows it, and another one");
            return;
        }
        for (std::size_t i = 0; i < 2; ++i) {
            NodeIdentity &node = out.nodes.at(i);
            const std::string path = fmt::format("nodes[{}]", i);
            if (!is_mapping(value.items[i], path))
                continue;
            for_entries(value.items[i], path, {"id", "initiators"},
                        [&](std::string_view key, const YamlEntry &entry) {
                            if (key == "id") {
                                node.id = text(entry.value, path + ".id");
                            } else if (is_mapping(entry.value, path + ".initiators")) {
                                read_initiators(entry.value, path + ".initiators", node);
                            }
                        });
            if (node.id.empty() || node.id.size() > 255)
                report(value.items[i].position, path + ".id", "expected 1 to 255 bytes");
        }
    }

    void read_initiators(const YamlNode &value, const std::string &path, NodeIdentity &node) {
        for_entries(value, path, {"iqn", "wwpn", "nqn"}, [&](std::string_view kind, const YamlEntry &entry) {
            for (std::string &each : texts(entry.value, fmt::format("{}.{}", path, kind)))
                node.initiators.emplace_back(kind, std::move(each));
        });
    }

    void read_skips(const YamlNode &value) {
        if (!is_list(value, "skip"))
            return;
        for (const YamlNode &item : value.items) {
            SkipRule rule;
            if (!is_mapping(item, "skip"))
                continue;
            for_entries(item, "skip", {"id", "reason"}, [&](std::string_view key, const YamlEntry &entry) {
                (key == "id" ? rule.id : rule.reason) = text(entry.value, fmt::format("skip.{}", key));
            });
            if (rule.id.empty() || rule.reason.empty()) {
                report(item.position, "skip", "each entry needs an id and a reason");
            } else {
                out.skips.push_back(std::move(rule));
            }
        }
    }

    std::shared_ptr<ConfigSource> source_;
    bool seen_version_ = false;
    bool seen_keys_ = false;
};

} // namespace

bool SkipRule::matches(std::string_view case_id) const noexcept {
    if (id.ends_with(".*"))
        return case_id.starts_with(std::string_view(id).substr(0, id.size() - 1));
    return case_id == id;
}

tl::expected<CaseFile, std::vector<Problem>> parse_case_file(std::string_view text, std::string_view file,
                                                             const std::filesystem::path &scratch) {
    if (auto problem = check_encoding(text, file))
        return tl::unexpected(std::vector{std::move(*problem)});
    Reader reader(text, file);
    const auto tree = parse_yaml(text);
    if (!tree) {
        reader.report(tree.error().position, "", tree.error().message);
    } else {
        reader.read(*tree);
    }
    if (!reader.problems.empty())
        return tl::unexpected(std::move(reader.problems));
    put_scratch(reader.out.backend.keys, scratch);
    put_scratch(reader.out.bad_keys, scratch);
    return std::move(reader.out);
}

tl::expected<CaseFile, std::vector<Problem>> load_case_file(const std::filesystem::path &file,
                                                            const std::filesystem::path &scratch) {
    const auto source = read_source(file);
    if (!source)
        return tl::unexpected(std::vector{source.error()});
    return parse_case_file(source->text.reveal(), file.native(), scratch);
}

tl::expected<CaseFile, std::vector<Problem>>
case_file_from_agent_config(const std::filesystem::path &file, std::string_view driver,
                            const std::filesystem::path &scratch) {
    const auto config = load_agent_config(file);
    if (!config)
        return tl::unexpected(config.error());
    const auto by_driver = std::find_if(config->backends.begin(), config->backends.end(),
                                        [&](const BackendConfig &each) { return each.driver == driver; });
    CaseFile out;
    out.backend = by_driver != config->backends.end() ? *by_driver : config->backends.front();
    put_scratch(out.backend.keys, scratch);
    out.driver_dir = config->agent.driver_dir;
    out.is_shared = true; // the agent whose file it is may be running
    if (config->agent.node_id)
        out.nodes[0].id = *config->agent.node_id;
    // As the agent tells them to its driver; the other node is one more name of this machine.
    out.nodes[0].initiators = connect::initiators(connect::HostAccess{});
    for (const auto &[kind, name] : out.nodes[0].initiators) {
        if (kind == "iqn" && out.nodes[1].initiators.empty())
            out.nodes[1].initiators.emplace_back(kind, name + ":" + out.nodes[1].id);
    }
    return out;
}

} // namespace drover::conformance
