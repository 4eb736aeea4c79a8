// Cutting off another node. It writes nothing down: the backend's own record of who has a volume is what
// every later decision goes by, and repeating is safe.
#include "core/volume/submit.hpp"
#include "core/volume/volumes.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <exception>

namespace drover {

std::string Volumes::fence(const std::string &node, std::vector<std::string> backends,
                           OperationOptions options, Done<std::vector<FencedView>> done) {
    std::string operation = operations_.begin("fence", ""); // about no volume
    operations_.stage(operation, node);
    if (options.request_id.empty())
        options.request_id = operation;
    parts_.workers.post(
        "fence", "fence:" + node,
        [this, operation, node, backends = std::move(backends), options = std::move(options),
         done = std::move(done)] {
            const Task task{.call = {.deadline = options.deadline.earlier(Deadline::after(kLongestOperation)),
                                     .request_id = options.request_id},
                            .stage = [&](std::string_view stage) { operations_.stage(operation, stage); }};
            auto fenced = [&]() -> Result<std::vector<FencedView>> {
                try {
                    return do_fence(task, node, backends);
                } catch (const std::exception &bug) {
                    return fail(Code::internal, fmt::format("bug in the agent: {}", bug.what()));
                }
            }();
            operations_.end(operation, fenced ? nullptr : &fenced.error(), fenced ? node : std::string());
            if (done)
                done(std::move(fenced));
        });
    return operation;
}

Result<std::vector<FencedView>> Volumes::do_fence(const Task &task, const std::string &node,
                                                  std::vector<std::string> backends) {
    if (auto good = check_name(node, "node"); !good)
        return fail(std::move(good).error());
    if (node == parts_.node.identity.id) {
        return fail(
            Code::invalid,
            fmt::format("node {} is this node, which cannot cut itself off: fence it from another one",
                        node));
    }
    for (const auto &backend : backends) {
        if (!parts_.backends.is_known(backend))
            return fail(parts_.backends.driver(backend).error());
    }
    if (backends.empty()) {
        for (const auto &view : parts_.backends.views())
            backends.push_back(view.name);
    }
    std::vector<FencedView> fenced;
    std::vector<std::string> done; // for people
    std::vector<std::string> failed;
    std::optional<Error> failure; // the first; retryable only if all are
    for (const auto &backend : backends) {
        task.stage(fmt::format("cutting {} off from backend {}", node, backend));
        auto cut = fence_on(task, node, backend);
        if (cut) {
            done.push_back(cut->volumes.empty() ? fmt::format("backend {}: it had no volume", backend)
                                                : fmt::format("backend {}: it had {}", backend,
                                                              fmt::join(cut->volumes, ", ")));
            spdlog::warn("node {} is fenced, {}", node, done.back());
            fenced.push_back(std::move(*cut));
            continue;
        }
        failed.push_back(fmt::format("backend {}: {}", backend, cut.error().message));
        spdlog::error("node {} is not fenced, {}", node, failed.back());
        if (!failure) {
            failure = std::move(cut).error();
        } else {
            failure->retryable = failure->retryable && cut.error().retryable;
            failure->state_unknown = failure->state_unknown || cut.error().state_unknown;
        }
    }
    if (failure) {
        failure->message = fmt::format("node {} is not fenced on {}{}{}", node, fmt::join(failed, "; "),
                                       done.empty() ? "" : "; it is on ", fmt::join(done, "; "));
        return fail(std::move(*failure));
    }
    task.stage(fmt::format("{}", fmt::join(done, "; ")));
    return fenced;
}

Result<FencedView> Volumes::fence_on(const Task &task, const std::string &node, const std::string &backend) {
    auto driver = parts_.backends.driver(backend);
    if (!driver)
        return fail(std::move(driver).error());
    auto cut = (*driver)->fence(task.call, node);
    if (!cut)
        return fail(std::move(cut).error());
    FencedView view{.backend = backend};
    view.volumes.reserve(cut->size());
    for (const auto &volume : *cut) {
        const auto record = journal_.volume(volume.id);
        view.volumes.push_back(record ? record->name : volume.id);
        if (!record)
            continue;
        live_.change(volume.id, [&](Live &live) {
            if (live.holder == node)
                live.holder.clear();
        });
        if (live_.get(volume.id).attempts > 0)
            converge_later(*record, std::chrono::nanoseconds(0)); // it waited for just this
    }
    std::sort(view.volumes.begin(), view.volumes.end());
    return view;
}

} // namespace drover
