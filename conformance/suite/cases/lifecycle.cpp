// Opening and closing a backend: what stays, what must not, and several at once.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"
#include "conformance/suite/process_state.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace drover::conformance {
namespace {

constexpr std::chrono::seconds kCloseLimit{10};
constexpr std::chrono::seconds kSettleLimit{2};

void expect_nothing_left(Test &test, const ProcessState &before, std::string_view after_what) {
    const auto left = left_behind(before, Deadline::after(kSettleLimit));
    test.expect(left.empty(), fmt::format("nothing stays after {}", after_what),
                fmt::format("{} ({} in all)",
                            fmt::join(left.begin(),
                                      left.begin() +
                                          static_cast<std::ptrdiff_t>(std::min<std::size_t>(left.size(), 6)),
                                      ", "),
                            left.size()));
}

// A first open may fill caches of libraries (locale, resolver) that stay for good; so it is not what is
// measured.
void open_and_close(Test &test) {
    test.open_another().reset();
}

void bad_config(Test &test) {
    if (test.file().bad_keys.empty())
        test.skip("the case file has no bad-keys");
    const BackendSettings bad = test.bad_settings();
    open_and_close(test);
    const ProcessState before = ProcessState::now();
    for (int round = 0; round < 5; ++round) {
        auto opened = test.try_open(bad, test.first());
        if (opened) {
            const Answer probed = (*opened)->probe();
            test.expect(!probed.is_ok(), "open or probe refuses the bad-keys of the case file",
                        "both answer OK");
            test.expect(probed.failure && !probed.failure->message.empty(),
                        "probe says in words what is wrong", "no text");
        } else {
            test.expect(!opened.error().message.empty(), "open says in words what is wrong", "no text");
        }
    }
    expect_nothing_left(test, before, "an open that failed");
}

} // namespace

void add_lifecycle_cases(Registry &all) {
    all.mandatory("lifecycle.open-close",
                  "A backend opens, answers probe and a listing, and closes, several times.", [](Test &test) {
                      for (int round = 0; round < 3; ++round) {
                          const auto instance = test.open_another();
                          ok(test, instance->probe());
                          list_all(test, *instance);
                      }
                  });
    all.mandatory("lifecycle.close-leaves-nothing",
                  "After close no thread, descriptor or process of the driver is left.", [](Test &test) {
                      open_and_close(test);
                      const ProcessState before = ProcessState::now();
                      {
                          const auto instance = test.open_another();
                          ok(test, instance->probe());
                          list_all(test, *instance);
                      }
                      expect_nothing_left(test, before, "close");
                  });
    all.mandatory("lifecycle.open-close-100", "Opening and closing a hundred times leaves nothing behind.",
                  [](Test &test) {
                      open_and_close(test);
                      const ProcessState before = ProcessState::now();
                      for (int round = 0; round < 100; ++round)
                          open_and_close(test);
                      expect_nothing_left(test, before, "100 times open and close");
                  });
    all.mandatory("lifecycle.close-in-time", "Close returns within 10 s.", [](Test &test) {
        auto instance = test.open_another();
        list_all(test, *instance);
        const auto started = std::chrono::steady_clock::now();
        instance.reset();
        test.expect(std::chrono::steady_clock::now() - started <= kCloseLimit, "at most 10 s", "more");
    });
    all.mandatory("lifecycle.open-bad-config",
                  "With the case file's bad-keys, open or probe fails in words and leaves nothing behind.",
                  bad_config);
    all.mandatory("lifecycle.two-instances",
                  "Two backends are open at a time, and closing one does not disturb the other.",
                  [](Test &test) {
                      auto other = test.open_another();
                      const BackendVolume volume = test.make_volume();
                      exists(test, *other, volume.id);
                      other.reset();
                      exists(test, test.instance(), volume.id);
                  });
    all.mandatory("lifecycle.reopen-finds-volumes",
                  "A volume is found again, as it was, after close and open.", [](Test &test) {
                      const BackendVolume volume = test.make_volume();
                      test.close_all();
                      same_volume(test, volume, exists(test, test.instance(), volume.id),
                                  "get after a new open");
                      test.expect(contains(list_all(test, test.instance()), volume.id),
                                  "list after a new open has the volume", "it is missing");
                  });
    all.mandatory("lifecycle.reopen-finds-attachments",
                  "An attachment is found again after close and open: the same connection.", [](Test &test) {
                      const BackendVolume volume = test.make_volume();
                      const Connection before = test.attach_first(volume.id);
                      test.close_all();
                      const Connection after = one_connection(
                          test, test.instance().resolve({.id = volume.id, .node = test.first()}));
                      test.expect(before == after, "resolve gives the connection that attach gave before",
                                  "another one");
                  });
    all.mandatory("lifecycle.other-instance-sees", "What one open backend makes, another one sees at once.",
                  [](Test &test) {
                      Instance &other = test.instance_of_second();
                      const BackendVolume volume = test.make_volume();
                      same_volume(test, volume, exists(test, other, volume.id),
                                  "get through another instance");
                      ok(test, other.destroy(volume.id));
                      absent(test, test.instance(), volume.id);
                  });
}

} // namespace drover::conformance
