// Every op of the driver against a simulated array that fails at its first call, its second, its third ...,
// in each way that an array, or what stands between it and us, can fail. What must hold each time:
//   - OK means done, whatever the array answered;
//   - an error has a sentence, the code that fits, and the array's own words where it has some;
//   - an error after which something is changed all the same says that it may be;
//   - the same op again, when all is well again, completes it, and nothing is there twice.
#include "every_op.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

namespace flasharray::testing {
namespace {

using ::testing::HasSubstr;

struct Fault {
    const char *name;
    const char *rule; // without "skip"
    std::vector<drv_status> codes;
    std::string words;         // in every error
    bool is_recovered = false; // without anybody noticing
    std::optional<std::chrono::milliseconds> limit{};

    friend void PrintTo(const Fault &fault, std::ostream *out) { *out << fault.name; }
};

class EveryOp : public ::testing::TestWithParam<Fault> {
protected:
    void try_call(const Op &op, std::size_t call, Scene &scene, bool &was_hit) {
        const Fault &fault = GetParam();
        const std::string where = op.name + ", call " + std::to_string(call + 1);
        boost::json::object rule = boost::json::parse(fault.rule).as_object();
        rule["skip"] = call;
        op.before(scene);
        scene.array.arm(boost::json::serialize(rule));
        scene.tested.limit = fault.limit;
        const Outcome outcome = op.run(scene);
        scene.tested.limit.reset();
        was_hit = scene.array.disarm() > 0;
        if (was_hit)
            judge(op, where, outcome, scene);
        // As the agent does: until it works.
        const Outcome again = op.run(scene);
        EXPECT_TRUE(again.is_ok() || (op.again != DRV_OK && again.status == op.again))
            << where << ", again: " << again.message;
        EXPECT_TRUE(!op.is_done || op.is_done(scene)) << where << ", again";
        EXPECT_TRUE(!again.is_ok() || op.is_right(again)) << where << ", again";
        op.undo(scene);
    }

