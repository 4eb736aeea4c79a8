#include "conformance/suite/instance.hpp"

#include "conformance/suite/instance_calls.hpp"

namespace drover::conformance {
namespace {

// An attach request and the text it points to.
class AttachRequestText {
public:
    AttachRequestText(const AttachArguments &arguments, const HostShape &shape)
        : id_(arguments.id, shape), node_(arguments.node.id, shape), from_(arguments.node.initiators),
          request_(shape) {
        for (const auto &[key, value] : from_)
            initiators_.push_back({borrow(key), borrow(value)});
        request_->flags = arguments.flags;
        request_->id = id_.get();
        request_->node_id = node_.get();
        request_->initiators = initiators_.data();
        request_->initiator_count = initiators_.size();
    }
    [[nodiscard]] const drv_attach_req *get() const noexcept { return request_.get(); }

private:
    ArgumentText id_;
    ArgumentText node_;
    std::vector<std::pair<std::string, std::string>> from_;
    std::vector<drv_kv> initiators_;
    Shaped<drv_attach_req> request_;
};

} // namespace

Result<std::unique_ptr<Instance>> Instance::open(std::shared_ptr<TestedDriver> driver, Host &host,
                                                 Setup setup, Witnesses witnesses,
                                                 const CallOptions &options) {
    const auto open_host =
        std::make_shared<OpenHost>(host,
                                   HostBridge::Identity{.backend = std::move(setup.backend),
                                                        .agent_version = "0.1.0",
                                                        .node_id = std::move(setup.node_id),
                                                        .store_folder = setup.store_folder},
                                   std::move(setup.settings), driver->description().config_keys, setup.shape);
    const CallContext context{.deadline = options.deadline.value_or(Deadline::after(setup.op_limit)),
                              .request_id = "conformance-open",
                              .cancel = options.cancel};
    CallBridge call(context, "open");
    drv_instance *instance = nullptr;
    if (witnesses.trace != nullptr)
        witnesses.trace->begin("open", "");
    const ShapedCall shaped(call.get(), setup.shape, options.has_cancel_fd);
    const drv_status status =
        driver->open(open_host->table.get(), shaped.get(), setup.store_folder, &instance);
    if (witnesses.trace != nullptr)
        witnesses.trace->end();
    if (auto opened = call.result(status); !opened)
        return fail(open_host->bridge.masked(std::move(opened).error()));
    if (instance == nullptr)
        return fail(Code::internal, "open answered OK without giving an instance");
    open_host->bridge.services().timers().start();
    return std::unique_ptr<Instance>(
        new Instance(std::move(driver), open_host, instance, witnesses, setup.op_limit, setup.shape));
}

Instance::Instance(std::shared_ptr<TestedDriver> driver, std::shared_ptr<OpenHost> host,
                   drv_instance *instance, Witnesses witnesses, std::chrono::nanoseconds op_limit,
                   const HostShape &shape)
    : driver_(std::move(driver)), host_(std::move(host)), instance_(instance), to_(witnesses),
      op_limit_(op_limit), shape_(shape) {}

std::unique_ptr<Instance> Instance::share(Witnesses witnesses) const {
    std::unique_ptr<Instance> shared(new Instance(driver_, host_, instance_, witnesses, op_limit_, shape_));
    shared->is_share_ = true;
    return shared;
}

Instance::~Instance() {
    if (is_share_)
        return;
    host_->bridge.services().timers().stop();
    if (to_.trace != nullptr)
        to_.trace->begin("close", "");
    invoke(driver_->table().close, instance_);
    if (to_.trace != nullptr)
        to_.trace->end();
}

const void *Instance::extension(std::string_view id) {
    const ArgumentText text(id, shape_);
    if (to_.trace != nullptr)
        to_.trace->begin("extension", id);
    const void *found = invoke(driver_->table().extension, instance_, text.get());
    if (to_.trace != nullptr)
        to_.trace->end();
    return found;
}

Answer Instance::probe(const CallOptions &options) {
    return run("probe", "", options,
               [&](const drv_call *call, Answer &) { return invoke(driver_->ops().probe, instance_, call); });
}

Answer Instance::capabilities(drv_caps &caps, const CallOptions &options) {
    Shaped<drv_caps> shaped(shape_);
    Answer answer = capabilities(shaped, options);
    caps = *shaped.get();
    return answer;
}

Answer Instance::capabilities(Shaped<drv_caps> &caps, const CallOptions &options) {
    return run("capabilities", "", options, [&](const drv_call *call, Answer &) {
        return invoke(driver_->ops().capabilities, instance_, call, caps.get());
    });
}

Answer Instance::create(const CreateArguments &arguments, const CallOptions &options) {
    return make_volume("create", arguments, options,
                       [&](const drv_call *call, const drv_create_req *request, const drv_volume_sink *sink) {
                           return invoke(driver_->ops().create, instance_, call, request, sink);
                       });
}

Answer Instance::destroy(std::string_view id, std::uint64_t flags, const CallOptions &options) {
    const ArgumentText text(id, shape_);
    Answer answer = run("destroy", id, options, [&](const drv_call *call, Answer &) {
        return invoke(driver_->ops().destroy, instance_, call, text.get(), flags);
    });
    note_destroyed(TrackedKind::volume, id, flags, answer);
    return answer;
}

Answer Instance::attach(const AttachArguments &arguments, const CallOptions &options) {
    track(TrackedKind::attachment, arguments.id, arguments.node.id);
    const AttachRequestText request(arguments, shape_);
    Answer answer = run("attach", arguments.id, options, [&](const drv_call *call, Answer &out) {
        ConnectionRecorder recorder(out);
        const Shaped sink(shape_, *recorder.get());
        return invoke(driver_->ops().attach, instance_, call, request.get(), sink.get());
    });
    if (to_.model != nullptr && answer.is_ok())
        to_.model->attached(arguments.id, arguments.node.id);
    if (to_.model != nullptr && answer.is_state_unknown())
        to_.model->attachment_doubtful(arguments.id);
    // Refused for certain: it is tracked only if it was attached before.
    const bool was_attached = to_.model != nullptr && to_.model->volumes().contains(arguments.id) &&
                              to_.model->volumes().at(arguments.id).nodes.contains(arguments.node.id);
    if (!answer.is_ok() && !answer.is_state_unknown() && !was_attached)
        untrack(TrackedKind::attachment, arguments.id, arguments.node.id);
    return answer;
}

Answer Instance::detach(const AttachArguments &arguments, const CallOptions &options) {
    const AttachRequestText request(arguments, shape_);
    Answer answer = run("detach", arguments.id, options, [&](const drv_call *call, Answer &) {
        return invoke(driver_->ops().detach, instance_, call, request.get());
    });
    if (answer.is_ok())
        untrack(TrackedKind::attachment, arguments.id, arguments.node.id);
    if (to_.model != nullptr && answer.is_ok())
        to_.model->detached(arguments.id, arguments.node.id);
    if (to_.model != nullptr && answer.is_state_unknown())
        to_.model->attachment_doubtful(arguments.id);
    return answer;
}

Answer Instance::resolve(const AttachArguments &arguments, const CallOptions &options) {
    const AttachRequestText request(arguments, shape_);
    return run("resolve", arguments.id, options, [&](const drv_call *call, Answer &out) {
        ConnectionRecorder recorder(out);
        const Shaped sink(shape_, *recorder.get());
        return invoke(driver_->ops().resolve, instance_, call, request.get(), sink.get());
    });
}

Answer Instance::get(std::string_view id, const CallOptions &options) {
    const ArgumentText text(id, shape_);
    return run("get", id, options, [&](const drv_call *call, Answer &out) {
        VolumeRecorder recorder(out);
        const Shaped sink(shape_, *recorder.get());
        return invoke(driver_->ops().get, instance_, call, text.get(), sink.get());
    });
}

Answer Instance::list(const ListArguments &arguments, const CallOptions &options) {
    const ArgumentText token(arguments.token, shape_);
    Shaped<drv_list_req> request(shape_);
    request->flags = arguments.flags;
    request->max_entries = arguments.max_entries;
    request->page_token = token.get();
    return run("list", "", options, [&](const drv_call *call, Answer &out) {
        VolumeRecorder recorder(out, arguments.stop_after);
        const Shaped sink(shape_, *recorder.get());
        return invoke(driver_->ops().list, instance_, call, request.get(), sink.get());
    });
}

void Instance::track(TrackedKind kind, std::string_view id, std::string_view node) const {
    if (to_.tracker != nullptr)
        to_.tracker->add({.kind = kind, .id = std::string(id), .node = std::string(node)});
}

void Instance::untrack(TrackedKind kind, std::string_view id, std::string_view node) const {
    if (to_.tracker != nullptr)
        to_.tracker->remove({.kind = kind, .id = std::string(id), .node = std::string(node)});
}

void Instance::note_made(TrackedKind kind, const std::string &id, const Answer &answer,
                         bool was_there) const {
    const bool is_snapshot = kind == TrackedKind::snapshot;
    if (answer.is_ok()) {
        if (to_.model != nullptr && answer.volumes.size() == 1) {
            to_.model->made(answer.volumes.front());
        } else if (to_.model != nullptr) {
            to_.model->doubtful(id, is_snapshot);
        }
    } else if (answer.is_state_unknown()) {
        if (to_.model != nullptr && !was_there)
            to_.model->doubtful(id, is_snapshot);
    } else if (!was_there) {
        // An error without STATE_UNKNOWN says that nothing was made; the comparison at the end holds it to
        // that. The tracker keeps the entry: destroying what is absent costs nothing.
        if (to_.model != nullptr)
            to_.model->gone(id, is_snapshot);
    }
}

void Instance::note_destroyed(TrackedKind kind, std::string_view id, std::uint64_t flags,
                              const Answer &answer) {
    // What the driver refuses as no id at all names nothing that could be there.
    if (answer.is_ok() || (answer.status == DRV_E_INVALID && flags == 0))
        untrack(kind, id);
    if (to_.model == nullptr)
        return;
    if (answer.is_ok()) {
        to_.model->gone(std::string(id), kind == TrackedKind::snapshot);
    } else if (answer.is_state_unknown()) {
        to_.model->doubtful(std::string(id), kind == TrackedKind::snapshot);
    }
}

} // namespace drover::conformance
