#include "conformance/suite/extension_calls.hpp"

#include "conformance/suite/instance_calls.hpp"
#include "loader/driver_text.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace drover::conformance {
namespace {

constexpr std::size_t kMaxTextBytes = 4096;
constexpr std::size_t kMaxTokenBytes = 65536;
constexpr std::uint64_t kMaxMembers = 1'000'000;

// Text of a row; a breach when it is none.
std::string text_of(Answer &answer, const char *field, drv_str from, std::size_t max_bytes = kMaxTextBytes) {
    if (const auto wrong = problem_with(from, max_bytes)) {
        answer.breaches.push_back(fmt::format("emitted a row whose \"{}\" {}", field, *wrong));
        return {};
    }
    return std::string(view_of(from));
}

// Rows of one op, with what the sinks of the suite look at everywhere.
template <typename Row>
struct Rows {
    Answer &answer;
    std::vector<Row> &to;
    std::size_t stop_after = kNeverStop;

    [[nodiscard]] bool may_take(const void *row, bool is_large_enough) const {
        if (row == nullptr || !is_large_enough) {
            answer.breaches.emplace_back("emitted a row that is NULL or smaller than minor 0");
        } else if (answer.was_stopped) {
            answer.breaches.emplace_back("emitted another row after the sink had answered DRV_E_STOPPED");
        } else if (!answer.tokens.empty()) {
            answer.breaches.emplace_back("emitted a row after next_page, which must come last");
        } else {
            return true;
        }
        return false;
    }
    drv_status added(Row row) {
        to.push_back(std::move(row));
        if (to.size() < stop_after)
            return DRV_OK;
        answer.was_stopped = true;
        return DRV_E_STOPPED;
    }
    drv_status page(drv_str token) const {
        std::string text = text_of(answer, "page token", token, kMaxTokenBytes);
        if (text.empty() || !answer.tokens.empty())
            answer.breaches.emplace_back("called next_page twice, or with an empty token");
        answer.tokens.push_back(std::move(text));
        return DRV_OK;
    }
};

drv_status on_group(void *data, const drv_group *row) noexcept {
    auto &rows = *static_cast<Rows<GroupRow> *>(data);
    if (!rows.may_take(row, row != nullptr && DRV_HAS(row, drv_group, attr_count)))
        return DRV_E_INTERNAL;
    GroupRow group{.id = text_of(rows.answer, "id", row->id),
                   .name = text_of(rows.answer, "name", row->name),
                   .backend_id = text_of(rows.answer, "backend_id", row->backend_id),
                   .parent = text_of(rows.answer, "parent", row->parent),
                   .members = {}};
    if (group.backend_id.empty())
        rows.answer.breaches.emplace_back("emitted a group without a backend_id");
    if (row->member_count > kMaxMembers || (row->member_count > 0 && row->members == nullptr)) {
        rows.answer.breaches.emplace_back("emitted a group whose members cannot be read");
        return DRV_E_INTERNAL;
    }
    for (std::uint64_t i = 0; i < row->member_count; ++i)
        group.members.push_back(text_of(rows.answer, "members[]", row->members[i]));
    std::sort(group.members.begin(), group.members.end());
    return rows.added(std::move(group));
}

drv_status on_stats(void *data, const drv_stats *row) noexcept {
    auto &rows = *static_cast<Rows<StatsRow> *>(data);
    if (!rows.may_take(row, row != nullptr && DRV_HAS(row, drv_stats, attr_count)))
        return DRV_E_INTERNAL;
    StatsRow stats{.id = text_of(rows.answer, "id", row->id), .numbers = {}};
    stats.numbers = drv_stats{.struct_size = sizeof(drv_stats),
                              .reserved = 0,
                              .flags = row->flags,
                              .id = {},
                              .taken_unix_ns = row->taken_unix_ns,
                              .epoch = row->epoch,
                              .read_ops = row->read_ops,
                              .write_ops = row->write_ops,
                              .read_bytes = row->read_bytes,
                              .write_bytes = row->write_bytes,
                              .read_latency_ns_sum = row->read_latency_ns_sum,
                              .write_latency_ns_sum = row->write_latency_ns_sum,
                              .used_bytes = row->used_bytes,
                              .provisioned_bytes = row->provisioned_bytes,
                              .total_bytes = row->total_bytes,
                              .saved_permille = row->saved_permille,
                              .attrs = nullptr,
                              .attr_count = 0};
    return rows.added(std::move(stats));
}

template <typename Row>
drv_status on_page(void *data, drv_str token) noexcept {
    return static_cast<Rows<Row> *>(data)->page(token);
}

drv_group_sink group_sink(Rows<GroupRow> &rows) {
    return {.struct_size = sizeof(drv_group_sink),
            .reserved = 0,
            .data = &rows,
            .emit = &on_group,
            .next_page = &on_page<GroupRow>};
}

drv_stats_sink stats_sink(Rows<StatsRow> &rows) {
    return {.struct_size = sizeof(drv_stats_sink),
            .reserved = 0,
            .data = &rows,
            .emit = &on_stats,
            .next_page = &on_page<StatsRow>};
}

// Ids as an array of the ABI.
class IdList {
public:
    explicit IdList(const std::vector<std::string> &ids) {
        for (const std::string &id : ids) {
            texts_.push_back(std::make_unique<HostText>(id));
            array_.push_back(texts_.back()->get());
        }
    }
    [[nodiscard]] const drv_str *data() const noexcept { return array_.data(); }
    [[nodiscard]] std::uint64_t size() const noexcept { return array_.size(); }

private:
    std::vector<std::unique_ptr<HostText>> texts_;
    std::vector<drv_str> array_;
};

class ListRequest {
public:
    explicit ListRequest(const ListArguments &arguments) : token_(arguments.token) {
        request_.struct_size = sizeof request_;
        request_.flags = arguments.flags;
        request_.max_entries = arguments.max_entries;
        request_.page_token = token_.get();
    }
    [[nodiscard]] const drv_list_req *get() const noexcept { return &request_; }

private:
    HostText token_;
    drv_list_req request_{};
};

} // namespace

