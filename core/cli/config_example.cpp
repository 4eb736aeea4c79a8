#include "core/cli/config_example.hpp"

#include "core/cli/config_text.hpp"
#include "core/cli/key_values.hpp"
#include "core/config/schema.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace drover::cli {
namespace {

constexpr std::size_t kColumns = 100;

class Writer {
public:
    void open(std::string_view text) {
        line(text);
        indent_ += 2;
    }
    void close() { indent_ -= 2; }
    void blank() { out_ += '\n'; }
    void line(std::string_view text) { out_ += fmt::format("{:{}}{}\n", "", indent_, text); }

    // Broken between words; a word that is longer than a line stands on its own.
    void comment(std::string_view text) {
        std::string written;
        while (!text.empty()) {
            const auto word = text.substr(0, text.find(' '));
            text.remove_prefix(std::min(text.size(), word.size() + 1));
            if (!written.empty() && indent_ + 3 + written.size() + word.size() > kColumns) {
                line("# " + written);
                written.clear();
            }
            if (!word.empty())
                written += fmt::format("{}{}", written.empty() ? "" : " ", word);
        }
        if (!written.empty())
            line("# " + written);
    }
    void key(std::string_view name, std::string_view value, bool is_on) {
        line(fmt::format("{}{}:{}{}", is_on ? "" : "#", name, value.empty() ? "" : " ", value));
    }

    std::string take() { return std::move(out_); }

private:
    std::size_t indent_ = 0;
    std::string out_;
};

// Those of our keys that stand beside the driver's. They have no default that could be written down.
void write_our_keys(Writer &out, std::string_view section, std::string_view path) {
    for (const auto &key : schema_keys()) {
        if (key.section != section || key.name == "backend" || key.name == "driver")
            continue;
        out.comment(fmt::format("{} ({})", key.help, describe(key)));
        if (key.kind == ValueKind::sha256) {
            out.comment(fmt::format("sha256sum {} prints it.", path));
            out.key(key.name, "", false);
        } else {
            out.key(key.name, key.choices.substr(0, key.choices.find('|')), false);
        }
    }
}

void write_driver_key(Writer &out, const ConfigKey &key, std::string_view backend) {
    out.comment(describe_key(key) + (key.required ? " Required." : ""));
    if (key.secret) {
        out.comment("The file must belong to root and have mode 0600.");
        out.key(key.name, fmt::format("file:/etc/drover/{}.{}", backend, key.name), key.required);
    } else {
        out.key(key.name, to_yaml_value(default_value(key)), key.required);
    }
}

} // namespace

std::string config_example(const DriverDescription &declared, std::string_view driver,
                           std::string_view backend) {
    const bool is_entry = !backend.empty();
    const auto name = is_entry ? backend : driver;
    Writer out;
    out.comment(
        fmt::format("agent.yml for the driver {} {} ({}), made by `drover config example`. Keys that are "
                    "switched off (#key) show their default, if they have one. `drover config check "
                    "FILE` tells what is missing; docs/agent-yml.md explains the other sections.",
                    driver, declared.version, declared.vendor));
    out.blank();
    out.line("version: 1");
    out.blank();
    out.comment(find_section("dataset")->help);
    out.open("dataset:");
    out.key("backend", name, true);
    std::string_view section = "dataset";
    if (is_entry) {
        section = "backends.*";
        out.close();
        out.blank();
        out.comment(find_section("backends")->help);
        out.open("backends:");
        out.open(fmt::format("{}:", backend));
        out.key("driver", driver, true);
    }
    write_our_keys(out, section, declared.path);
    out.blank();
    out.comment(declared.config_keys.empty() ? fmt::format("The driver {} has no keys.", driver)
                                             : fmt::format("The keys of the driver {}.", driver));
    for (const auto &key : declared.config_keys)
        write_driver_key(out, key, name);
    return out.take();
}

} // namespace drover::cli
