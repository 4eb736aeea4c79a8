#include "core/config/suggest.hpp"

#include <algorithm>
#include <vector>

namespace drover {
namespace {

constexpr std::size_t kMaxWord = 128;

char fold(char c) {
    if (c >= 'A' && c <= 'Z')
        return static_cast<char>(c - 'A' + 'a');
    return c == '-' ? '_' : c;
}

} // namespace

unsigned edit_distance(std::string_view left, std::string_view right) {
    const std::size_t width = right.size() + 1;
    // Three rows are enough: the one in work, the one before, and the one before that for swaps.
    std::vector<unsigned> before_last(width);
    std::vector<unsigned> last(width);
    std::vector<unsigned> row(width);
    for (std::size_t j = 0; j < width; ++j)
        last[j] = static_cast<unsigned>(j);
    for (std::size_t i = 1; i <= left.size(); ++i) {
        row[0] = static_cast<unsigned>(i);
        for (std::size_t j = 1; j < width; ++j) {
            const unsigned change = fold(left[i - 1]) == fold(right[j - 1]) ? 0 : 1;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
            if (i > 1 && j > 1 && fold(left[i - 1]) == fold(right[j - 2]) &&
                fold(left[i - 2]) == fold(right[j - 1]))
                row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
        before_last.swap(last);
        last.swap(row);
    }
    return last[width - 1];
}

std::optional<std::string> suggest(std::string_view word, std::span<const std::string> known) {
    if (word.empty() || word.size() > kMaxWord)
        return std::nullopt;
    const std::string *best = nullptr;
    std::size_t best_distance = 0;
    for (const auto &candidate : known) {
        if (candidate.size() > kMaxWord)
            continue;
        const std::size_t longer = std::max(word.size(), candidate.size());
        const std::size_t allowed = std::max<std::size_t>(1, longer / 3);
        const std::size_t distance = edit_distance(word, candidate);
        if (distance > allowed || distance >= longer)
            continue;
        if (best == nullptr || distance < best_distance) {
            best = &candidate;
            best_distance = distance;
        }
    }
    return best == nullptr ? std::nullopt : std::optional<std::string>(*best);
}

} // namespace drover