template <typename Table>
const Table &ExtensionCalls::table(std::string_view id) {
    const void *found = of_.extension(id);
    if (found == nullptr)
        throw std::logic_error(fmt::format("a case calls {} without needing it", id));
    return *static_cast<const Table *>(found);
}

Answer ExtensionCalls::change_group(std::string_view op, bool is_create, const GroupArguments &arguments,
                                    const CallOptions &options) {
    const auto &slots = table<drv_group_v1>(DRV_EXT_GROUP);
    groups_.clear();
    const HostText id(arguments.id);
    const HostText name(arguments.name);
    const IdList add(arguments.add);
    const IdList remove(arguments.remove);
    drv_group_req request{};
    request.struct_size = sizeof request;
    request.flags = arguments.flags;
    request.id = id.get();
    request.name = name.get();
    request.add = add.data();
    request.add_count = add.size();
    request.remove = remove.data();
    request.remove_count = remove.size();
    return of_.run(op, arguments.id, options, [&](const drv_call *call, Answer &out) {
        Rows<GroupRow> rows{out, groups_};
        const drv_group_sink sink = group_sink(rows);
        return invoke(is_create ? slots.create : slots.update, of_.instance_, call, &request, &sink);
    });
}

Answer ExtensionCalls::group_create(const GroupArguments &arguments, const CallOptions &options) {
    return change_group("group.create", true, arguments, options);
}

Answer ExtensionCalls::group_update(const GroupArguments &arguments, const CallOptions &options) {
    return change_group("group.update", false, arguments, options);
}

Answer ExtensionCalls::group_destroy(std::string_view id, std::uint64_t flags, const CallOptions &options) {
    const auto &slots = table<drv_group_v1>(DRV_EXT_GROUP);
    const HostText text(id);
    return of_.run("group.destroy", id, options, [&](const drv_call *call, Answer &) {
        return invoke(slots.destroy, of_.instance_, call, text.get(), flags);
    });
}

Answer ExtensionCalls::group_get(std::string_view id, const CallOptions &options) {
    const auto &slots = table<drv_group_v1>(DRV_EXT_GROUP);
    groups_.clear();
    const HostText text(id);
    return of_.run("group.get", id, options, [&](const drv_call *call, Answer &out) {
        Rows<GroupRow> rows{out, groups_};
        const drv_group_sink sink = group_sink(rows);
        return invoke(slots.get, of_.instance_, call, text.get(), &sink);
    });
}

