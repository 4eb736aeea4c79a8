// The calls of Instance that go through an extension's table.
#include "conformance/suite/instance_calls.hpp"

#include <stdexcept>

namespace drover::conformance {

template <typename Table>
const Table &Instance::table(std::string_view id) {
    const void *found = extension(id);
    if (found == nullptr)
        throw std::logic_error(fmt::format("a case calls {} without needing it", id));
    return *static_cast<const Table *>(found);
}

Answer Instance::snapshot_create(const SnapshotArguments &arguments, const CallOptions &options) {
    const auto &snapshot = table<drv_snapshot_v1>(DRV_EXT_SNAPSHOT);
    const bool was_there =
        to_.model != nullptr && to_.model->snapshots().contains(arguments.snapshot_id) &&
        to_.model->snapshots().at(arguments.snapshot_id).presence == Expected::Presence::there;
    track(TrackedKind::snapshot, arguments.snapshot_id);
    const ArgumentText volume_id(arguments.volume_id, shape_);
    const ArgumentText snapshot_id(arguments.snapshot_id, shape_);
    const ArgumentText name(arguments.name, shape_);
    Shaped<drv_snapshot_req> request(shape_);
    request->flags = arguments.flags;
    request->volume_id = volume_id.get();
    request->snapshot_id = snapshot_id.get();
    request->name = name.get();
    Answer answer =
        run("snapshot.create", arguments.snapshot_id, options, [&](const drv_call *call, Answer &out) {
            VolumeRecorder recorder(out);
            const Shaped sink(shape_, *recorder.get());
            return invoke(snapshot.create, instance_, call, request.get(), sink.get());
        });
    note_made(TrackedKind::snapshot, arguments.snapshot_id, answer, was_there);
    return answer;
}

Answer Instance::snapshot_destroy(std::string_view id, std::uint64_t flags, const CallOptions &options) {
    const auto &snapshot = table<drv_snapshot_v1>(DRV_EXT_SNAPSHOT);
    const ArgumentText text(id, shape_);
    Answer answer = run("snapshot.destroy", id, options, [&](const drv_call *call, Answer &) {
        return invoke(snapshot.destroy, instance_, call, text.get(), flags);
    });
    note_destroyed(TrackedKind::snapshot, id, flags, answer);
    return answer;
}

Answer Instance::snapshot_get(std::string_view id, const CallOptions &options) {
    const auto &snapshot = table<drv_snapshot_v1>(DRV_EXT_SNAPSHOT);
    const ArgumentText text(id, shape_);
    return run("snapshot.get", id, options, [&](const drv_call *call, Answer &out) {
        VolumeRecorder recorder(out);
        const Shaped sink(shape_, *recorder.get());
        return invoke(snapshot.get, instance_, call, text.get(), sink.get());
    });
}

Answer Instance::snapshot_list(std::string_view volume_id, const ListArguments &arguments,
                               const CallOptions &options) {
    const auto &snapshot = table<drv_snapshot_v1>(DRV_EXT_SNAPSHOT);
    const ArgumentText volume(volume_id, shape_);
    const ArgumentText token(arguments.token, shape_);
    Shaped<drv_list_req> request(shape_);
    request->flags = arguments.flags;
    request->max_entries = arguments.max_entries;
    request->page_token = token.get();
    return run("snapshot.list", volume_id, options, [&](const drv_call *call, Answer &out) {
        VolumeRecorder recorder(out, arguments.stop_after);
        const Shaped sink(shape_, *recorder.get());
        return invoke(snapshot.list, instance_, call, volume.get(), request.get(), sink.get());
    });
}

Answer Instance::snapshot_clone(std::string_view snapshot_id, const CreateArguments &arguments,
                                const CallOptions &options) {
    const auto &snapshot = table<drv_snapshot_v1>(DRV_EXT_SNAPSHOT);
    const ArgumentText source(snapshot_id, shape_);
    return make_volume("snapshot.clone", arguments, options,
                       [&](const drv_call *call, const drv_create_req *request, const drv_volume_sink *sink) {
                           return invoke(snapshot.clone, instance_, call, source.get(), request, sink);
                       });
}

Answer Instance::snapshot_revert(std::string_view snapshot_id, std::uint64_t flags,
                                 const CallOptions &options) {
    const auto &snapshot = table<drv_snapshot_v1>(DRV_EXT_SNAPSHOT);
    const ArgumentText text(snapshot_id, shape_);
    Answer answer = run("snapshot.revert", snapshot_id, options, [&](const drv_call *call, Answer &) {
        return invoke(snapshot.revert, instance_, call, text.get(), flags);
    });
    if (to_.model != nullptr && answer.is_ok()) {
        const auto found = to_.model->snapshots().find(std::string(snapshot_id));
        if (found != to_.model->snapshots().end())
            to_.model->resized(found->second.parent, found->second.bytes);
    }
    return answer;
}

Answer Instance::clone(std::string_view source_id, const CreateArguments &arguments,
                       const CallOptions &options) {
    const auto &cloning = table<drv_clone_v1>(DRV_EXT_CLONE);
    const ArgumentText source(source_id, shape_);
    return make_volume("clone", arguments, options,
                       [&](const drv_call *call, const drv_create_req *request, const drv_volume_sink *sink) {
                           return invoke(cloning.clone, instance_, call, source.get(), request, sink);
                       });
}

Answer Instance::extend(std::string_view id, std::uint64_t bytes, std::uint64_t flags,
                        const CallOptions &options) {
    const auto &extending = table<drv_extend_v1>(DRV_EXT_EXTEND);
    const ArgumentText text(id, shape_);
    Answer answer = run("extend", id, options, [&](const drv_call *call, Answer &out) {
        VolumeRecorder recorder(out);
        const Shaped sink(shape_, *recorder.get());
        return invoke(extending.extend, instance_, call, text.get(), bytes, flags, sink.get());
    });
    if (to_.model != nullptr && answer.is_ok() && answer.volumes.size() == 1)
        to_.model->resized(std::string(id), answer.volumes.front().bytes);
    return answer;
}

Answer Instance::profiles(std::size_t stop_after, const CallOptions &options) {
    const auto &listing = table<drv_profiles_v1>(DRV_EXT_PROFILES);
    return run("profiles.list", "", options, [&](const drv_call *call, Answer &out) {
        ProfileRecorder recorder(out, stop_after);
        const Shaped sink(shape_, *recorder.get());
        return invoke(listing.list, instance_, call, sink.get());
    });
}

} // namespace drover::conformance
