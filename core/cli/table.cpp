#include "core/cli/table.hpp"

#include <algorithm>
#include <array>

namespace drover::cli {
namespace {

// Code points: close enough to columns for the names and messages that are shown here.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string shown(const Cell &cell) {
    return cell.text.empty() ? "-" : printable(cell.text);
}

} // namespace

std::string printable(std::string_view text) {
    std::string out(text);
    std::ranges::replace_if(
        out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    return out;
}

Color color_of(std::string_view status) noexcept {
    constexpr std::array kGood = {std::string_view("ok"), std::string_view("ready"),
                                  std::string_view("available"), std::string_view("in-use"),
                                  std::string_view("done")};
    constexpr std::array kBad = {std::string_view("error"), std::string_view("failed"),
                                 std::string_view("lost")};
    constexpr std::array kWait = {std::string_view("opening"),  std::string_view("creating"),
                                  std::string_view("changing"), std::string_view("deleting"),
                                  std::string_view("degraded"), std::string_view("running")};
    if (std::ranges::find(kGood, status) != kGood.end())
        return Color::good;
    if (std::ranges::find(kBad, status) != kBad.end())
        return Color::bad;
    return std::ranges::find(kWait, status) != kWait.end() ? Color::wait : Color::none;
}

std::string paint(std::string_view text, Color color, bool colored) {
    const char *begin = color == Color::good   ? "\x1b[32m"
                        : color == Color::wait ? "\x1b[33m"
                        : color == Color::bad  ? "\x1b[31m"
                                               : nullptr;
    if (!colored || begin == nullptr)
        return std::string(text);
    return begin + std::string(text) + "\x1b[0m";
}

std::string Table::render(bool colored, std::string_view indent) const {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::size_t width = width_of(columns_[i].title);
        for (const auto &row : rows_)
            width = std::max(width, width_of(shown(row.at(i))));
        widths.push_back(width);
    }
    std::string out;
    const auto add_line = [&](const std::vector<Cell> &cells) {
        out += indent;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            const auto text = shown(cells.at(i));
            const std::string padding(widths[i] - width_of(text), ' ');
            const bool is_last = i + 1 == columns_.size();
            if (columns_[i].align == Align::right)
                out += padding;
            out += paint(text, cells[i].color, colored);
            if (columns_[i].align == Align::left && !is_last)
                out += padding;
            out += is_last ? "\n" : "  ";
        }
    };
    std::vector<Cell> titles;
    for (const auto &column : columns_)
        titles.emplace_back(column.title);
    add_line(titles);
    for (const auto &row : rows_)
        add_line(row);
    return out;
}

void Sheet::add(std::string_view key, Cell value) {
    if (!value.text.empty())
        lines_.push_back({std::string(key), std::move(value)});
}

std::string Sheet::render(bool colored) const {
    std::size_t width = 0;
    for (const auto &line : lines_)
        width = std::max(width, width_of(line.key));
    std::string out;
    for (const auto &line : lines_) {
        out += line.key + ":" + std::string(width - width_of(line.key) + 2, ' ');
        out += paint(printable(line.value.text), line.value.color, colored) + "\n";
    }
    return out;
}

} // namespace drover::cli