Answer ExtensionCalls::group_list(const ListArguments &arguments, const CallOptions &options) {
    const auto &slots = table<drv_group_v1>(DRV_EXT_GROUP);
    groups_.clear();
    const ListRequest request(arguments);
    return of_.run("group.list", "", options, [&](const drv_call *call, Answer &out) {
        Rows<GroupRow> rows{out, groups_, arguments.stop_after};
        const drv_group_sink sink = group_sink(rows);
        return invoke(slots.list, of_.instance_, call, request.get(), &sink);
    });
}

Answer ExtensionCalls::group_snapshot(const GroupSnapshotArguments &arguments, const CallOptions &options) {
    const auto &slots = table<drv_group_v1>(DRV_EXT_GROUP);
    groups_.clear();
    const HostText group_id(arguments.group_id);
    const HostText id(arguments.id);
    const HostText name(arguments.name);
    std::vector<std::unique_ptr<HostText>> texts;
    std::vector<drv_kv> pairs;
    const bool has_snapshots = of_.offers(DRV_EXT_SNAPSHOT);
    for (const auto &[volume, snapshot] : arguments.snapshots) {
        texts.push_back(std::make_unique<HostText>(volume));
        const drv_str key = texts.back()->get();
        texts.push_back(std::make_unique<HostText>(snapshot));
        pairs.push_back({key, texts.back()->get()});
        if (has_snapshots)
            of_.track(TrackedKind::snapshot, snapshot);
    }
    drv_group_snapshot_req request{};
    request.struct_size = sizeof request;
    request.flags = arguments.flags;
    request.group_id = group_id.get();
    request.id = id.get();
    request.name = name.get();
    request.snapshots = pairs.data();
    request.snapshot_count = pairs.size();
    Answer answer = of_.run("group.snapshot", arguments.id, options, [&](const drv_call *call, Answer &out) {
        Rows<GroupRow> rows{out, groups_};
        const drv_group_sink sink = group_sink(rows);
        return invoke(slots.snapshot, of_.instance_, call, &request, &sink);
    });
    // Each is an ordinary snapshot now, which the listing at the end has to show.
    if (has_snapshots && answer.is_ok()) {
        for (const auto &[volume, snapshot] : arguments.snapshots) {
            const Answer made = of_.snapshot_get(snapshot);
            if (made.is_ok() && made.volumes.size() == 1 && of_.to_.model != nullptr)
                of_.to_.model->made(made.volumes.front());
        }
    } else if (answer.is_state_unknown() && of_.to_.model != nullptr) {
        for (const auto &[volume, snapshot] : arguments.snapshots)
            of_.to_.model->doubtful(snapshot, true);
    }
    return answer;
}

Answer ExtensionCalls::group_snapshot_destroy(std::string_view id, const std::vector<std::string> &members,
                                              std::uint64_t flags, const CallOptions &options) {
    const auto &slots = table<drv_group_v1>(DRV_EXT_GROUP);
    const HostText text(id);
    Answer answer = of_.run("group.snapshot-destroy", id, options, [&](const drv_call *call, Answer &) {
        return invoke(slots.snapshot_destroy, of_.instance_, call, text.get(), flags);
    });
    for (const std::string &member : members)
        of_.note_destroyed(TrackedKind::snapshot, member, flags, answer);
    return answer;
}

Answer ExtensionCalls::group_snapshot_list(std::string_view group_id, const ListArguments &arguments,
                                           const CallOptions &options) {
    const auto &slots = table<drv_group_v1>(DRV_EXT_GROUP);
    groups_.clear();
    const HostText group(group_id);
    const ListRequest request(arguments);
    return of_.run("group.snapshot-list", group_id, options, [&](const drv_call *call, Answer &out) {
        Rows<GroupRow> rows{out, groups_, arguments.stop_after};
        const drv_group_sink sink = group_sink(rows);
        return invoke(slots.snapshot_list, of_.instance_, call, group.get(), request.get(), &sink);
    });
}

Answer ExtensionCalls::list_unmanaged(const ListArguments &arguments, const CallOptions &options) {
    const auto &slots = table<drv_manage_v1>(DRV_EXT_MANAGE);
    const ListRequest request(arguments);
    return of_.run("manage.list-unmanaged", "", options, [&](const drv_call *call, Answer &out) {
        VolumeRecorder sink(out, arguments.stop_after);
        return invoke(slots.list_unmanaged, of_.instance_, call, request.get(), sink.get());
    });
}

