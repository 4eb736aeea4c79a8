// Cases that misbehave on purpose: what the sandbox, the runner and the reports are tested with. Not part of
// the suite.
#include "conformance/suite/checks.hpp"
#include "conformance/suite/registry.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace drover::conformance {
namespace {

void begin(Test &test, std::string_view op) {
    test.trace().begin(op, "6c8ff3ab");
}

// With a driver on the command line: what a test made is swept when its process dies.
void die_with_volume(Test &test) {
    if (test.settings().driver.empty())
        test.skip("no driver was named");
    const BackendVolume volume = test.make_volume();
    test.attach_first(volume.id);
    test.make_volume();
    if (test.instance().offers(DRV_EXT_SNAPSHOT))
        test.make_snapshot(volume.id);
    ::raise(SIGKILL);
}

void nothing_there(Test &test) {
    if (test.settings().driver.empty())
        test.skip("no driver was named");
    const auto rows = list_all(test, test.instance());
    test.expect(rows.empty(), "an empty backend", fmt::format("{} volumes", rows.size()));
}

} // namespace

Registry make_self_test_registry() {
    Registry all;
    const auto add = [&](std::string_view id, Binding binding, std::string_view description, Body run) {
        all.add({.id = id, .binding = binding, .stage = Stage::file, .description = description, .run = run});
    };
    constexpr auto kMandatory = Binding::mandatory;
    add("good.pass", kMandatory, "Passes.", [](Test &) {});
    add("good.warn", kMandatory, "Warns.", [](Test &test) { test.warn("it could be better"); });
    add("good.quality", Binding::quality, "Fails, which only warns, since it is a matter of quality.",
        [](Test &test) { test.fail("less than 100 ms", "250 ms"); });
    add("good.skip", kMandatory, "Skips.", [](Test &test) { test.skip("there is nothing to do"); });
    add("good.leaves-child", kMandatory, "Passes, but leaves a process that holds its output open.",
        [](Test &) {
            if (::fork() == 0) {
                ::pause();
                ::_exit(0);
            }
        });
    add("bad.fail", kMandatory, "Fails.", [](Test &test) {
        begin(test, "destroy");
        std::fputs("a line on stderr\n", stderr);
        test.trace().end();
        test.note("the first thing", "another one");
        test.fail("the second thing", "nothing");
    });
    add("bad.crash", kMandatory, "Crashes within an op.", [](Test &test) {
        begin(test, "create");
        std::fputs("about to die\n", stderr);
        ::signal(SIGSEGV, SIG_DFL);
        ::raise(SIGSEGV);
    });
    add("bad.exit", kMandatory, "Ends its process within an op.", [](Test &test) {
        begin(test, "attach");
        ::_exit(7);
    });
    add("bad.crash-at-exit", kMandatory, "Passes, and crashes when its process ends.", [](Test &) {
        std::atexit([] {
            ::signal(SIGABRT, SIG_DFL);
            std::abort();
        });
    });
    add("bad.hang", kMandatory, "Hangs within an op.", [](Test &test) {
        begin(test, "list");
        while (true)
            ::pause();
    });
    add("bad.throws", kMandatory, "The suite's own code throws.",
        [](Test &) { throw std::runtime_error("a bug of ours"); });
    add("bad.noisy", kMandatory,
        "Writes much more than anybody keeps, also bytes that are no text, and a forged result.",
        [](Test &test) {
            const std::string line = std::string(1000, 'x') + "\xFF\n";
            for (int i = 0; i < 1000; ++i) {
                std::fputs(line.c_str(), stdout);
                std::fputs(line.c_str(), stderr);
            }
            test.fail("silence", "noise");
        });
    add("driver.dies-with-volume", kMandatory, "Dies while it has volumes, a snapshot and an attachment.",
        die_with_volume);
    add("driver.nothing-there", kMandatory, "Finds an empty backend.", nothing_there);
    return all;
}

} // namespace drover::conformance
