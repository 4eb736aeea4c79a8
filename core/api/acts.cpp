#include "core/api/acts.hpp"

#include "core/api/bodies.hpp"
#include "core/api/call.hpp"
#include "core/api/json_views.hpp"

#include <fmt/format.h>

#include <functional>
#include <mutex>
#include <optional>

namespace drover::api {

namespace {

// "respond-async" among the preferences, which commas separate; parameters and case do not matter.
bool prefers_async(const http::Request &request) {
    constexpr std::string_view kWord = "respond-async";
    std::string_view rest = request.header("Prefer");
    while (!rest.empty()) {
        const std::string_view piece = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), piece.size() + 1));
        const auto begin = piece.find_first_not_of(" \t");
        if (begin == std::string_view::npos)
            continue;
        const std::string_view word = piece.substr(begin, piece.find_first_of(" \t;=", begin) - begin);
        if (std::equal(word.begin(), word.end(), kWord.begin(), kWord.end(), [](char a, char b) {
                return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
            }))
            return true;
    }
    return false;
}

void accept(const ApiCall &call, const std::string &operation, http::Delivered delivered = {}) {
    // The operation may have ended and been forgotten already; its address is still what was promised.
    const auto view = call.service().operation(operation);
    auto response = json_response(to_json(view ? *view : OperationView{.id = operation}), 202);
    response.headers.push_back({"Location", "/v2/operations/" + http::encode_segment(operation)});
    call.responder.respond(std::move(response), std::move(delivered));
}

template <typename View>
http::Response shown(const View &view) {
    return json_response(to_json(view));
}
http::Response shown(const std::vector<BackendView> &views) {
    return json_response(list_to_json("drivers", views));
}

http::Response shown(const std::vector<FencedView> &views) {
    return json_response(list_to_json("fenced", views));
}

// Begins the work and answers when it has ended, or at once when the caller prefers that.
template <typename T, typename Begin>
void act(const ApiCall &call, Begin begin) {
    if (prefers_async(call.request))
        return accept(call, begin([](const Result<T> &) {}));
    begin([responder = call.responder](const Result<T> &result) {
        if (!result) {
            responder.respond(error_response(result.error()));
        } else if constexpr (std::is_void_v<T>) {
            responder.respond({.status = 204});
        } else {
            responder.respond(shown(*result));
        }
    });
}

std::optional<RemovePolicy> policy_of(const std::string &word) {
    if (word.empty() || word == "destroy-if-ours")
        return RemovePolicy::destroy_if_ours;
    if (word == "destroy")
        return RemovePolicy::destroy;
    if (word == "keep")
        return RemovePolicy::keep;
    return std::nullopt;
}

// A mount that nobody heard of must not keep its use. Two things have to be known: did it work, and did the
// answer reach somebody; they come in any order and on any threads.
class Handover {
public:
    Handover(VolumeService &service, VolumeRef ref, std::string use, OperationOptions options)
        : service_(service), ref_(std::move(ref)), use_(std::move(use)), options_(std::move(options)) {}

    void mounted(bool ok) { know(is_mounted_, ok); }
    void delivered(bool ok) { know(is_delivered_, ok); }

private:
    void know(std::optional<bool> &what, bool value) {
        {
            const std::lock_guard lock(mutex_);
            what = value;
            if (!is_mounted_ || !is_delivered_)
                return;
        }
        if (!*is_mounted_)
            return;
        if (*is_delivered_) {
            service_.mount_delivered(ref_, use_);
        } else {
            service_.unmount(ref_, use_, options_, [](const Result<void> &) {});
        }
    }

    VolumeService &service_;
    VolumeRef ref_;
    std::string use_;
    OperationOptions options_;
    std::mutex mutex_;
    std::optional<bool> is_mounted_;
    std::optional<bool> is_delivered_;
};

} // namespace

void create_volume(const ApiCall &call) {
    auto spec = read_volume_spec(call.request.body);
    if (!spec)
        return call.responder.respond(error_response(spec.error()));
    act<VolumeView>(call, [&](Done<VolumeView> done) {
        return call.service().create(std::move(*spec), call.options(), std::move(done));
    });
}

void remove_volume(const ApiCall &call) {
    const auto policy = policy_of(call.query("policy"));
    if (!policy) {
        return call.responder.respond(error_response(
            {.code = Code::invalid,
             .message = "query parameter \"policy\" must be destroy, keep or destroy-if-ours"}));
    }
    act<void>(call, [&](Done<void> done) {
        return call.service().remove(call.volume(), *policy, call.options(), std::move(done));
    });
}

void mount_volume(const ApiCall &call) {
    const auto use = read_use(call.request.body);
    if (!use)
        return call.responder.respond(error_response(use.error()));
    const auto handover = std::make_shared<Handover>(call.service(), call.volume(), *use, call.options());
    const auto delivered = [handover](bool ok) { handover->delivered(ok); };
    if (prefers_async(call.request)) {
        return accept(call,
                      call.service().mount(
                          call.volume(), *use, call.options(),
                          [handover](const Result<MountView> &view) { handover->mounted(view.has_value()); }),
                      delivered);
    }
    call.service().mount(call.volume(), *use, call.options(),
                         [handover, delivered, responder = call.responder](const Result<MountView> &view) {
                             handover->mounted(view.has_value());
                             if (!view)
                                 return responder.respond(error_response(view.error()));
                             responder.respond(json_response({{"mountpoint", view->mountpoint},
                                                              {"volume", to_json(view->volume)}}),
                                               delivered);
                         });
}

