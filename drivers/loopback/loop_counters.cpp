#include "loop_counters.hpp"

#include "files.hpp"

#include <array>
#include <charconv>
#include <fcntl.h>
#include <limits>

namespace loopback {
namespace {

constexpr std::string_view kDevices = "/dev/";
constexpr std::uint64_t kSector = 512; // whatever the device's own sectors are
constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::size_t kMaxText = 1024;

std::uint64_t times(std::uint64_t number, std::uint64_t factor) {
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
    return number > kMost / factor ? kMost : number * factor;
}

} // namespace

std::optional<LoopCounters> parse_counters(std::string_view text) {
    // Reads, merged, sectors, ms; the same of writes; later kernels have more behind them.
    std::array<std::uint64_t, 8> numbers{};
    for (std::uint64_t &number : numbers) {
        const auto start = text.find_first_not_of(" \t\n");
        if (start == std::string_view::npos)
            return std::nullopt;
        text.remove_prefix(start);
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc())
            return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    }
    return LoopCounters{.read_ops = numbers[0],
                        .read_bytes = times(numbers[2], kSector),
                        .read_ns = times(numbers[3], kMillisecond),
                        .write_ops = numbers[4],
                        .write_bytes = times(numbers[6], kSector),
                        .write_ns = times(numbers[7], kMillisecond)};
}

std::optional<LoopCounters> read_counters(const std::string &path) {
    if (!path.starts_with(kDevices))
        return std::nullopt;
    const std::string file = "/sys/block/" + path.substr(kDevices.size()) + "/stat";
    const Fd opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened)
        return std::nullopt;
    return parse_counters(read_start(opened.get(), file, kMaxText));
}

} // namespace loopback
