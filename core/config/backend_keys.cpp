#include "core/config/backend_keys.hpp"

#include "core/config/scalars.hpp"
#include "core/config/schema_reader.hpp"
#include "core/config/secret_reference.hpp"
#include "core/config/size.hpp"
#include "core/config/source_file.hpp"
#include "core/config/suggest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace drover {
namespace {

std::string_view describe_kind(KeyKind kind) {
    switch (kind) {
    case KeyKind::string:
        return "a text";
    case KeyKind::u64:
        return "a whole number in decimal digits, without leading zeros";
    case KeyKind::boolean:
        return "true or false";
    case KeyKind::bytes:
        return "a size such as 10GiB";
    case KeyKind::list:
        return "a list of texts, or one text";
    }
    return "a text";
}

std::string_view describe_shape(RawValue::Shape shape) {
    switch (shape) {
    case RawValue::Shape::null:
        return "nothing";
    case RawValue::Shape::text:
        return "a text";
    case RawValue::Shape::list:
        return "a list";
    case RawValue::Shape::other:
        return "a mapping or a list of more than texts";
    }
    return "nothing";
}

// The form in which the driver reads the value; nothing if it does not fit its kind.
std::optional<std::string> canonical_text(KeyKind kind, const std::string &text) {
    switch (kind) {
    case KeyKind::string:
    case KeyKind::list:
        return text;
    case KeyKind::u64:
        return parse_u64(text) ? std::optional(text) : std::nullopt;
    case KeyKind::boolean:
        if (const auto value = parse_boolean(text))
            return *value ? "true" : "false";
        return std::nullopt;
    case KeyKind::bytes:
        if (const auto bytes = parse_size(text))
            return std::to_string(*bytes);
        return std::nullopt;
    }
    return std::nullopt;
}

class Checker {
public:
    Checker(const BackendConfig &backend, std::span<const ConfigKey> declared)
        : backend_(backend), declared_(declared) {}

    tl::expected<CheckedBackend, std::vector<Problem>> check() {
        for (const auto &key : backend_.keys) {
            const auto found = std::ranges::find(declared_, key.name, &ConfigKey::name);
            if (found == declared_.end()) {
                report_unknown(key);
            } else if (key.value.shape !=
                       RawValue::Shape::null) { // as if it were absent, as drivers always had it
                check_value(key, *found);
            }
        }
        for (const auto &key : declared_)
            check_absent(key);
        warn_about_readers();
        std::ranges::stable_sort(problems_, {}, [](const Problem &problem) { return problem.position.line; });
        if (std::ranges::any_of(problems_, [](const auto &p) { return p.severity == Severity::error; }))
            return tl::unexpected(std::move(problems_));
        return CheckedBackend{std::move(settings_), std::move(problems_)};
    }

private:
    void report(SourcePosition at, std::string_view name, std::string found, std::string expected,
                std::string message, Severity severity = Severity::error) {
        Problem problem;
        problem.file = backend_.source ? backend_.source->file : "agent.yml";
        problem.position = at;
        problem.key = name.empty() ? backend_.section : fmt::format("{}.{}", backend_.section, name);
        problem.found = std::move(found);
        problem.expected = std::move(expected);
        problem.message = std::move(message);
        problem.severity = severity;
        if (backend_.source)
            problem.excerpt = excerpt_of(*backend_.source, at);
        problems_.push_back(std::move(problem));
    }

    void report_unknown(const RawKey &key) {
        std::vector<std::string> known = {"driver", "isolation", "run-as", "sha256"};
        std::vector<std::string> names;
        for (const auto &declared : declared_)
            names.push_back(declared.name);
        known.insert(known.begin(), names.begin(), names.end());
        std::string expected;
        std::string message = "unknown key";
        const std::string shown = key.may_be_value ? std::string() : printable_key(key.name);
        if (key.value.shape == RawValue::Shape::null) {
            message += " without a value, not shown since it may be a value itself";
        } else if (key.may_be_value) {
            message += ", not shown since it may be the value of the key before it";
        }
        if (const auto meant = suggest(key.name, known)) {
            expected = *meant;
            message += fmt::format("; did you mean {}?", *meant);
        } else if (names.empty()) {
            message += fmt::format("; the driver {} has no keys", backend_.driver);
        } else {
            expected = fmt::format("{}", fmt::join(names, ", "));
            message += fmt::format("; the driver {} knows {}", backend_.driver, expected);
        }
        report(key.position, shown, shown, std::move(expected), std::move(message));
        if (key.may_be_value)
            problems_.back().excerpt.clear();
    }

