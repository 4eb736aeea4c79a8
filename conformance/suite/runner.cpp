#include "conformance/suite/runner.hpp"

#include "conformance/suite/outcome_json.hpp"
#include "conformance/suite/sandbox.hpp"
#include "conformance/suite/sweep.hpp"
#include "conformance/suite/test.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

namespace drover::conformance {
namespace {

TestResult broken(const Case &running, const Error &error) {
    TestResult result{.id = std::string(running.id), .outcome = Outcome::crash};
    result.reason = "the suite could not run it: " + error.message;
    return result;
}

// The op, if one was running when the process ended or hung; else the last one, so that it reads.
std::string op_of(const OpTrace &trace) {
    std::string last = trace.last();
    if (last.empty() || trace.is_running())
        return last;
    return "after " + last;
}

TestResult from_end(const Case &running, const SandboxEnd &end, const OpTrace &trace) {
    auto written = result_from_json(end.result);
    TestResult result;
    if (end.how == SandboxEnd::How::exited && end.code == 0 && written && written->id == running.id) {
        result = std::move(*written);
    } else {
        result.id = running.id;
        result.outcome = end.how == SandboxEnd::How::timed_out ? Outcome::timeout : Outcome::crash;
        result.reason = describe(end);
        result.op = op_of(trace);
        if (written && end.how != SandboxEnd::How::timed_out) {
            result.reason += ", after the test itself had ended";
        } else if (end.how == SandboxEnd::How::exited) {
            result.reason += " without a result";
        }
    }
    if (is_failure(result.outcome))
        result.output_tail = as_text(end.output_tail);
    result.duration = end.duration;
    return result;
}

} // namespace

Runner::Runner(const Settings &settings, RunnerOptions options)
    : settings_(settings), options_(std::move(options)) {}

std::optional<std::string> Runner::reason_to_skip(const Case &running) const {
    for (const SkipRule &rule : settings_.file.skips) {
        if (rule.matches(running.id))
            return rule.reason + " (by the case file)";
    }
    // A gate waits for the gates of its own kind before it: a file with the wrong symbols is one failure, not
    // four.
    const auto deepest = static_cast<std::size_t>(running.is_gate ? running.gate_of : running.stage);
    for (std::size_t stage = 0; stage <= deepest; ++stage) {
        if (const std::string &gate = closed_.at(stage); !gate.empty())
            return fmt::format("{} did not pass, and without it this says nothing", gate);
    }
    return std::nullopt;
}

TestResult Runner::run(const Case &running) {
    TestResult result{.id = std::string(running.id)};
    if (auto reason = reason_to_skip(running)) {
        result.outcome = Outcome::skip;
        result.reason = std::move(*reason);
    } else {
        result = options_.in_process ? run_here(running) : run_in_child(running);
        if (is_failure(result.outcome))
            sweep(result);
    }
    if (running.is_gate && is_failure(result.outcome))
        closed_.at(static_cast<std::size_t>(running.gate_of)) = running.id;
    return result;
}

TestResult Runner::run_in_child(const Case &running) {
    auto trace = OpTrace::make();
    if (!trace)
        return broken(running, trace.error());
    SandboxRequest request{.program = "/proc/self/exe",
                           .arguments = options_.child_arguments,
                           .limit = settings_.limit,
                           .trace_fd = trace->fd(),
                           .stop_fd = options_.stop_fd};
    request.arguments.emplace_back(running.id);
    const auto end = run_in_sandbox(request);
    if (!end)
        return broken(running, end.error());
    was_stopped_ = end->how == SandboxEnd::How::stopped;
    return from_end(running, *end, *trace);
}

TestResult Runner::run_here(const Case &running) const {
    auto trace = OpTrace::make();
    auto tracker = Tracker::open(settings_.tracker_file());
    if (!trace || !tracker)
        return broken(running, trace ? tracker.error() : trace.error());
    return Test(settings_, running, *trace, &*tracker).run();
}

std::vector<std::string> Runner::leftovers() const {
    std::vector<std::string> left;
    const auto objects = Tracker::remaining(settings_.tracker_file());
    if (!objects)
        return {objects.error().message};
    for (const Tracked &each : *objects) {
        left.push_back(fmt::format("{} {}",
                                   each.kind == TrackedKind::volume     ? "volume"
                                   : each.kind == TrackedKind::snapshot ? "snapshot"
                                                                        : "attachment of",
                                   as_text(each.id.substr(0, 64))));
    }
    return left;
}

// In a fresh process, since the one of the test is gone and this one never runs driver code.
void Runner::sweep(TestResult &result) {
    const auto objects = Tracker::remaining(settings_.tracker_file());
    if (objects && objects->empty())
        return;
    if (options_.in_process || options_.sweep_arguments.empty())
        return;
    const auto end = run_in_sandbox(
        {.program = "/proc/self/exe", .arguments = options_.sweep_arguments, .limit = settings_.limit});
    if (!end) {
        result.warnings.push_back("what the test made could not be swept: " + end.error().message);
    } else if (end->how != SandboxEnd::How::exited || end->code != 0) {
        result.warnings.push_back(fmt::format("what the test made is still there ({}): {}", describe(*end),
                                              as_text(end->output_tail)));
    }
}

int run_one(const Settings &settings, const Case &running) {
    // A program that a driver starts must find neither.
    ::fcntl(kResultFd, F_SETFD, FD_CLOEXEC);
    ::fcntl(kTraceFd, F_SETFD, FD_CLOEXEC);
    auto trace = OpTrace::adopt(UniqueFd(kTraceFd));
    auto tracker = Tracker::open(settings.tracker_file());
    if (!trace || !tracker) {
        std::fputs("conformance: this is for the program itself to call: there is no trace\n", stderr);
        return 2;
    }
    const TestResult result = Test(settings, running, *trace, &*tracker).run();
    const std::string text = boost::json::serialize(to_json(result));
    for (std::size_t done = 0; done < text.size();) {
        const ssize_t count = ::write(kResultFd, text.data() + done, text.size() - done);
        if (count <= 0)
            return 3;
        done += static_cast<std::size_t>(count);
    }
    return 0;
}

} // namespace drover::conformance
