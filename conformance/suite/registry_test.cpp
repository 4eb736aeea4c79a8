#include "conformance/suite/registry.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <set>

namespace drover::conformance {
namespace {

using testing::IsEmpty;

// Releases freeze this file: a driver that passed must not find that a minor asks more of it without a new
// list.
TEST(Registry, TheMustPassListIsWhatBindsEveryDriver) {
    std::ifstream file(DROVER_MUST_PASS);
    ASSERT_TRUE(file) << DROVER_MUST_PASS;
    std::set<std::string> listed;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line.front() == '#')
            continue;
        EXPECT_TRUE(listed.insert(line).second) << line << " twice";
    }
    const Registry all = make_registry();
    std::set<std::string> mandatory;
    for (const Case &each : all.cases()) {
        if (each.binding == Binding::mandatory && each.since == "1.0")
            mandatory.emplace(each.id);
    }
    EXPECT_EQ(listed, mandatory);
}

TEST(Registry, EveryCaseThatNeedsSomethingIsBoundOnlyWhereItIsOffered) {
    const Registry all = make_registry();
    for (const Case &each : all.cases()) {
        const bool needs = !each.needs.extension.empty() || each.needs.caps != 0;
        EXPECT_EQ(needs, each.binding == Binding::advertised) << each.id;
        EXPECT_FALSE(each.group() == "ext" && !needs) << each.id;
    }
    EXPECT_GE(all.cases().size(), 120U);
}

TEST(Registry, GatesComeBeforeWhatTheyGuard) {
    bool may_open = false;
    bool may_use = false;
    const Registry all = make_registry();
    for (const Case &each : all.cases()) {
        may_use = may_use || (each.is_gate && each.gate_of == Stage::library);
        may_open = may_open || (each.is_gate && each.gate_of == Stage::open);
        EXPECT_TRUE(each.stage == Stage::file || may_use) << each.id;
    }
    EXPECT_TRUE(may_open);
}

TEST(Registry, MarksWhatIsJudgedInTheTestsProcess) {
    Registry all;
    all.mandatory("core.one", "A sentence.", [](conformance::Test &) {});
    all.mandatory("core.two", "A sentence.", [](conformance::Test &) {});
    all.judge_in_process({"core.two"});
    EXPECT_FALSE(all.find("core.one")->is_judged_in_process);
    EXPECT_TRUE(all.find("core.two")->is_judged_in_process);
    EXPECT_THROW(all.judge_in_process({"core.three"}), std::logic_error);
}

TEST(Registry, RefusesWrongCases) {
    Registry all;
    const Body body = [](conformance::Test &) {};
    all.mandatory("core.good", "A sentence.", body);
    for (const char *id : {"core.good", "core", "core.", ".good", "core..x", "Core.x", "core.a b"})
        EXPECT_THROW(all.mandatory(id, "A sentence.", body), std::logic_error) << id;
    EXPECT_THROW(all.mandatory("core.other", "No sentence", body), std::logic_error);
    EXPECT_THROW(all.mandatory("core.other", "A sentence.", nullptr), std::logic_error);
}

TEST(Registry, FindsByRegularExpression) {
    const Registry all = make_registry();
    EXPECT_EQ(all.matching("^core\\.probe$")->size(), 1U);
    EXPECT_EQ(all.matching("")->size(), all.cases().size());
    EXPECT_THAT(*all.matching("no-such-case"), IsEmpty());
    EXPECT_FALSE(all.matching("core.(create"));
}

} // namespace
} // namespace drover::conformance