Answer ExtensionCalls::list_unmanaged_snapshots(std::string_view volume_id, const ListArguments &arguments,
                                                const CallOptions &options) {
    const auto &slots = table<drv_manage_v1>(DRV_EXT_MANAGE);
    const HostText volume(volume_id);
    const ListRequest request(arguments);
    return of_.run("manage.list-unmanaged-snapshots", volume_id, options,
                   [&](const drv_call *call, Answer &out) {
                       VolumeRecorder sink(out, arguments.stop_after);
                       return invoke(slots.list_unmanaged_snapshots, of_.instance_, call, volume.get(),
                                     request.get(), sink.get());
                   });
}

Answer ExtensionCalls::take(std::string_view op, bool is_snapshot, const AdoptArguments &arguments,
                            const CallOptions &options) {
    const auto &slots = table<drv_manage_v1>(DRV_EXT_MANAGE);
    const TrackedKind kind = is_snapshot ? TrackedKind::snapshot : TrackedKind::volume;
    bool was_there = false;
    if (of_.to_.model != nullptr) {
        const auto &known = is_snapshot ? of_.to_.model->snapshots() : of_.to_.model->volumes();
        const auto found = known.find(arguments.id);
        was_there = found != known.end() && found->second.presence == Expected::Presence::there;
    }
    of_.track(kind, arguments.id);
    const HostText backend_id(arguments.backend_id);
    const HostText id(arguments.id);
    const HostText name(arguments.name);
    const HostText volume_id(arguments.volume_id);
    drv_adopt_req request{};
    request.struct_size = sizeof request;
    request.flags = arguments.flags;
    request.backend_id = backend_id.get();
    request.id = id.get();
    request.name = name.get();
    request.volume_id = volume_id.get();
    Answer answer = of_.run(op, arguments.id, options, [&](const drv_call *call, Answer &out) {
        VolumeRecorder sink(out);
        return invoke(is_snapshot ? slots.adopt_snapshot : slots.adopt, of_.instance_, call, &request,
                      sink.get());
    });
    of_.note_made(kind, arguments.id, answer, was_there);
    return answer;
}

Answer ExtensionCalls::adopt(const AdoptArguments &arguments, const CallOptions &options) {
    return take("manage.adopt", false, arguments, options);
}

Answer ExtensionCalls::adopt_snapshot(const AdoptArguments &arguments, const CallOptions &options) {
    return take("manage.adopt-snapshot", true, arguments, options);
}

Answer ExtensionCalls::release(std::string_view id, std::uint64_t flags, const CallOptions &options) {
    const auto &slots = table<drv_manage_v1>(DRV_EXT_MANAGE);
    const HostText text(id);
    Answer answer = of_.run("manage.release", id, options, [&](const drv_call *call, Answer &out) {
        VolumeRecorder sink(out);
        return invoke(slots.release, of_.instance_, call, text.get(), flags, sink.get());
    });
    of_.note_destroyed(TrackedKind::volume, id, flags, answer);
    return answer;
}

Answer ExtensionCalls::release_snapshot(std::string_view id, std::uint64_t flags,
                                        const CallOptions &options) {
    const auto &slots = table<drv_manage_v1>(DRV_EXT_MANAGE);
    const HostText text(id);
    Answer answer = of_.run("manage.release-snapshot", id, options, [&](const drv_call *call, Answer &out) {
        VolumeRecorder sink(out);
        return invoke(slots.release_snapshot, of_.instance_, call, text.get(), flags, sink.get());
    });
    of_.note_destroyed(TrackedKind::snapshot, id, flags, answer);
    return answer;
}

Answer ExtensionCalls::retype(const RetypeArguments &arguments, const CallOptions &options) {
    const auto &slots = table<drv_retype_v1>(DRV_EXT_RETYPE);
    const HostText id(arguments.id);
    const HostText profile(arguments.profile);
    const HostText pool(arguments.pool);
    drv_retype_req request{};
    request.struct_size = sizeof request;
    request.flags = arguments.flags;
    request.id = id.get();
    request.profile = profile.get();
    request.pool = pool.get();
    Answer answer = of_.run("retype", arguments.id, options, [&](const drv_call *call, Answer &out) {
        VolumeRecorder sink(out);
        return invoke(slots.retype, of_.instance_, call, &request, sink.get());
    });
    if (of_.to_.model != nullptr && answer.is_ok() && answer.volumes.size() == 1)
        of_.to_.model->made(answer.volumes.front());
    return answer;
}

