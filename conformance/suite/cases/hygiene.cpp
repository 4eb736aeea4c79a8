// hygiene: what a driver must leave alone in the process that loads it. Each case looks before the library is
// loaded and after a whole life of it: load, open, every op, close. What ops leave behind is looked for in
// the process that runs the driver, whichever that is.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/cases/every_op.hpp"
#include "conformance/suite/process_settings.hpp"
#include "conformance/suite/process_state.hpp"
#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cstdio>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace drover::conformance {
namespace {

constexpr std::chrono::seconds kSettleLimit{2};

void whole_life(Test &test) {
    every_op(test, test.instance());
    test.close_all();
}

template <Settled (*Look)()>
void settings_stay(Test &test) {
    const Settled before = Look();
    whole_life(test);
    const auto changed = differences(before, Look());
    test.expect(changed.empty(), "what belongs to the whole process is as it was",
                fmt::format("{}", fmt::join(changed, "; ")));
}

// What is written to a descriptor of this process meanwhile.
class Overheard {
public:
    explicit Overheard(int fd)
        : fd_(fd), kept_(::fcntl(fd, F_DUPFD_CLOEXEC, 100)),
          heard_(::memfd_create("overheard", MFD_CLOEXEC)) {
        std::fflush(nullptr);
        ::dup2(heard_.get(), fd_);
    }
    ~Overheard() { restore(); }
    Overheard(const Overheard &) = delete;
    Overheard &operator=(const Overheard &) = delete;

    [[nodiscard]] bool works() const { return kept_ && heard_; }
    std::string end() {
        restore();
        std::array<char, 256> text{};
        const ssize_t length = ::pread(heard_.get(), text.data(), text.size(), 0);
        return length > 0 ? std::string(text.data(), static_cast<std::size_t>(length)) : std::string();
    }

private:
    void restore() {
        std::fflush(nullptr);
        if (kept_)
            ::dup2(kept_.get(), fd_);
        kept_.reset();
    }

    int fd_;
    UniqueFd kept_;
    UniqueFd heard_;
};

void writes_nothing(Test &test) {
    Overheard overheard(STDOUT_FILENO);
    test.expect(overheard.works(), "stdout can be overheard", "it cannot");
    whole_life(test);
    const std::string heard = overheard.end();
    test.expect(heard.empty(), "nothing is written to stdout", fmt::format("\"{}\"", heard));
}

// Once everything has run, running it again adds nothing: what a driver keeps for later it has by then.
void adds_nothing(Test &test, std::string_view kind) {
    Instance &instance = test.instance();
    every_op(test, instance);
    const pid_t process = instance.process();
    if (!ProcessState::can_see(process)) {
        test.skip(fmt::format("this user may not see what the driver's process ({}) holds: run it as root",
                              process));
    }
    const ProcessState before = ProcessState::of(process);
    every_op(test, instance);
    every_op(test, instance);
    test.expect(instance.process() == process, "the driver's process lives on", "it was started again");
    std::vector<std::string> added;
    for (std::string &each : left_behind(before, Deadline::after(kSettleLimit), process)) {
        if (each.starts_with(kind))
            added.push_back(std::move(each));
    }
    test.expect(added.empty(), fmt::format("ops leave no {} behind", kind),
                fmt::format("{}", fmt::join(added, ", ")));
}

} // namespace

void add_hygiene_cases(Registry &all) {
    all.mandatory("hygiene.directory", "The working directory is not changed.",
                  settings_stay<working_directory>);
    all.mandatory("hygiene.umask", "The umask is not changed.", settings_stay<file_mask>);
    all.mandatory("hygiene.locale", "The locale is not changed.", settings_stay<locale_settings>);
    all.mandatory("hygiene.environment", "The environment is not changed.", settings_stay<environment>);
    all.mandatory("hygiene.signals", "No signal's handler is changed.", settings_stay<signal_handlers>);
    all.mandatory("hygiene.signal-mask", "The calling thread's blocked signals are not changed.",
                  settings_stay<signal_mask>);
    all.mandatory("hygiene.limits", "No resource limit is changed.", settings_stay<limits>);
    all.mandatory("hygiene.stdout", "Nothing is written to stdout.", writes_nothing);
    all.mandatory("hygiene.descriptors", "Ops, also those that fail, leave no descriptor open.",
                  [](Test &test) { adds_nothing(test, "descriptor"); });
    all.mandatory("hygiene.children", "Ops leave no process behind, not even one that has ended.",
                  [](Test &test) { adds_nothing(test, "child process"); });
    all.judge_in_process({"hygiene.directory", "hygiene.umask", "hygiene.locale", "hygiene.environment",
                          "hygiene.signals", "hygiene.signal-mask", "hygiene.limits", "hygiene.stdout"});
}

} // namespace drover::conformance
