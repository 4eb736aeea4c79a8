// A driver that hangs for ever in an op, or dies in it, for every op there is: the caller learns of it in
// time, nobody else suffers, and the next call works.
#include "loader/testing/open_fixture.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <ostream>
#include <thread>

namespace drover {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using testing::OpenFixture;
using testing::with;

template <typename T>
Result<void> nothing_of(Result<T> result) {
    return std::move(result).map([](auto &&) {});
}

struct Row {
    const char *op;
    bool changes;
    std::function<Result<void>(Driver &, const CallContext &)> call;
};

std::ostream &operator<<(std::ostream &to, const Row &row) {
    return to << row.op;
}

const AttachRequest kAttach{.volume_id = "v", .node = {.id = "n"}};

const std::vector<Row> &rows() {
    static const std::vector<Row> kRows = {
        {"probe", false, [](Driver &d, const CallContext &c) { return d.probe(c); }},
        {"capabilities", false,
         [](Driver &d, const CallContext &c) { return nothing_of(d.capabilities(c)); }},
        {"create", true,
         [](Driver &d, const CallContext &c) { return nothing_of(d.create(c, {.id = "v"})); }},
        {"destroy", true, [](Driver &d, const CallContext &c) { return d.destroy(c, "v"); }},
        {"attach", true, [](Driver &d, const CallContext &c) { return nothing_of(d.attach(c, kAttach)); }},
        {"detach", true, [](Driver &d, const CallContext &c) { return d.detach(c, kAttach); }},
        {"resolve", false, [](Driver &d, const CallContext &c) { return nothing_of(d.resolve(c, kAttach)); }},
        {"get", false, [](Driver &d, const CallContext &c) { return nothing_of(d.get(c, "v")); }},
        {"list", false,
         [](Driver &d, const CallContext &c) { return d.list(c, [](BackendVolume &&) { return true; }); }},
        {"snapshot.create", true,
         [](Driver &d, const CallContext &c) {
             return nothing_of(d.snapshot_create(c, {.volume_id = "v", .snapshot_id = "s"}));
         }},
        {"snapshot.destroy", true,
         [](Driver &d, const CallContext &c) { return d.snapshot_destroy(c, "s"); }},
        {"snapshot.get", false,
         [](Driver &d, const CallContext &c) { return nothing_of(d.snapshot_get(c, "snap-of-v")); }},
        {"snapshot.list", false,
         [](Driver &d, const CallContext &c) {
             return d.snapshot_list(c, "v", [](BackendVolume &&) { return true; });
         }},
        {"snapshot.clone", true,
         [](Driver &d, const CallContext &c) { return nothing_of(d.snapshot_clone(c, "s", {.id = "v"})); }},
        {"snapshot.revert", true,
         [](Driver &d, const CallContext &c) { return d.snapshot_revert(c, "snap-of-v"); }},
        {"clone", true,
         [](Driver &d, const CallContext &c) { return nothing_of(d.clone(c, "w", {.id = "v"})); }},
        {"extend", true, [](Driver &d, const CallContext &c) { return nothing_of(d.extend(c, "v", 1)); }},
        {"profiles", false, [](Driver &d, const CallContext &c) { return nothing_of(d.profiles(c)); }},
    };
    return kRows;
}

std::string process_of(Driver &driver) {
    auto who = driver.get({}, "who");
    return who ? who->attributes.at("process") : who.error().message;
}

struct EveryOp : ::testing::TestWithParam<Row> {
    // What the caller gets when the op does that to its process, while another backend is in use.
    Error failure(const char *how, milliseconds deadline) const {
        const std::string others = process_of(*other.driver);
        std::atomic<bool> stop = false;
        std::atomic<int> served = 0;
        std::atomic<int> refused = 0;
        Error error;
        {
            const std::jthread neighbour([&] {
                while (!stop)
                    ++(other.driver->get({}, "v") ? served : refused);
            });
            const int before = served;
            auto result = GetParam().call(*f.driver, {.deadline = Deadline::after(deadline)});
            error = result ? Error{.message = std::string(how) + " did nothing"} : std::move(result).error();
            while (served == before && refused == 0)
                std::this_thread::yield();
            stop = true;
        }
        EXPECT_EQ(refused, 0);
        EXPECT_EQ(process_of(*other.driver), others);
        return error;
    }
    void expect_told(const Error &error) const {
        const Row &row = GetParam();
        EXPECT_EQ(error.code, Code::gone) << error.message;
        EXPECT_EQ(error.state_unknown, row.changes);
        EXPECT_TRUE(error.retryable);
        EXPECT_THAT(error.message, HasSubstr(std::string(row.op) + ": the driver's process (pid "));
        EXPECT_THAT(error.message, HasSubstr(std::string("while it ran ") + row.op));
    }
    // Another op, in another process, works at once.
    void expect_next_call_works() const {
        if (std::string_view(GetParam().op) == "get") {
            EXPECT_TRUE(f.driver->probe({}).has_value());
        } else {
            EXPECT_TRUE(f.driver->get({}, "v").has_value());
        }
    }

    OpenFixture other;
    OpenFixture f{with("faulty", GetParam().op)};
};

TEST_P(EveryOp, ThatHangsForEverEndsAtTheDeadlineAndTheGrace) {
    constexpr milliseconds kDeadline{30};
    const auto began = std::chrono::steady_clock::now();
    const Error error = failure("hang", kDeadline);
    const auto took = std::chrono::steady_clock::now() - began;
    expect_told(error);
    EXPECT_GE(took, kDeadline);
    EXPECT_LT(took, std::chrono::seconds(10)); // a busy machine; not for ever
    EXPECT_THAT(error.message, HasSubstr("did not end within 0.3 s after its deadline"));
    expect_next_call_works();
}

struct EveryOpThatDies : EveryOp {
    EveryOpThatDies() { f.driver.reset(); }
    void SetUp() override {
        auto opened = testing::try_open(f.folder, "good", f.host,
                                        with("faulty", std::string(GetParam().op) + " fault-crash"));
        ASSERT_TRUE(opened.has_value()) << opened.error().message;
        f.driver = std::move(*opened);
    }
};

TEST_P(EveryOpThatDies, IsToldAtOnce) {
    const Error error = failure("crash", std::chrono::minutes(5));
    expect_told(error);
    EXPECT_THAT(error.message, HasSubstr("was killed by signal 11"));
    expect_next_call_works();
}

std::string name_of_row(const ::testing::TestParamInfo<Row> &info) {
    std::string name = info.param.op;
    std::replace(name.begin(), name.end(), '.', '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(All, EveryOp, ::testing::ValuesIn(rows()), name_of_row);
INSTANTIATE_TEST_SUITE_P(All, EveryOpThatDies, ::testing::ValuesIn(rows()), name_of_row);

// Nobody waits for a driver's close for ever: ten seconds are what the ABI gives it.
TEST(Closing, EndsAlsoWhenTheDriverDoesNot) {
    for (const char *how : {"close fault-crash", "close fault-hang"}) {
        OpenFixture f(with("faulty", how));
        const std::string process = process_of(*f.driver);
        f.driver.reset();
        EXPECT_FALSE(std::filesystem::exists("/proc/" + process)) << how;
    }
}

} // namespace
} // namespace drover
