// Inside of Instance: what surrounds every call. Included by instance.cpp and instance_extensions.cpp only.
#pragma once

#include "conformance/suite/instance.hpp"
#include "loader/host_text.hpp"
#include "loader/invoke.hpp"

#include <fmt/format.h>

namespace drover::conformance {

template <typename Body>
Answer Instance::run(std::string_view op, std::string_view subject, const CallOptions &options,
                     const Body &body) {
    const std::uint64_t number = ++host_->calls;
    const std::string request_id =
        options.request_id.empty() ? fmt::format("conformance-{}", number) : options.request_id;
    const CallContext context{.deadline = options.deadline.value_or(Deadline::after(op_limit_)),
                              .request_id = request_id,
                              .cancel = options.cancel};
    CallBridge call(context, op);
    Answer answer;
    answer.op = op;
    if (to_.trace != nullptr)
        to_.trace->begin(op, subject);
    const auto started = std::chrono::steady_clock::now();
    {
        std::unique_lock serial(host_->serial, std::defer_lock);
        if (driver_->description().serial)
            serial.lock();
        const ShapedCall shaped(call.get(), shape_, options.has_cancel_fd);
        answer.status = body(shaped.get(), answer);
        answer.progress = shaped.progress();
    }
    answer.took = std::chrono::steady_clock::now() - started;
    if (to_.trace != nullptr)
        to_.trace->end();
    answer.failure = call.last_failure();
    answer.failure_code = call.last_failure_code();
    return answer;
}

template <typename Make>
Answer Instance::make_volume(std::string_view op, const CreateArguments &arguments,
                             const CallOptions &options, const Make &make) {
    const bool was_there = to_.model != nullptr && to_.model->volumes().contains(arguments.id) &&
                           to_.model->volumes().at(arguments.id).presence == Expected::Presence::there;
    track(TrackedKind::volume, arguments.id);
    const ArgumentText id(arguments.id, shape_);
    const ArgumentText name(arguments.name, shape_);
    const ArgumentText pool(arguments.pool, shape_);
    const ArgumentText profile(arguments.profile, shape_);
    Shaped<drv_create_req> request(shape_);
    request->flags = arguments.flags;
    request->bytes = arguments.bytes;
    request->id = id.get();
    request->name = name.get();
    request->pool = pool.get();
    request->profile = profile.get();
    Answer answer = run(op, arguments.id, options, [&](const drv_call *call, Answer &out) {
        VolumeRecorder recorder(out);
        const Shaped sink(shape_, *recorder.get());
        return make(call, request.get(), sink.get());
    });
    note_made(TrackedKind::volume, arguments.id, answer, was_there);
    return answer;
}

} // namespace drover::conformance
