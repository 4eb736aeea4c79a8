#include "conformance/simulators/frame/desk.hpp"

#include "conformance/simulators/frame/control.hpp"

namespace drover::sim {

namespace {

using std::chrono::steady_clock;

// Those that make an answer of their own or end the connection.
bool replaces_answer(FaultKind kind) {
    return kind != FaultKind::delay && kind != FaultKind::expire && kind != FaultKind::pretend;
}

} // namespace

Reply Desk::handle(const Request &request) {
    if (request.path == "/sim" || request.path.starts_with("/sim/"))
        return {.response = control({array_, faults_, journal_, clock_}, request)};
    const auto begin = steady_clock::now();
    const auto hits = faults_.meet(request);
    Call call{.request = &request};
    for (const auto &hit : hits)
        call.faults.emplace_back(hit.id);
    Reply reply = ask_array(request, hits, call.notes);
    call.reply = &reply;
    call.took = std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - begin);
    journal_.add(call);
    return reply;
}

Reply Desk::ask_array(const Request &request, const std::vector<Faults::Hit> &hits,
                      boost::json::object &notes) {
    const Fault *strikes = nullptr;
    bool pretend = false;
    for (const auto &[id, fault] : hits) {
        if (fault.when == Fault::When::before)
            delay(fault.delay);
        if (fault.kind == FaultKind::expire)
            array_.end_sessions();
        pretend = pretend || fault.kind == FaultKind::pretend;
        if (replaces_answer(fault.kind))
            strikes = &fault;
    }
    Reply reply;
    if (strikes != nullptr && strikes->when == Fault::When::before) {
        reply = faulty_reply(*strikes, request, {});
    } else {
        reply.response = array_.answer(request, pretend, notes);
        if (strikes != nullptr)
            reply = faulty_reply(*strikes, request, std::move(reply.response));
    }
    for (const auto &[id, fault] : hits) {
        if (fault.when == Fault::When::after)
            delay(fault.delay);
    }
    return reply;
}

void Desk::delay(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    stopped_.wait_for(lock, time, [this] { return is_stopping_; });
}

void Desk::stop() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    stopped_.notify_all();
    journal_.stop_waiting();
}

} // namespace drover::sim
