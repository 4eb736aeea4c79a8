#include "conformance/simulators/flasharray/row_filter.hpp"

#include "conformance/simulators/flasharray/names.hpp"
#include "conformance/simulators/flasharray/refusal.hpp"
#include "conformance/simulators/flasharray/table.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value_to.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <compare>
#include <vector>

namespace drover::sim::flasharray {

namespace {

namespace json = boost::json;

constexpr int kMostDepth = 32;

std::string_view view(const json::string &text) {
    return {text.data(), text.size()};
}

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
}

// A literal, and how a field compares with it.
struct Literal {
    bool is_number = false;
    double number = 0;
    std::string text;

    [[nodiscard]] bool equals(const json::value &value) const {
        if (const auto *field = value.if_string())
            return matches(text, view(*field));
        if (value.is_bool())
            return text == (value.get_bool() ? "true" : "false");
        if (const auto *list = value.if_array()) {
            return std::ranges::any_of(
                *list, [&](const json::value &item) { return item.is_string() && equals(item); });
        }
        return value.is_number() && is_number && value.to_number<double>() == number;
    }
    [[nodiscard]] std::partial_ordering order_of(const json::value &value) const {
        if (value.is_number() && is_number)
            return value.to_number<double>() <=> number;
        if (const auto *field = value.if_string())
            return lower(view(*field)) <=> lower(text);
        return std::partial_ordering::unordered;
    }
};

class Parser {
public:
    explicit Parser(std::string_view text) : rest_(text) {}

    RowFilter parse() {
        RowFilter filter = alternatives(0);
        skip_blanks();
        if (!rest_.empty())
            fail();
        return filter;
    }

private:
    [[noreturn]] void fail() const {
        refuse("filter", fmt::format("Invalid filter: cannot be read from '{}' on.", rest_.substr(0, 40)));
    }
    void skip_blanks() {
        while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t'))
            rest_.remove_prefix(1);
    }
    bool take(std::string_view token) {
        skip_blanks();
        if (!rest_.starts_with(token))
            return false;
        rest_.remove_prefix(token.size());
        return true;
    }
    bool take_word(std::string_view word) {
        skip_blanks();
        if (lower(rest_.substr(0, word.size())) != word ||
            (rest_.size() > word.size() && is_word(rest_[word.size()])))
            return false;
        rest_.remove_prefix(word.size());
        return true;
    }
    std::string_view word() {
        skip_blanks();
        const auto end = std::ranges::find_if_not(rest_, is_word);
        const auto size = static_cast<std::size_t>(end - rest_.begin());
        const std::string_view found = rest_.substr(0, size);
        if (found.empty())
            fail();
        rest_.remove_prefix(size);
        return found;
    }

    RowFilter alternatives(int depth) { // NOLINT(misc-no-recursion): to kMostDepth
        RowFilter filter = conjunction(depth);
        while (take_word("or")) {
            filter = [one = std::move(filter), other = conjunction(depth)](const json::object &row) {
                return one(row) || other(row);
            };
        }
        return filter;
    }
    RowFilter conjunction(int depth) { // NOLINT(misc-no-recursion): to kMostDepth
        RowFilter filter = factor(depth);
        while (take_word("and")) {
            filter = [one = std::move(filter), other = factor(depth)](const json::object &row) {
                return one(row) && other(row);
            };
        }
        return filter;
    }
    RowFilter factor(int depth) { // NOLINT(misc-no-recursion): to kMostDepth
        if (depth >= kMostDepth)
            fail();
        if (take_word("not"))
            return [inner = factor(depth + 1)](const json::object &row) { return !inner(row); };
        if (take("(")) {
            RowFilter inner = alternatives(depth + 1);
            if (!take(")"))
                fail();
            return inner;
        }
        return comparison();
    }
    RowFilter comparison() {
        const std::string field(word());
        constexpr std::array<std::string_view, 6> kOperators{"!=", "<=", ">=", "=", "<", ">"};
        const auto *found =
            std::ranges::find_if(kOperators, [this](std::string_view each) { return take(each); });
        if (found == kOperators.end())
            fail();
        return [field, by = *found, with = literal()](const json::object &row) {
            const json::value *value = row.if_contains(field);
            if (value == nullptr)
                return false;
            if (by == "=" || by == "!=")
                return with.equals(*value) == (by == "=");
            const auto order = with.order_of(*value);
            return (std::is_lt(order) && by.front() == '<') || (std::is_gt(order) && by.front() == '>') ||
                   (std::is_eq(order) && by.size() == 2);
        };
    }
    Literal literal() {
        skip_blanks();
        Literal found;
        if (!rest_.empty() && (rest_.front() == '\'' || rest_.front() == '"')) {
            const auto end = rest_.find(rest_.front(), 1);
            if (end == std::string_view::npos)
                fail();
            found.text = rest_.substr(1, end - 1);
            rest_.remove_prefix(end + 1);
        } else {
            found.text = word();
        }
        const char *last = found.text.data() + found.text.size();
        const auto read = std::from_chars(found.text.data(), last, found.number);
        found.is_number = !found.text.empty() && read.ec == std::errc() && read.ptr == last;
        return found;
    }

    std::string_view rest_;
};

struct Key {
    std::string field;
    bool descends = false;
};

std::weak_ordering order_of(const json::value *one, const json::value *other) {
    const auto rank = [](const json::value *value) { return value == nullptr || value->is_null() ? 1 : 0; };
    if (rank(one) != 0 || rank(other) != 0)
        return rank(one) <=> rank(other);
    if (one->is_number() && other->is_number()) {
        const double a = one->to_number<double>();
        const double b = other->to_number<double>();
        return a < b   ? std::weak_ordering::less
               : a > b ? std::weak_ordering::greater
                       : std::weak_ordering::equivalent;
    }
    if (one->is_string() && other->is_string())
        return lower(view(one->get_string())) <=> lower(view(other->get_string()));
    return std::weak_ordering::equivalent;
}

} // namespace

RowFilter parse_filter(std::string_view text) {
    return Parser(text).parse();
}

void sort_rows(json::array &rows, std::string_view by) {
    std::vector<Key> keys;
    while (!by.empty()) {
        std::string_view field = by.substr(0, by.find(','));
        by.remove_prefix(std::min(by.size(), field.size() + 1));
        const bool descends = field.ends_with('-');
        if (descends || field.ends_with('+'))
            field.remove_suffix(1);
        if (field.empty() || !std::ranges::all_of(field, is_word))
            refuse("sort", "Invalid sort: give fields with commas between them, as in 'created-,name'.");
        keys.push_back({std::string(field), descends});
    }
    std::ranges::stable_sort(rows, [&](const json::value &one, const json::value &other) {
        for (const Key &key : keys) {
            const auto order =
                order_of(one.get_object().if_contains(key.field), other.get_object().if_contains(key.field));
            if (std::is_neq(order))
                return key.descends ? std::is_gt(order) : std::is_lt(order);
        }
        return false;
    });
}

} // namespace drover::sim::flasharray
