#include "bench/figure.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace drover::bench {

namespace {

std::string number(double value) {
    return fmt::format("{:.{}f}", value, value >= 1000 ? 0 : value >= 100 ? 1 : value >= 10 ? 2 : 3);
}

std::string budget_text(const Figure &figure) {
    if (!figure.budget)
        return "-";
    const double most = figure.budget->most;
    switch (figure.budget->of) {
    case Budget::Of::value:
        return fmt::format("<= {:g} {}", most, figure.unit);
    case Budget::Of::ratio:
        return fmt::format("<= {:g} x", most);
    case Budget::Of::difference:
        return fmt::format("<= +{:g} {}", most, figure.unit);
    }
    return "-";
}

} // namespace

std::optional<double> Figure::ratio() const {
    if (!beside || *beside == 0)
        return std::nullopt;
    return value / *beside;
}

bool Figure::is_over() const {
    if (!budget)
        return false;
    switch (budget->of) {
    case Budget::Of::value:
        return value > budget->most;
    case Budget::Of::ratio:
        return ratio() && *ratio() > budget->most;
    case Budget::Of::difference:
        return beside && value - *beside > budget->most;
    }
    return false;
}

std::string render_table(const std::vector<Figure> &figures) {
    std::size_t width = 4;
    for (const Figure &figure : figures)
        width = std::max(width, figure.name.size());
    std::string text = fmt::format("{:{}}  {:>10} {:>10}  {:<7} {:>7}  {:<12}  \n", "name", width, "value",
                                   "beside", "unit", "ratio", "budget");
    for (const Figure &figure : figures) {
        const auto ratio = figure.ratio();
        text += fmt::format("{:{}}  {:>10} {:>10}  {:<7} {:>7}  {:<12}  {}\n", figure.name, width,
                            number(figure.value), figure.beside ? number(*figure.beside) : "-", figure.unit,
                            ratio ? fmt::format("{:.2f}", *ratio) : "-", budget_text(figure),
                            !figure.budget     ? ""
                            : figure.is_over() ? "OVER"
                                               : "good");
    }
    text += '\n';
    for (const Figure &figure : figures)
        text += fmt::format("{:{}}  {}\n", figure.name, width, figure.what);
    return text;
}

void write_json(const std::filesystem::path &file, const std::vector<Figure> &figures) {
    std::string text = "[";
    for (const Figure &figure : figures) {
        boost::json::object row;
        row["name"] = figure.name;
        row["unit"] = figure.unit;
        row["value"] = figure.value;
        row["beside"] = nullptr;
        row["ratio"] = nullptr;
        if (figure.beside)
            row["beside"] = *figure.beside;
        if (const auto ratio = figure.ratio())
            row["ratio"] = *ratio;
        text += (text.size() > 1 ? ",\n " : "\n ") + boost::json::serialize(row);
    }
    text += "\n]\n";
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    if (!out)
        throw std::runtime_error(fmt::format("{} cannot be written", file.string()));
}

} // namespace drover::bench
