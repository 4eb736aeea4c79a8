#include "core/volume/operations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace drover {

std::uint64_t unix_now_ns() {
    return static_cast<std::uint64_t>(
        std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count());
}

std::string Operations::begin(std::string_view kind, std::string_view volume) {
    const std::lock_guard lock(mutex_);
    // The start time keeps ids of one agent run apart from those of the next.
    OperationView view{
        .kind = std::string(kind), .volume = std::string(volume), .started_unix_ns = unix_now_ns()};
    view.id = fmt::format("op-{:x}-{}", view.started_unix_ns / 1'000'000, next_id_++);
    std::string id = view.id;
    running_.emplace(id, std::move(view));
    return id;
}

Operations::Called Operations::take_watchers(const std::string &id) {
    Called called;
    for (auto it = watchers_.begin(); it != watchers_.end();) {
        if (it->second.operation == id) {
            called.push_back(std::move(it->second.changed));
            it = watchers_.erase(it);
        } else {
            ++it;
        }
    }
    return called;
}

void Operations::progress(const std::string &id, unsigned permille, std::string_view stage) {
    Called called;
    {
        const std::lock_guard lock(mutex_);
        const auto found = running_.find(id);
        if (found == running_.end())
            return;
        OperationView &view = found->second;
        permille = std::min(permille, 1000U);
        if (view.permille == permille && view.stage == stage)
            return;
        view.permille = permille;
        view.stage = stage;
        called = take_watchers(id);
    }
    for (const auto &changed : called)
        changed();
}

void Operations::stage(const std::string &id, std::string_view stage) {
    progress(id, 0, stage);
}

void Operations::end(const std::string &id, const Error *error, std::string_view result_id) {
    Called called;
    {
        const std::lock_guard lock(mutex_);
        const auto found = running_.find(id);
        if (found == running_.end())
            return;
        OperationView view = std::move(found->second);
        running_.erase(found);
        view.done = true;
        view.ended_unix_ns = unix_now_ns();
        if (error != nullptr) {
            view.error = *error;
        } else {
            view.permille = 1000;
        }
        view.result_id = result_id;
        ended_order_.push_back(id);
        ended_.emplace(id, std::move(view));
        forget_oldest();
        called = take_watchers(id);
    }
    for (const auto &changed : called)
        changed();
}

void Operations::forget_oldest() {
    if (ended_order_.size() <= kRemembered)
        return;
    ended_.erase(ended_order_.front());
    ended_order_.erase(ended_order_.begin());
}

std::vector<OperationView> Operations::list() const {
    const std::lock_guard lock(mutex_);
    std::vector<OperationView> views;
    views.reserve(running_.size() + ended_.size());
    for (const auto &[id, view] : running_)
        views.push_back(view);
    for (const auto &[id, view] : ended_)
        views.push_back(view);
    std::sort(views.begin(), views.end(), [](const OperationView &a, const OperationView &b) {
        return a.started_unix_ns > b.started_unix_ns;
    });
    return views;
}

Result<OperationView> Operations::get(const std::string &id) const {
    const std::lock_guard lock(mutex_);
    if (const auto found = running_.find(id); found != running_.end())
        return found->second;
    if (const auto found = ended_.find(id); found != ended_.end())
        return found->second;
    return fail(Code::not_found,
                fmt::format("no operation {}: it ended a while ago, or the agent was restarted since", id));
}

std::string Operations::running_on(std::string_view volume) const {
    const std::lock_guard lock(mutex_);
    for (const auto &[id, view] : running_) {
        if (view.volume != volume)
            continue;
        return view.stage.empty() ? view.kind : fmt::format("{}: {}", view.kind, view.stage);
    }
    return {};
}

std::uint64_t Operations::watch(const std::string &id, unsigned seen_permille, const std::string &seen_stage,
                                std::function<void()> changed) {
    {
        const std::lock_guard lock(mutex_);
        const auto found = running_.find(id);
        if (found != running_.end() && found->second.permille == seen_permille &&
            found->second.stage == seen_stage) {
            watchers_.emplace(next_token_, Watcher{id, std::move(changed)});
            return next_token_++;
        }
    }
    changed();
    return 0;
}

void Operations::stop_watching(std::uint64_t token) {
    const std::lock_guard lock(mutex_);
    watchers_.erase(token);
}

} // namespace drover