    static void judge(const Op &op, const std::string &where, const Outcome &outcome, Scene &scene) {
        const Fault &fault = GetParam();
        if (outcome.is_ok()) {
            EXPECT_TRUE(!op.is_done || op.is_done(scene)) << where << " says that it is done";
            EXPECT_TRUE(op.is_right(outcome)) << where << " answers something else than there is";
            return;
        }
        EXPECT_FALSE(fault.is_recovered) << where << ": " << outcome.message;
        EXPECT_TRUE(std::ranges::find(fault.codes, outcome.status) != fault.codes.end())
            << where << " has code " << outcome.status << ": " << outcome.message;
        EXPECT_NE(outcome.message, "") << where;
        EXPECT_THAT(outcome.message, HasSubstr(fault.words)) << where;
        if (op.is_done && !outcome.is_state_unknown()) {
            EXPECT_FALSE(op.is_done(scene))
                << where << " is done, and does not say that it may be: " << outcome.message;
        }
    }
};

TEST_P(EveryOp, IsDoneOrSaysWhyNotAndCanBeRepeated) {
    Scene scene;
    const std::size_t before = scene.living_volumes();
    for (const Op &op : every_op()) {
        constexpr std::size_t kMostCalls = 40;
        bool was_hit = true;
        std::size_t call = 0;
        for (; was_hit && call < kMostCalls && !HasFailure(); ++call)
            try_call(op, call, scene, was_hit);
        EXPECT_LT(call, kMostCalls) << op.name << " makes calls without end";
        ASSERT_EQ(scene.living_volumes(), before) << op.name << " leaves something behind, or takes too much";
        ASSERT_FALSE(HasFailure()) << op.name;
    }
    EXPECT_EQ(scene.array.said(), "");
}

const Fault kFaults[] = {
    {"Garbage", R"({"do": "garbage", "times": 0})", {DRV_E_INTERNAL}, ""},
    {"WrongTypes", R"({"do": "wrong-types", "times": 0})", {DRV_E_INTERNAL, DRV_E_INVALID}, ""},
    {"NoFields",
     R"({"do": "status", "status": 200, "body": "{}", "times": 0})",
     {DRV_E_INTERNAL, DRV_E_CONFLICT},
     ""},
    {"RowsWithoutFields",
     R"({"do": "status", "status": 200, "body": "[{}]", "times": 0})",
     {DRV_E_INTERNAL, DRV_E_CONFLICT, DRV_E_UNSUPPORTED},
     ""},
    {"TenMegabytes", R"({"do": "huge", "times": 0})", {DRV_E_INTERNAL}, ""},
    {"HalfAnAnswer", R"({"do": "truncate", "times": 0})", {DRV_E_UNREACHABLE}, ""},
    {"Redirect", R"({"do": "redirect", "times": 0})", {DRV_E_INVALID}, "a redirect"},
    {"ServerError", R"({"do": "status", "status": 500, "times": 0})", {DRV_E_INTERNAL}, "Internal error."},
    {"Busy", R"({"do": "status", "status": 503, "times": 0})", {DRV_E_UNREACHABLE}, "Service unavailable."},
    {"BusyInHtml",
     R"({"do": "status", "status": 502, "body": "<html>Bad gateway</html>", "content_type": "text/html", "times": 0})",
     {DRV_E_UNREACHABLE},
     "Bad gateway"},
    {"NotPermitted", R"({"do": "status", "status": 403, "times": 0})", {DRV_E_AUTH}, "Not permitted."},
    {"WordsThatNobodyKnows",
     R"({"do": "status", "status": 400, "times": 0, "body": [{"ctx": "x", "msg": "The shelf is on fire."}]})",
     {DRV_E_INVALID, DRV_E_CONFLICT, DRV_E_AUTH},
     "The shelf is on fire."},
    {"NoSessionEver",
     R"({"do": "status", "status": 401, "path": "/api/1", "times": 0})",
     {DRV_E_AUTH},
     "Not authenticated."},
    {"NoSuchVersionEver",
     R"({"do": "status", "status": 450, "path": "/api/1", "times": 0})",
     {DRV_E_UNSUPPORTED},
     "REST API"},
    {"NeverAnAnswer", R"({"do": "drop", "times": 0})", {DRV_E_UNREACHABLE}, ""},
    {"AnswerLostOnce", R"({"do": "drop", "when": "after", "times": 1})", {DRV_E_UNREACHABLE}, ""},
    {"ConnectionResetOnce", R"({"do": "reset", "when": "after", "times": 1})", {DRV_E_UNREACHABLE}, ""},
    {"AnswersLost", R"({"do": "drop", "when": "after", "times": 0})", {DRV_E_UNREACHABLE}, ""},
    {"LiesOnce", R"({"do": "pretend", "times": 1})", {DRV_E_INTERNAL, DRV_E_CONFLICT}, ""},
    {"LiesAlways", R"({"do": "pretend", "times": 0})", {DRV_E_INTERNAL, DRV_E_CONFLICT}, ""},
    {"SessionExpires", R"({"do": "expire", "path": "/api/1", "times": 1})", {}, "", true},
    {"NoSessionOnce",
     R"({"do": "status", "status": 401, "path": "/(array|host|pgroup|port|volume).*", "times": 1})",
     {},
     "",
     true},
    {"TooLate",
     R"({"do": "delay", "delay_ms": 3000, "when": "after", "times": 1})",
     {DRV_E_DEADLINE},
     "",
     false,
     std::chrono::milliseconds(150)},
};

INSTANTIATE_TEST_SUITE_P(FlashArray, EveryOp, ::testing::ValuesIn(kFaults),
                         [](const auto &each) { return std::string(each.param.name); });

// Of all tests of this program: what they made drivers say is searched when the last has ended.
class Secrets : public ::testing::Environment {
public:
    void TearDown() override {
        const std::string said = everything_said();
        for (const char *secret : {kToken, kChapPassword})
            EXPECT_EQ(said.find(secret), std::string::npos) << "a secret was logged or answered";
        EXPECT_FALSE(std::regex_search(said, std::regex("session=[^*]"))) << "a session was logged";
    }
};
const auto *const kSecrets = ::testing::AddGlobalTestEnvironment(new Secrets);

} // namespace
} // namespace flasharray::testing
