// Tables and "key: value" sheets for people: aligned, without trailing blanks, and with nothing in them that
// could steer a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace drover::cli {

enum class Color { none, good, wait, bad };

struct Cell {
    Cell(std::string shown, Color shade = Color::none) : text(std::move(shown)), color(shade) {}
    Cell(std::string_view shown) : text(shown) {}
    Cell(const char *shown) : text(shown) {}
    std::string text;
    Color color = Color::none;
};

enum class Align { left, right };

struct Column {
    std::string title;
    Align align = Align::left;
};

class Table {
public:
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
    // As many cells as columns. An empty one is shown as "-".
    void add(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }
    [[nodiscard]] std::string render(bool colored, std::string_view indent = {}) const;

private:
    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

class Sheet {
public:
    // Left out when the value is empty.
    void add(std::string_view key, Cell value);
    [[nodiscard]] std::string render(bool colored) const;

private:
    struct Line {
        std::string key;
        Cell value;
    };
    std::vector<Line> lines_;
};

// Control characters as '?'. Of text that is not ours.
std::string printable(std::string_view text);
// The color that a status of the API has.
Color color_of(std::string_view status) noexcept;
// The text in its color, if colors are wanted.
std::string paint(std::string_view text, Color color, bool colored);

} // namespace drover::cli