    void report_kind(const RawKey &key, const ConfigKey &declared, std::string found) {
        const auto wanted = describe_kind(declared.kind);
        auto message = found.empty() ? fmt::format("the secret is not {}", wanted)
                                     : fmt::format("is {}; expected {}", found, wanted);
        report(key.value_position, key.name, std::move(found), std::string(wanted), std::move(message));
    }

    void check_value(const RawKey &key, const ConfigKey &declared) {
        const auto shape = key.value.shape;
        if (shape == RawValue::Shape::other ||
            (shape == RawValue::Shape::list && declared.kind != KeyKind::list)) {
            report_kind(key, declared, std::string(describe_shape(shape)));
            return;
        }
        SecretText joined;
        bool is_first = true;
        for (const auto &written : key.value.texts) {
            SecretText text = written;
            if (declared.secret && !resolve(key, text))
                return;
            auto value = canonical_text(declared.kind, text.reveal());
            if (!value) {
                report_kind(key, declared, declared.secret ? std::string() : in_quotes(text.reveal()));
                return;
            }
            if (value->find('\0') != std::string::npos ||
                (shape == RawValue::Shape::list && value->find('\n') != std::string::npos)) {
                wipe(*value);
                report(key.value_position, key.name, "", std::string(describe_kind(declared.kind)),
                       "holds a NUL character, or a line break within an item of a list");
                return;
            }
            joined = SecretText(is_first ? *value : joined.reveal() + '\n' + *value);
            is_first = false;
            wipe(*value);
        }
        if (declared.required && joined.empty()) {
            report(key.value_position, key.name, "an empty value", declared.help,
                   missing_message("is empty", declared));
            return;
        }
        (declared.secret ? settings_.secrets : settings_.values)[key.name] = joined.reveal();
    }

    // Follows a reference in place.
    bool resolve(const RawKey &key, SecretText &text) {
        auto resolved = resolve_secret(text);
        if (!resolved) {
            report(key.value_position, key.name, "", "file:/path, env:NAME or the secret itself",
                   resolved.error());
            return false;
        }
        if (resolved->is_inline && !text.empty()) {
            has_inline_secret_ = true;
            report(key.value_position, key.name, "the secret itself", "file:/path or env:NAME",
                   "the secret stands in this file; file:/path or env:NAME would keep it out",
                   Severity::warning);
        }
        text = std::move(resolved->value);
        return true;
    }

    static std::string missing_message(std::string_view what, const ConfigKey &key) {
        return key.help.empty() ? fmt::format("{}; expected {}", what, describe_kind(key.kind))
                                : fmt::format("{}; expected {}: {}", what, describe_kind(key.kind), key.help);
    }

    void check_absent(const ConfigKey &declared) {
        const auto given = std::ranges::find_if(backend_.keys, [&](const RawKey &key) {
            return key.name == declared.name && key.value.shape != RawValue::Shape::null;
        });
        if (given != backend_.keys.end())
            return;
        if (declared.required) {
            report(backend_.position, declared.name, "nothing", declared.help,
                   missing_message("missing", declared));
            return;
        }
        if (declared.fallback.empty())
            return;
        const auto value = canonical_text(declared.kind, declared.fallback);
        if (!value) {
            report(backend_.position, declared.name, "", std::string(describe_kind(declared.kind)),
                   fmt::format(
                       "the driver {} declares a fallback that is not {}; set the key, and tell its author",
                       backend_.driver, describe_kind(declared.kind)));
            return;
        }
        (declared.secret ? settings_.secrets : settings_.values)[declared.name] = *value;
    }

    void warn_about_readers() {
        if (!has_inline_secret_ || !backend_.source || !backend_.source->others_can_read)
            return;
        report(backend_.position, "", "a file that every user can read", "mode 0600",
               fmt::format("holds secrets, and every user can read the file; chmod 0600 {}",
                           backend_.source->file),
               Severity::warning);
    }

    const BackendConfig &backend_;
    std::span<const ConfigKey> declared_;
    BackendSettings settings_;
    std::vector<Problem> problems_;
    bool has_inline_secret_ = false;
};

} // namespace

tl::expected<CheckedBackend, std::vector<Problem>> check_backend_keys(const BackendConfig &backend,
                                                                      std::span<const ConfigKey> declared) {
    return Checker(backend, declared).check();
}

} // namespace drover
