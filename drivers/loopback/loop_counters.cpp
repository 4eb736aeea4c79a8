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

// Fills the array from the text; false when there are fewer numbers.
template <std::size_t kCount>
bool read_numbers(std::string_view text, std::array<std::uint64_t, kCount> &numbers) {
    for (std::uint64_t &number : numbers) {
        const auto start = text.find_first_not_of(" \t\n");
        if (start == std::string_view::npos)
            return false;
        text.remove_prefix(start);
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc())
            return false;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    }
    return true;
}

// A file of the device in sysfs; empty when there is none.
std::string read_sysfs(const std::string &path, std::string_view name) {
    if (!path.starts_with(kDevices))
        return {};
    const std::string file = "/sys/block/" + path.substr(kDevices.size()) + "/" + std::string(name);
    const Fd opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    return opened ? read_start(opened.get(), file, kMaxText) : std::string();
}

} // namespace

std::optional<LoopCounters> parse_counters(std::string_view text) {
    // Reads, merged, sectors, ms; the same of writes; later kernels have more behind them.
    std::array<std::uint64_t, 8> numbers{};
    if (!read_numbers(text, numbers))
        return std::nullopt;
    return LoopCounters{.read_ops = numbers[0],
                        .read_bytes = times(numbers[2], kSector),
                        .read_ns = times(numbers[3], kMillisecond),
                        .write_ops = numbers[4],
                        .write_bytes = times(numbers[6], kSector),
                        .write_ns = times(numbers[7], kMillisecond)};
}

std::optional<LoopCounters> read_counters(const std::string &path) {
    return parse_counters(read_sysfs(path, "stat"));
}

WriteActivity read_write_activity(const std::string &path) {
    // The first eight as above, three of the device, and the ops of discards.
    std::array<std::uint64_t, 12> numbers{};
    std::array<std::uint64_t, 2> in_flight{}; // reads, writes
    // In this order: what ends between the two is seen in one of them.
    const std::string now = read_sysfs(path, "inflight");
    if (read_sysfs(path, "queue/iostats") != "1\n" || !read_numbers(now, in_flight) ||
        !read_numbers(read_sysfs(path, "stat"), numbers)) {
        throw drv::Error(drv::Code::conflict,
                         "the kernel does not count the writes of " + path +
                             ", so nobody can tell whether copies show one instant; see queue/iostats of the "
                             "device in /sys/block, or detach the volume");
    }
    return {.done = numbers[4] + numbers[11], .in_flight = in_flight[1]};
}

} // namespace loopback
