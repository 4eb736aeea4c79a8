// Every op of the driver with what it takes to run it again and again: what must be there before, how to see
// that it was done, and how to undo it. For tests that put something in its way.
#pragma once

#include "opened_driver.hpp"
#include "sdk/rest/testing/array_process.hpp"

#include <functional>
#include <string>
#include <vector>

namespace flasharray::testing {

inline constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
inline constexpr const char *kToken = "5c3a1de5-70c3-4fa8-93c1-b794ba8f5abc";
inline constexpr const char *kChapPassword = "chap-password-of-the-test";

// A simulated array, and keys for a driver of it.
[[nodiscard]] std::string seed_of_tests(const std::string &more = "");
[[nodiscard]] OpenedDriver::Keys keys_for(const drv::rest::testing::ArrayProcess &array);

// An array with a little of everything on it, the node whose driver is tested, and another node.
class Scene {
public:
    Scene();

    drv::rest::testing::ArrayProcess array;
    OpenedDriver::Keys keys;
    OpenedDriver tested;                       // node a
    OpenedDriver other;                        // node b, which nothing is put in the way of
    std::string unmanaged, unmanaged_snapshot; // backend ids

    [[nodiscard]] std::size_t living_volumes(); // and snapshots, on the array
};

struct Op {
    std::string name;
    std::function<Outcome(Scene &)> run;
    std::function<void(Scene &)> before = [](Scene &) {};
    // An op that changes nothing has none.
    std::function<bool(Scene &)> is_done = nullptr;
    // Of one that changes nothing: is that what is there?
    std::function<bool(const Outcome &)> is_right = [](const Outcome &) { return true; };
    std::function<void(Scene &)> undo = [](Scene &) {};
    drv_status again = DRV_OK; // what one that is done already may answer as well
};

[[nodiscard]] std::vector<Op> every_op();

} // namespace flasharray::testing
