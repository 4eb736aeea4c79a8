// quality: how long ops take. What is found is a warning: a slow array is an array.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"

#include <fmt/format.h>

namespace drover::conformance {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr int kRepeats = 50;
constexpr std::size_t kMany = 32;

template <typename Body>
void within(Test &test, milliseconds limit, std::string_view what, int repeats, const Body &body) {
    nanoseconds worst{0};
    nanoseconds sum{0};
    for (int i = 0; i < repeats; ++i) {
        const nanoseconds took = body();
        worst = std::max(worst, took);
        sum += took;
    }
    const nanoseconds mean = sum / repeats;
    test.expect(mean <= limit, fmt::format("{} takes at most {} ms", what, limit.count()),
                fmt::format("{:.1f} ms on average, {:.1f} ms at worst",
                            static_cast<double>(mean.count()) / 1e6,
                            static_cast<double>(worst.count()) / 1e6));
}

void get_time(Test &test) {
    const BackendVolume volume = test.make_volume();
    within(test, milliseconds(100), "get", kRepeats, [&] {
        const Answer answer = test.instance().get(volume.id);
        one_volume(test, answer, volume.id);
        return answer.took;
    });
}

void list_time(Test &test) {
    for (std::size_t i = 0; i < kMany; ++i)
        test.make_volume();
    within(test, milliseconds(1000), fmt::format("a listing of {} volumes", kMany), 5, [&] {
        const auto started = std::chrono::steady_clock::now();
        list_all(test, test.instance());
        return std::chrono::steady_clock::now() - started;
    });
}

// Get is O(1) at the backend: many neighbours do not make it slower by much.
void get_beside_many(Test &test) {
    const BackendVolume volume = test.make_volume();
    const auto mean = [&] {
        nanoseconds sum{0};
        for (int i = 0; i < kRepeats; ++i)
            sum += ok(test, test.instance().get(volume.id)).took;
        return sum / kRepeats;
    };
    const nanoseconds alone = mean();
    for (std::size_t i = 0; i < kMany; ++i)
        test.make_volume();
    const nanoseconds beside = mean();
    test.expect(beside <= alone * 4 + milliseconds(5),
                fmt::format("get of one volume beside {} takes about the time it takes alone", kMany),
                fmt::format("{:.2f} ms, and {:.2f} ms alone", static_cast<double>(beside.count()) / 1e6,
                            static_cast<double>(alone.count()) / 1e6));
}

void open_time(Test &test) {
    within(test, milliseconds(1000), "open", 5, [&] {
        const auto started = std::chrono::steady_clock::now();
        test.open_another();
        return std::chrono::steady_clock::now() - started;
    });
}

void capabilities_time(Test &test) {
    within(test, milliseconds(100), "capabilities", kRepeats, [&] {
        drv_caps caps{};
        const Answer answer = test.instance().capabilities(caps);
        ok(test, answer);
        return answer.took;
    });
}

} // namespace

void add_quality_cases(Registry &all) {
    all.quality("quality.open-time", "A backend opens within 1 s.", open_time);
    all.quality("quality.capabilities-time", "Capabilities take at most 100 ms.", capabilities_time);
    all.quality("quality.get-time", "Get takes at most 100 ms.", get_time);
    all.quality("quality.get-beside-many", "Get of one volume does not take longer the more there are.",
                get_beside_many);
    all.quality("quality.list-time", "A listing of 32 volumes takes at most 1 s.", list_time);
}

} // namespace drover::conformance
