#include "conformance/suite/test.hpp"

#include "conformance/suite/backend_settings.hpp"
#include "conformance/suite/checks.hpp"
#include "conformance/suite/sweep.hpp"

#include <fmt/format.h>

#include <functional>

namespace drover::conformance {
namespace {

std::string_view cap_name(std::uint64_t cap) {
    switch (cap) {
    case DRV_CAP_THIN:
        return "DRV_CAP_THIN";
    case DRV_CAP_MULTI_ATTACH:
        return "DRV_CAP_MULTI_ATTACH";
    case DRV_CAP_ONLINE_EXTEND:
        return "DRV_CAP_ONLINE_EXTEND";
    case DRV_CAP_ZEROED:
        return "DRV_CAP_ZEROED";
    default:
        return "the capability";
    }
}

} // namespace

Test::Test(const Settings &settings, const Case &running, OpTrace &trace, Tracker *tracker)
    : settings_(settings), case_(running), trace_(trace), tracker_(tracker),
      host_(std::make_unique<StderrHost>()),
      random_(settings.seed ^ std::hash<std::string_view>()(running.id)) {
    result_.id = running.id;
}

Test::~Test() = default;

TestResult Test::run() {
    const auto started = std::chrono::steady_clock::now();
    trace_.clear();
    const auto guarded = [&](const std::function<void()> &part) {
        try {
            part();
        } catch (const CaseEnded &) { // what it found is in result_
        } catch (const std::exception &error) {
            note("the suite itself works", fmt::format("its own code threw: {}", error.what()));
        }
    };
    guarded([&] {
        check_needs();
        case_.run(*this);
        compare_with_model();
    });
    is_body_over_ = true;
    guarded([&] { clean_up(); });
    if (!result_.findings.empty() && case_.binding == Binding::quality) {
        for (const Finding &finding : result_.findings) {
            result_.warnings.push_back(
                fmt::format("expected: {}; found: {}", finding.expected, finding.found));
        }
        result_.findings.clear();
    }
    if (!result_.findings.empty()) {
        result_.outcome = Outcome::fail;
    } else if (skip_reason_) {
        result_.outcome = Outcome::skip;
        result_.reason = *skip_reason_;
    } else if (!result_.warnings.empty()) {
        result_.outcome = Outcome::warn;
    }
    result_.duration = std::chrono::steady_clock::now() - started;
    return std::move(result_);
}

void Test::check_needs() {
    for (const std::string_view extension : {case_.needs.extension, case_.needs.second}) {
        if (!extension.empty() && !instance().offers(extension))
            skip(fmt::format("the driver does not offer {}", extension));
    }
    for (std::uint64_t cap = 1; cap != 0 && cap <= case_.needs.caps; cap <<= 1U) {
        if ((case_.needs.caps & cap) != 0 && (caps().flags & cap) == 0)
            skip(fmt::format("the backend does not set {}", cap_name(cap)));
    }
}

std::string Test::last_op() const {
    const std::string last = trace_.last();
    return last.substr(0, last.find(" of "));
}

void Test::note(std::string expected, std::string found) {
    if (is_body_over_) { // cleaning up is not what the case is about
        result_.warnings.push_back(
            fmt::format("while cleaning up: expected: {}; found: {}", expected, found));
    } else {
        result_.findings.push_back({std::move(expected), std::move(found), last_op()});
    }
}

void Test::fail(std::string expected, std::string found) {
    note(std::move(expected), std::move(found));
    throw CaseEnded();
}

void Test::skip(std::string reason) {
    skip_reason_ = std::move(reason);
    throw CaseEnded();
}

void Test::warn(std::string sentence) {
    result_.warnings.push_back(std::move(sentence));
}

std::shared_ptr<TestedDriver> Test::driver() {
    if (driver_ == nullptr) {
        trace_.begin("drv_entry_v1", "");
        auto loaded =
            TestedDriver::load(settings_.driver, settings_.is_isolated && !case_.is_judged_in_process);
        trace_.end();
        if (!loaded)
            fail("the driver's file loads", loaded.error().message);
        driver_ = std::move(*loaded);
    }
    return driver_;
}

BackendSettings Test::backend_settings() {
    auto checked = check_settings(settings_.file, driver()->description());
    if (!checked)
        fail("the case file's keys suit the driver", checked.error().message);
    return std::move(*checked);
}

BackendSettings Test::bad_settings() {
    auto checked = check_bad_settings(settings_.file, driver()->description());
    if (!checked) {
        skip("the bad-keys of the case file are refused before they reach the driver: " +
             checked.error().message);
    }
    return std::move(*checked);
}

Result<std::unique_ptr<Instance>> Test::try_open(const BackendSettings &settings, const NodeIdentity &node,
                                                 const HostShape &shape) {
    return Instance::open(
        driver(), *host_,
        {.node_id = node.id,
         .settings = settings,
         .op_limit = settings_.limit / 2,
         .shape = shape,
         .store_folder = settings_.scratch / (node.id == second().id ? "store-b" : "store-a")},
        {.trace = &trace_, .tracker = tracker_, .model = &model_});
}

std::unique_ptr<Instance> Test::open_shaped(const HostShape &shape) {
    instance(); // the baseline first
    auto opened = try_open(backend_settings(), first(), shape);
    if (!opened)
        fail("open answers OK", opened.error().message);
    return std::move(*opened);
}

std::unique_ptr<Instance> Test::share(const Instance &instance) {
    return instance.share({.tracker = tracker_});
}

std::unique_ptr<Instance> Test::open_as(const NodeIdentity &node) {
    auto opened = try_open(backend_settings(), node);
    if (!opened)
        fail("open answers OK", opened.error().message);
    return std::move(*opened);
}

std::unique_ptr<Instance> Test::open_another(const NodeIdentity *node) {
    return open_as(node != nullptr ? *node : first());
}

Instance &Test::instance() {
    if (first_ == nullptr) {
        first_ = open_as(first());
        if (!has_baseline_) {
            has_baseline_ = true;
            take_baseline();
        }
    }
    return *first_;
}

Instance &Test::instance_of_second() {
    instance(); // the baseline first
    if (second_ == nullptr)
        second_ = open_as(second());
    return *second_;
}

void Test::close_all() {
    second_.reset();
    first_.reset();
}

void Test::take_baseline() {
    const auto volumes = every_volume(*first_);
    const auto snapshots = every_snapshot(*first_);
    model_.set_strangers(volumes, snapshots);
}

std::vector<BackendVolume> Test::every_volume(Instance &from) {
    return list_all(*this, from);
}

std::vector<BackendVolume> Test::every_snapshot(Instance &from) {
    return from.offers(DRV_EXT_SNAPSHOT) ? list_snapshots(*this, from, "") : std::vector<BackendVolume>();
}

void Test::compare_with_model() {
    if (!has_baseline_)
        return;
    Instance &from = instance();
    auto findings = model_.compare_volumes(every_volume(from), settings_.file.is_shared);
    for (const Finding &finding : model_.compare_snapshots(every_snapshot(from), settings_.file.is_shared))
        findings.push_back(finding);
    result_.findings.insert(result_.findings.end(), findings.begin(), findings.end());
}

void Test::clean_up() {
    if (tracker_ == nullptr)
        return;
    const auto objects = Tracker::remaining(settings_.tracker_file());
    if (!objects || objects->empty()) {
        close_all();
        return;
    }
    const auto left = sweep(*objects, settings_.file, [&](const std::string &node) -> Instance * {
        return node == second().id ? &instance_of_second() : &instance();
    });
    for (const std::string &each : left)
        warn("could not be taken away again: " + each);
    close_all();
}

const drv_caps &Test::caps() {
    if (!caps_) {
        drv_caps caps{};
        ok(*this, instance().capabilities(caps));
        caps_ = caps;
    }
    return *caps_;
}

std::uint64_t Test::rounded_up(std::uint64_t bytes) {
    const std::uint64_t step = std::max<std::uint64_t>(1, caps().granularity_bytes);
    const std::uint64_t wanted = std::max(bytes, caps().min_bytes);
    return wanted % step == 0 ? wanted : wanted + (step - wanted % step);
}

std::uint64_t Test::small_bytes() {
    return rounded_up(settings_.file.small_bytes);
}

std::uint64_t Test::grown_bytes() {
    return rounded_up(std::max(settings_.file.grown_bytes, small_bytes() + 1));
}

std::string Test::fresh_id() {
    const std::uint64_t high = (random_() & ~0xF000ULL) | 0x4000ULL;        // version 4
    const std::uint64_t low = (random_() & ~(3ULL << 62U)) | (2ULL << 62U); // RFC 4122
    return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32U, (high >> 16U) & 0xFFFFU,
                       high & 0xFFFFU, low >> 48U, low & 0xFFFFFFFFFFFFULL);
}

CreateArguments Test::small_volume() {
    CreateArguments request{.id = fresh_id(), .bytes = small_bytes(), .pool = settings_.file.pool};
    request.name = "conformance-" + request.id.substr(0, 8);
    return request;
}

BackendVolume Test::make_volume() {
    const CreateArguments request = small_volume();
    return one_volume(*this, instance().create(request), request.id);
}

BackendVolume Test::make_snapshot(const std::string &volume_id) {
    const std::string id = fresh_id();
    return one_snapshot(
        *this,
        instance().snapshot_create(
            {.volume_id = volume_id, .snapshot_id = id, .name = "conformance-" + id.substr(0, 8)}),
        id);
}

Connection Test::attach_first(const std::string &id) {
    return one_connection(*this, instance().attach({.id = id, .node = first()}));
}

Connection Test::attach_second(const std::string &id) {
    return one_connection(*this, instance_of_second().attach({.id = id, .node = second()}));
}

void Test::detach_first(const std::string &id) {
    ok(*this, instance().detach({.id = id, .node = first()}));
}

void Test::detach_second(const std::string &id) {
    ok(*this, instance_of_second().detach({.id = id, .node = second()}));
}

} // namespace drover::conformance
