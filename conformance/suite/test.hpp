// What a case's body is given: the driver, volumes to play with, and the ways to say what it found. One
// object per test, used by one thread. At the end it compares the driver's listing with the model and takes
// away what the test made.
#pragma once

#include "conformance/suite/case.hpp"
#include "conformance/suite/instance.hpp"
#include "conformance/suite/outcome.hpp"
#include "conformance/suite/settings.hpp"

#include <map>
#include <memory>
#include <random>
#include <set>

namespace drover::conformance {

// How a body ends early. Thrown and caught inside the suite; no driver frame ever lies between.
struct CaseEnded {};

class Test {
public:
    // All outlive the test; `tracker` may be null.
    Test(const Settings &settings, const Case &running, OpTrace &trace, Tracker *tracker);
    ~Test();
    Test(const Test &) = delete;
    Test &operator=(const Test &) = delete;

    // Runs the whole case, judged and cleaned up.
    TestResult run();

    // ---- What the body may use. ----

    [[nodiscard]] const CaseFile &file() const noexcept { return settings_.file; }
    [[nodiscard]] const Settings &settings() const noexcept { return settings_; }
    [[nodiscard]] const Case &running() const noexcept { return case_; }
    [[nodiscard]] OpTrace &trace() noexcept { return trace_; }

    std::shared_ptr<TestedDriver> driver(); // fails the case when it cannot be loaded
    Instance &instance();                   // open as the first node
    Instance &instance_of_second();         // a second open of the same backend, as the second node
    // A further one; as the first node unless told otherwise. The caller ends it.
    std::unique_ptr<Instance> open_another(const NodeIdentity *node = nullptr);
    Result<std::unique_ptr<Instance>> try_open(const BackendSettings &settings, const NodeIdentity &node,
                                               const HostShape &shape = {});
    // As the first node, by a host that looks like that.
    std::unique_ptr<Instance> open_shaped(const HostShape &shape);
    // The same open backend for another thread. It only tracks what it makes: the model knows nothing of it,
    // so that all of it must be gone at the test's end.
    std::unique_ptr<Instance> share(const Instance &instance);
    void close_all();                   // closes the open instances; the next use opens again
    BackendSettings backend_settings(); // checked against the driver's declared keys
    BackendSettings bad_settings();     // with bad-keys laid over them

    [[nodiscard]] const NodeIdentity &first() const noexcept { return settings_.file.nodes[0]; }
    [[nodiscard]] const NodeIdentity &second() const noexcept { return settings_.file.nodes[1]; }
    const drv_caps &caps(); // asked once
    std::uint64_t small_bytes();
    std::uint64_t grown_bytes();
    std::uint64_t rounded_up(std::uint64_t bytes); // as the driver must
    std::string fresh_id();
    std::mt19937_64 &random() noexcept { return random_; } // follows from the seed
    CreateArguments small_volume(); // a request for one: a fresh id, a name, the case file's pool

    BackendVolume make_volume(); // made, or the case fails
    BackendVolume make_snapshot(const std::string &volume_id);
    Connection attach_first(const std::string &id);  // to the first node
    Connection attach_second(const std::string &id); // to the second, through its own instance
    void detach_first(const std::string &id);
    void detach_second(const std::string &id);

    // ---- What the body may say. ----

    // Another finding, and on; the op that ran last is named.
    void note(std::string expected, std::string found);
    [[noreturn]] void fail(std::string expected, std::string found);
    [[noreturn]] void skip(std::string reason);
    void warn(std::string sentence);
    void expect(bool is_so, std::string_view expected, std::string_view found) {
        if (!is_so)
            fail(std::string(expected), std::string(found));
    }

private:
    void check_needs();
    void take_baseline();
    void compare_with_model();
    void clean_up();
    std::vector<BackendVolume> every_volume(Instance &from);
    std::vector<BackendVolume> every_snapshot(Instance &from);
    std::unique_ptr<Instance> open_as(const NodeIdentity &node);
    std::string last_op() const;

    const Settings &settings_;
    const Case &case_;
    OpTrace &trace_;
    Tracker *tracker_;
    std::unique_ptr<Host> host_;
    std::shared_ptr<TestedDriver> driver_;
    Model model_;
    std::unique_ptr<Instance> first_;
    std::unique_ptr<Instance> second_;
    std::optional<drv_caps> caps_;
    bool has_baseline_ = false;
    bool is_body_over_ = false;
    std::mt19937_64 random_;
    TestResult result_;
    std::optional<std::string> skip_reason_;
};

} // namespace drover::conformance
