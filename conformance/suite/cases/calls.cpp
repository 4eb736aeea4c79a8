// calls: what happens while an op runs: it is cancelled, its time ends, its arguments go, it tells how far it
// is, it logs.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/cases/every_op.hpp"
#include "conformance/suite/checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <future>

namespace drover::conformance {
namespace {

// From the moment it should end until it does.
constexpr std::chrono::seconds kEndLimit{3};
// When after its start an op is stopped: at once, and in the midst of what it does.
constexpr std::array kMoments{std::chrono::milliseconds(0), std::chrono::milliseconds(20)};

using Op = std::function<Answer(const CallOptions &)>;

enum class Stop { by_fd, by_flag, by_deadline };

// Runs the op on another thread, stops it, and sees that it ends.
Answer stopped(Test &test, const Op &op, Stop how, std::chrono::milliseconds moment) {
    CancelSource source;
    CallOptions options;
    options.has_cancel_fd = how != Stop::by_flag;
    if (how == Stop::by_deadline) {
        options.deadline = Deadline::after(moment);
    } else {
        options.cancel = &source;
    }
    auto running = std::async(std::launch::async, [&] { return op(options); });
    static_cast<void>(running.wait_for(moment));
    if (how != Stop::by_deadline)
        source.cancel();
    const auto since = std::chrono::steady_clock::now();
    Answer answer = running.get();
    const auto took = std::chrono::steady_clock::now() - since;
    well_formed(test, answer);
    test.expect(took <= kEndLimit,
                fmt::format("{} ends within {} s once {}", answer.op, kEndLimit.count(),
                            how == Stop::by_deadline ? "its deadline is over" : "it is cancelled"),
                fmt::format("it took {} ms more",
                            std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
    answers(test, answer, {DRV_OK, DRV_E_CANCELLED, DRV_E_DEADLINE}, "it was stopped, or done before");
    return answer;
}

// Stops it, and then has it done.
void stop_and_do(Test &test, Stop how, const Op &op, std::chrono::milliseconds moment) {
    if (!stopped(test, op, how, moment).is_ok())
        ok(test, op({}), "completes what was stopped");
}

// A stopped op that makes a volume has made it, or not, or says that it does not know; the same op again
// completes it.
void stop_making(Test &test, Stop how, const std::string &id, const Op &op,
                 std::chrono::milliseconds moment) {
    const Answer answer = stopped(test, op, how, moment);
    if (answer.is_ok()) {
        exists(test, test.instance(), id);
    } else if (!answer.is_state_unknown()) {
        absent(test, test.instance(), id);
    }
    if (!answer.is_ok())
        one_volume(test, op({}), id);
    ok(test, test.instance().destroy(id));
}

void stop_all(Test &test, Stop how) {
    Instance &instance = test.instance();
    const BackendVolume source = test.make_volume();
    for (const auto moment : kMoments) {
        CreateArguments made = test.small_volume();
        made.bytes = test.grown_bytes();
        stop_making(
            test, how, made.id, [&](const CallOptions &o) { return instance.create(made, o); }, moment);
        stop_and_do(
            test, how, [&](const CallOptions &o) { return instance.list({}, o); }, moment);
        const AttachArguments here{.id = source.id, .node = test.first()};
        stop_and_do(
            test, how, [&](const CallOptions &o) { return instance.attach(here, o); }, moment);
        stop_and_do(
            test, how, [&](const CallOptions &o) { return instance.detach(here, o); }, moment);
        made = test.small_volume();
        made.bytes = 0;
        if (instance.offers(DRV_EXT_CLONE)) {
            stop_making(
                test, how, made.id, [&](const CallOptions &o) { return instance.clone(source.id, made, o); },
                moment);
        }
        if (!instance.offers(DRV_EXT_SNAPSHOT))
            continue;
        const SnapshotArguments taken{.volume_id = source.id, .snapshot_id = test.fresh_id()};
        stop_and_do(
            test, how, [&](const CallOptions &o) { return instance.snapshot_create(taken, o); }, moment);
        made.id = test.fresh_id();
        stop_making(
            test, how, made.id,
            [&](const CallOptions &o) { return instance.snapshot_clone(taken.snapshot_id, made, o); },
            moment);
        ok(test, instance.snapshot_destroy(taken.snapshot_id));
    }
}

void text_ends(Test &test) {
    const auto instance = test.open_shaped({.guards_text = true});
    for (int round = 0; round < 2; ++round)
        every_op(test, *instance);
}

std::vector<std::string> texts_of(const Answer &answer) {
    std::vector<std::string> all = answer.tokens;
    if (answer.failure) {
        all.push_back(answer.failure->message);
        all.push_back(answer.failure->vendor_code);
    }
    for (const BackendVolume &row : answer.volumes)
        all.insert(all.end(), {row.id, row.name, row.backend_id, row.pool, row.profile, row.parent});
    for (const Connection &row : answer.connections)
        all.insert(all.end(), {row.device, row.wwid, row.auth_user, row.auth_secret_key});
    return all;
}

void no_secret(Test &test) {
    const BackendSettings settings = test.backend_settings();
    const auto &keys = test.driver()->description().config_keys;
    if (std::ranges::none_of(keys, &ConfigKey::secret))
        return; // it is never told one
    if (settings.secrets.empty())
        test.skip("the driver takes secrets, and the case file gives it none");
    Instance &instance = test.instance();
    std::vector<std::string> texts;
    for (const Answer &answer : every_op(test, instance))
        std::ranges::copy(texts_of(answer), std::back_inserter(texts));
    std::ranges::copy(instance.logged(), std::back_inserter(texts));
    for (const auto &[key, value] : settings.secrets) {
        if (value.size() < 4) // it occurs in ordinary words
            continue;
        for (std::string text : texts) {
            const auto at = text.find(value);
            if (at == std::string::npos)
                continue;
            text.replace(at, value.size(), "***");
            test.fail(fmt::format("the value of {} is in no log line, error or row", key),
                      fmt::format("\"{}\"", text));
        }
    }
}

void progress_grows(Test &test) {
    for (const Answer &answer : every_op(test, test.instance())) {
        const auto &told = answer.progress;
        const auto back = std::adjacent_find(told.begin(), told.end(), std::greater<>());
        if (back != told.end()) {
            test.fail(fmt::format("the progress of {} never goes back", answer.op),
                      fmt::format("{} after {}", *(back + 1), *back));
        }
        test.expect(std::all_of(told.begin(), told.end(), [](std::uint32_t each) { return each <= 1000; }),
                    fmt::format("the progress of {} is at most 1000", answer.op), "it is more");
    }
}

void extension_errors(Test &test) {
    Instance &instance = test.instance();
    std::vector<Answer> refused;
    const CreateArguments made = test.small_volume();
    if (instance.offers(DRV_EXT_SNAPSHOT)) {
        refused.push_back(instance.snapshot_get(test.fresh_id()));
        refused.push_back(instance.snapshot_revert(test.fresh_id()));
        refused.push_back(instance.snapshot_clone(test.fresh_id(), made));
        refused.push_back(
            instance.snapshot_create({.volume_id = test.fresh_id(), .snapshot_id = test.fresh_id()}));
        refused.push_back(instance.snapshot_list("", {.flags = 1ULL << 63U}));
    }
    if (instance.offers(DRV_EXT_CLONE))
        refused.push_back(instance.clone(test.fresh_id(), made));
    if (instance.offers(DRV_EXT_EXTEND))
        refused.push_back(instance.extend(test.fresh_id(), test.grown_bytes()));
    if (refused.empty())
        test.skip("the driver offers no extension that the suite knows");
    for (const Answer &answer : refused)
        has_text(test, answer);
}

} // namespace

void add_calls_cases(Registry &all) {
    all.mandatory("calls.cancel-by-fd", "An op that is cancelled while it runs ends within 3 s.",
                  [](Test &test) { stop_all(test, Stop::by_fd); });
    all.mandatory("calls.cancel-by-flag",
                  "An op that is cancelled ends within 3 s also where the host has no cancel_fd.",
                  [](Test &test) { stop_all(test, Stop::by_flag); });
    all.mandatory("calls.deadline-in-time", "An op whose deadline passes while it runs ends within 3 s.",
                  [](Test &test) { stop_all(test, Stop::by_deadline); });
    all.mandatory("calls.text-ends-with-call",
                  "No text of a call is read after the call: its pages cannot be read any more.", text_ends);
    all.mandatory("calls.no-secret", "No secret's value is in a log line, an error or a row.", no_secret);
    all.mandatory("calls.progress", "Progress is at most 1000 and never goes back.", progress_grows);
    all.mandatory("calls.extension-errors-have-text",
                  "Ops of extensions that fail call fail() with a sentence and the code they return.",
                  extension_errors);
    // The wire copies every text, and the driver's process masks secrets before it sends a line.
    all.judge_in_process({"calls.text-ends-with-call", "calls.no-secret"});
}

} // namespace drover::conformance
