// One measured number, what it is held against, and how both are shown.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drover::bench {

// What a number must reach: the number itself, its ratio to what was measured beside it, or its distance from
// that.
struct Budget {
    enum class Of { value, ratio, difference };
    Of of = Of::value;
    double most = 0;
};

struct Figure {
    std::string name; // "docker.create_mount"
    std::string unit; // "ns", "us", "ms", "MB", "wakeups"
    double value = 0;
    std::optional<double> beside; // the floor or peer, in the same unit, from the same run
    std::optional<Budget> budget;
    std::string what; // one line for people: what was done, and what stands beside it

    [[nodiscard]] std::optional<double> ratio() const;
    [[nodiscard]] bool is_over() const;
};

std::string render_table(const std::vector<Figure> &figures);
// [{"name", "unit", "value", "beside", "ratio"}], null where there is nothing beside. Throws.
void write_json(const std::filesystem::path &file, const std::vector<Figure> &figures);

} // namespace drover::bench
