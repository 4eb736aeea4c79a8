// How a request becomes a job: an operation people can watch, a place in the volume's queue, a deadline, and
// one answer. Private to this folder.
#pragma once

#include "core/volume/names.hpp"
#include "core/volume/volumes.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace drover {

// Longer than any clone of a large volume; a call that never returns must still end one day.
inline constexpr std::chrono::hours kLongestOperation{24};

template <typename T>
std::string result_id_of(const T &) {
    return {};
}
inline std::string result_id_of(const VolumeView &view) {
    return view.id;
}
inline std::string result_id_of(const MountView &view) {
    return view.volume.id;
}
inline std::string result_id_of(const GroupView &view) {
    return view.id;
}
inline std::string result_id_of(const GroupSnapshotView &view) {
    return view.id;
}
inline std::string result_id_of(const SnapshotView &view) {
    return view.id;
}

template <typename T>
void Volumes::refresh(T &result) const {
    if constexpr (std::is_same_v<T, VolumeView>) {
        result = view_of(result.id);
    } else if constexpr (std::is_same_v<T, MountView>) {
        result.volume = view_of(result.volume.id);
    }
}

template <typename T>
std::string Volumes::submit(Job job, OperationOptions options, std::function<Result<T>(const Task &)> work,
                            Done<T> done) {
    std::string operation = operations_.begin(job.kind, job.volume);
    if (options.request_id.empty())
        options.request_id = operation;
    std::string lane = job.lane;
    std::string key = job.key;
    parts_.workers.post(
        lane, key,
        [this, operation, job = std::move(job), options = std::move(options), work = std::move(work),
         done = std::move(done)] {
            const ProgressFn progress = [&](unsigned permille, std::string_view stage) {
                operations_.progress(operation, permille, stage);
            };
            const Task task{.call = {.deadline = options.deadline.earlier(Deadline::after(kLongestOperation)),
                                     .request_id = options.request_id,
                                     .progress = &progress},
                            .stage = [&](std::string_view stage) { operations_.stage(operation, stage); }};
            auto result = [&]() -> Result<T> {
                const auto lock = lock_of(job.key);
                const std::lock_guard guard(*lock);
                try {
                    return work(task);
                } catch (const std::exception &bug) {
                    return fail(Code::internal, fmt::format("bug in the agent: {}", bug.what()));
                }
            }();
            if (!result) {
                result.error().message = fmt::format(
                    "{}: {}", fmt::format(fmt::runtime(job.about), job.volume), result.error().message);
                spdlog::warn("{}: {}", job.kind, result.error().message);
                operations_.end(operation, &result.error(), {});
            } else if constexpr (std::is_void_v<T>) {
                operations_.end(operation, nullptr, job.key);
            } else {
                operations_.end(operation, nullptr, result_id_of(*result));
                refresh(*result); // as it is now that the operation is over
            }
            if (done)
                done(std::move(result));
        });
    return operation;
}

template <typename T>
std::string Volumes::submit_for(std::string_view kind, const VolumeRef &ref, OperationOptions options,
                                std::function<Result<T>(const Task &, VolumeRecord)> work, Done<T> done) {
    auto found = find_volume(journal_, ref);
    if (!found) {
        // Not through the queue of a volume that does not exist; still on a worker, as every answer.
        std::string operation = operations_.begin(kind, ref.name_or_id);
        operations_.end(operation, &found.error(), {});
        parts_.workers.post("", operation, [done = std::move(done), error = std::move(found).error()] {
            if (done)
                done(fail(error));
        });
        return operation;
    }
    const std::string id = (*found)->id;
    return submit<T>(
        Job{.kind = std::string(kind), .lane = (*found)->backend, .key = id, .volume = (*found)->name},
        std::move(options),
        [this, id, work = std::move(work)](const Task &task) -> Result<T> {
            // Read again: an earlier job of this volume may have changed or removed it.
            const auto record = journal_.volume(id);
            if (!record)
                return fail(Code::not_found, "no such volume: it was removed a moment ago");
            return work(task, *record);
        },
        std::move(done));
}

} // namespace drover
