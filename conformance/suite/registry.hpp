// All cases of the suite, in the order in which they run. Not global: main makes one, the suite's own tests
// make others.
#pragma once

#include "conformance/suite/case.hpp"
#include "loader/base/error.hpp"

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace drover::conformance {

class Registry {
public:
    // Adds the case. Ids are unique and well formed, descriptions are sentences: a registry that breaks this
    // is a bug of ours and throws std::logic_error, which the first test of the suite's own tests would see.
    void add(Case added);

    void mandatory(std::string_view id, std::string_view description, Body run);
    void advertised(std::string_view id, Needs needs, std::string_view description, Body run);
    void quality(std::string_view id, std::string_view description, Body run);
    // Marks cases that were added. What they look at can be seen, or made, only by code in the driver's own
    // process; the test's process is that, and runs nothing else.
    void judge_in_process(std::initializer_list<std::string_view> ids);

    [[nodiscard]] const std::vector<Case> &cases() const noexcept { return cases_; }
    [[nodiscard]] const Case *find(std::string_view id) const noexcept;
    // The ones whose id the regular expression (POSIX, extended) finds anywhere. Code::invalid when it is
    // none.
    [[nodiscard]] Result<std::vector<Case>> matching(const std::string &expression) const;

private:
    std::vector<Case> cases_;
};

// The suite.
Registry make_registry();
// Cases that misbehave on purpose, for the tests of the sandbox, the runner and the reports.
Registry make_self_test_registry();

} // namespace drover::conformance
