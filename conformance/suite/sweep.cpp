#include "conformance/suite/sweep.hpp"

#include "conformance/suite/backend_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace drover::conformance {
namespace {

std::string_view noun(TrackedKind kind) {
    return kind == TrackedKind::volume     ? "volume"
           : kind == TrackedKind::snapshot ? "snapshot"
                                           : "attachment of";
}

} // namespace

std::vector<std::string> sweep(std::vector<Tracked> objects, const CaseFile &file,
                               const std::function<Instance *(const std::string &node)> &instance_for) {
    std::vector<std::string> reasons;
    const auto take_away = [&](const Tracked &what) {
        const std::string &node = what.node.empty() ? file.nodes[0].id : what.node;
        Instance *instance = instance_for(node);
        std::string reason = "no instance is open";
        if (instance != nullptr) {
            Answer answer;
            if (what.kind == TrackedKind::attachment) {
                const auto known = std::find_if(file.nodes.begin(), file.nodes.end(),
                                                [&](const NodeIdentity &each) { return each.id == node; });
                answer = instance->detach(
                    {.id = what.id, .node = known != file.nodes.end() ? *known : NodeIdentity{node, {}}});
            } else if (what.kind == TrackedKind::snapshot) {
                answer = instance->snapshot_destroy(what.id);
            } else {
                answer = instance->destroy(what.id);
            }
            // An id that the driver refuses as no id names nothing that could be left.
            if (answer.is_ok() || answer.status == DRV_E_INVALID)
                return true;
            reason = answer.describe();
        }
        reasons.push_back(fmt::format("{} {}: {}", noun(what.kind), what.id.substr(0, 64), reason));
        return false;
    };
    // Attachments first, then the youngest objects; again as long as a round helps.
    std::reverse(objects.begin(), objects.end());
    std::stable_partition(objects.begin(), objects.end(),
                          [](const Tracked &what) { return what.kind == TrackedKind::attachment; });
    for (std::size_t before = objects.size() + 1; !objects.empty() && objects.size() < before;) {
        before = objects.size();
        reasons.clear();
        std::erase_if(objects, take_away);
    }
    return reasons;
}

int sweep_after_crash(const Settings &settings) {
    const auto objects = Tracker::remaining(settings.tracker_file());
    auto tracker = Tracker::open(settings.tracker_file());
    auto driver = TestedDriver::load(settings.driver, settings.is_isolated);
    if (!objects || !tracker || !driver) {
        std::fputs("conformance: what tests left behind could not be read\n", stderr);
        return 1;
    }
    const auto checked = check_settings(settings.file, (*driver)->description());
    if (!checked) {
        std::fprintf(stderr, "conformance: %s\n", checked.error().message.c_str());
        return 1;
    }
    StderrHost host;
    std::map<std::string, std::unique_ptr<Instance>> open;
    const auto instance_for = [&](const std::string &node) -> Instance * {
        auto &slot = open[node];
        if (slot == nullptr) {
            auto opened = Instance::open(*driver, host, {.node_id = node, .settings = *checked},
                                         {.tracker = &*tracker});
            if (!opened)
                return nullptr;
            slot = std::move(*opened);
        }
        return slot.get();
    };
    const auto left = sweep(*objects, settings.file, instance_for);
    for (const std::string &each : left)
        std::fprintf(stderr, "%s\n", each.c_str());
    return left.empty() ? 0 : 1;
}

} // namespace drover::conformance
