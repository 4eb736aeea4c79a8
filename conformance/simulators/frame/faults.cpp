#include "conformance/simulators/frame/faults.hpp"

#include <algorithm>

namespace drover::sim {

std::uint64_t Faults::arm(Fault fault) {
    const std::lock_guard lock(mutex_);
    armed_.push_back({.id = ++last_id_, .fault = std::move(fault)});
    return last_id_;
}

bool Faults::disarm(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    return std::erase_if(armed_, [id](const Armed &each) { return each.id == id; }) > 0;
}

void Faults::disarm_all() {
    const std::lock_guard lock(mutex_);
    armed_.clear();
}

std::vector<Faults::Hit> Faults::meet(const Request &request) {
    std::vector<Hit> hits;
    const std::lock_guard lock(mutex_);
    bool is_struck = false;
    for (Armed &each : armed_) {
        const Fault &fault = each.fault;
        if ((!fault.method.empty() && fault.method != request.method) ||
            (!fault.path.empty() && !std::regex_search(request.path, fault.pattern)))
            continue;
        ++each.seen;
        const bool is_due = each.seen > fault.skip && (fault.times == 0 || each.hit < fault.times);
        const bool only_delays = fault.kind == FaultKind::delay;
        if (!is_due || (is_struck && !only_delays))
            continue;
        is_struck = is_struck || !only_delays;
        ++each.hit;
        hits.push_back({each.id, fault});
    }
    return hits;
}

boost::json::array Faults::list() const {
    const std::lock_guard lock(mutex_);
    boost::json::array out;
    for (const Armed &each : armed_) {
        boost::json::object row = to_json(each.fault);
        row["id"] = each.id;
        row["seen"] = each.seen;
        row["hit"] = each.hit;
        out.push_back(std::move(row));
    }
    return out;
}

} // namespace drover::sim