void unmount_volume(const ApiCall &call) {
    const auto use = read_use(call.request.body);
    if (!use)
        return call.responder.respond(error_response(use.error()));
    act<void>(call, [&](Done<void> done) {
        return call.service().unmount(call.volume(), *use, call.options(), std::move(done));
    });
}

void extend_volume(const ApiCall &call) {
    const auto bytes = read_new_size(call.request.body);
    if (!bytes)
        return call.responder.respond(error_response(bytes.error()));
    act<VolumeView>(call, [&](Done<VolumeView> done) {
        return call.service().extend(call.volume(), *bytes, call.options(), std::move(done));
    });
}

void create_snapshot(const ApiCall &call) {
    const auto name = read_new_snapshot(call.request.body);
    if (!name)
        return call.responder.respond(error_response(name.error()));
    act<SnapshotView>(call, [&](Done<SnapshotView> done) {
        return call.service().snapshot_create(call.volume(), *name, call.options(), std::move(done));
    });
}

void remove_snapshot(const ApiCall &call) {
    act<void>(call, [&](Done<void> done) {
        return call.service().snapshot_remove(call.path("snapshot"), call.parent(), call.options(),
                                              std::move(done));
    });
}

void revert(const ApiCall &call) {
    act<VolumeView>(call, [&](Done<VolumeView> done) {
        return call.service().revert(call.path("snapshot"), call.parent(), call.options(), std::move(done));
    });
}

void retype_volume(const ApiCall &call) {
    auto shape = read_new_shape(call.request.body);
    if (!shape)
        return call.responder.respond(error_response(shape.error()));
    act<VolumeView>(call, [&](Done<VolumeView> done) {
        return call.service().retype(call.volume(), std::move(*shape), call.options(), std::move(done));
    });
}

void set_qos(const ApiCall &call) {
    const auto limits = read_limits(call.request.body);
    if (!limits)
        return call.responder.respond(error_response(limits.error()));
    act<LimitsView>(call, [&](Done<LimitsView> done) {
        return call.service().set_limits(call.volume(), *limits, call.options(), std::move(done));
    });
}

void adopt_volume(const ApiCall &call) {
    auto spec = read_adopt_spec(call.request.body);
    if (!spec)
        return call.responder.respond(error_response(spec.error()));
    act<VolumeView>(call, [&](Done<VolumeView> done) {
        return call.service().adopt(std::move(*spec), call.options(), std::move(done));
    });
}

void release_volume(const ApiCall &call) {
    act<void>(call, [&](Done<void> done) {
        return call.service().release(call.volume(), call.options(), std::move(done));
    });
}

void adopt_snapshot(const ApiCall &call) {
    const auto spec = read_snapshot_adopt_spec(call.request.body);
    if (!spec)
        return call.responder.respond(error_response(spec.error()));
    act<SnapshotView>(call, [&](Done<SnapshotView> done) {
        return call.service().snapshot_adopt(call.volume(), spec->handle, spec->name, call.options(),
                                             std::move(done));
    });
}

void release_snapshot(const ApiCall &call) {
    act<void>(call, [&](Done<void> done) {
        return call.service().snapshot_release(call.path("snapshot"), call.parent(), call.options(),
                                               std::move(done));
    });
}

void create_group(const ApiCall &call) {
    auto spec = read_group_spec(call.request.body);
    if (!spec)
        return call.responder.respond(error_response(spec.error()));
    act<GroupView>(call, [&](Done<GroupView> done) {
        return call.service().group_create(std::move(*spec), call.options(), std::move(done));
    });
}

void change_group(const ApiCall &call) {
    auto change = read_group_change(call.request.body);
    if (!change)
        return call.responder.respond(error_response(change.error()));
    act<GroupView>(call, [&](Done<GroupView> done) {
        return call.service().group_change(call.path("group"), std::move(change->add),
                                           std::move(change->remove), call.options(), std::move(done));
    });
}

void remove_group(const ApiCall &call) {
    act<void>(call, [&](Done<void> done) {
        return call.service().group_remove(call.path("group"), call.options(), std::move(done));
    });
}

void create_group_snapshot(const ApiCall &call) {
    const auto name = read_new_snapshot(call.request.body);
    if (!name)
        return call.responder.respond(error_response(name.error()));
    act<GroupSnapshotView>(call, [&](Done<GroupSnapshotView> done) {
        return call.service().group_snapshot_create(call.path("group"), *name, call.options(),
                                                    std::move(done));
    });
}

void remove_group_snapshot(const ApiCall &call) {
    act<void>(call, [&](Done<void> done) {
        return call.service().group_snapshot_remove(call.path("group"), call.path("snapshot"), call.options(),
                                                    std::move(done));
    });
}

void fence_node(const ApiCall &call) {
    auto backends = read_fence(call.request.body);
    if (!backends)
        return call.responder.respond(error_response(backends.error()));
    act<std::vector<FencedView>>(call, [&](Done<std::vector<FencedView>> done) {
        return call.service().fence(call.path("node"), std::move(*backends), call.options(), std::move(done));
    });
}

void reload_driver(const ApiCall &call) {
    act<std::vector<BackendView>>(call, [&](Done<std::vector<BackendView>> done) {
        return call.service().reload_driver(call.path("driver"), call.options(), std::move(done));
    });
}

} // namespace drover::api