Answer ExtensionCalls::volume_stats(std::string_view id, const CallOptions &options) {
    const auto &slots = table<drv_stats_v1>(DRV_EXT_STATS);
    stats_.clear();
    const HostText text(id);
    return of_.run("stats.volume", id, options, [&](const drv_call *call, Answer &out) {
        Rows<StatsRow> rows{out, stats_};
        const drv_stats_sink sink = stats_sink(rows);
        return invoke(slots.volume, of_.instance_, call, text.get(), &sink);
    });
}

Answer ExtensionCalls::list_stats(const ListArguments &arguments, const CallOptions &options) {
    const auto &slots = table<drv_stats_v1>(DRV_EXT_STATS);
    stats_.clear();
    const ListRequest request(arguments);
    return of_.run("stats.volumes", "", options, [&](const drv_call *call, Answer &out) {
        Rows<StatsRow> rows{out, stats_, arguments.stop_after};
        const drv_stats_sink sink = stats_sink(rows);
        return invoke(slots.volumes, of_.instance_, call, request.get(), &sink);
    });
}

Answer ExtensionCalls::pool_stats(const CallOptions &options) {
    const auto &slots = table<drv_stats_v1>(DRV_EXT_STATS);
    stats_.clear();
    return of_.run("stats.pools", "", options, [&](const drv_call *call, Answer &out) {
        Rows<StatsRow> rows{out, stats_};
        const drv_stats_sink sink = stats_sink(rows);
        return invoke(slots.pools, of_.instance_, call, &sink);
    });
}

Answer ExtensionCalls::qos_supported(std::uint64_t &limits, const CallOptions &options) {
    const auto &slots = table<drv_qos_v1>(DRV_EXT_QOS);
    return of_.run("qos.supported", "", options, [&](const drv_call *call, Answer &) {
        return invoke(slots.supported, of_.instance_, call, &limits);
    });
}

Answer ExtensionCalls::qos_get(std::string_view id, drv_qos &limits, const CallOptions &options) {
    const auto &slots = table<drv_qos_v1>(DRV_EXT_QOS);
    const HostText text(id);
    limits = {};
    limits.struct_size = sizeof limits;
    return of_.run("qos.get", id, options, [&](const drv_call *call, Answer &) {
        return invoke(slots.get, of_.instance_, call, text.get(), &limits);
    });
}

Answer ExtensionCalls::qos_set(std::string_view id, const drv_qos &limits, const CallOptions &options) {
    const auto &slots = table<drv_qos_v1>(DRV_EXT_QOS);
    const HostText text(id);
    drv_qos given = limits;
    given.struct_size = sizeof given;
    Answer answer = of_.run("qos.set", id, options, [&](const drv_call *call, Answer &) {
        return invoke(slots.set, of_.instance_, call, text.get(), static_cast<const drv_qos *>(&given));
    });
    note_profile(id, answer);
    return answer;
}

Answer ExtensionCalls::qos_clear(std::string_view id, const CallOptions &options) {
    const auto &slots = table<drv_qos_v1>(DRV_EXT_QOS);
    const HostText text(id);
    Answer answer = of_.run("qos.clear", id, options, [&](const drv_call *call, Answer &) {
        return invoke(slots.clear, of_.instance_, call, text.get());
    });
    note_profile(id, answer);
    return answer;
}

void ExtensionCalls::note_profile(std::string_view id, const Answer &answer) {
    if (of_.to_.model == nullptr || !answer.is_ok())
        return;
    const Answer now = of_.get(id);
    if (now.is_ok() && now.volumes.size() == 1)
        of_.to_.model->made(now.volumes.front());
}

Answer ExtensionCalls::fence(std::string_view node, std::uint64_t flags, const CallOptions &options) {
    const auto &slots = table<drv_fence_v1>(DRV_EXT_FENCE);
    const HostText text(node);
    Answer answer = of_.run("fence", node, options, [&](const drv_call *call, Answer &out) {
        VolumeRecorder sink(out);
        return invoke(slots.fence, of_.instance_, call, text.get(), flags, sink.get());
    });
    if (answer.is_ok()) {
        for (const BackendVolume &volume : answer.volumes) {
            of_.untrack(TrackedKind::attachment, volume.id, node);
            if (of_.to_.model != nullptr)
                of_.to_.model->detached(volume.id, std::string(node));
        }
    }
    return answer;
}

} // namespace drover::conformance
