#include "core/docker/front.hpp"

#include "core/docker/answers.hpp"
#include "core/docker/create_options.hpp"
#include "core/docker/engine.hpp"
#include "core/docker/request.hpp"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <utility>

namespace drover {

using http::Request;
using http::Responder;
using http::Response;

namespace {

// The use of engines that send no ID, and of everybody when nothing is counted.
constexpr const char *kOnlyUse = "docker";

// One call whose work may outlast the engine's patience. It is answered by whatever comes first: the end of
// the work (on a worker) or the time (on the loop).
struct SlowCall {
    explicit SlowCall(Responder to) : responder(std::move(to)) {}

    // False when it was answered already.
    bool answer(Response response, http::Delivered delivered = {}) {
        if (is_answered.exchange(true))
            return false;
        responder.respond(std::move(response), std::move(delivered));
        return true;
    }

    Responder responder;
    std::string operation; // written and read on the loop's thread
    http::Timer timer;
    std::atomic<bool> is_answered = false;
};

} // namespace

// Lives as long as any of its calls.
struct DockerFront::Shared : std::enable_shared_from_this<DockerFront::Shared> {
    Shared(VolumeService &of, http::EventLoop &on, DockerFrontOptions with)
        : service(of), loop(on), options(std::move(with)) {}

    void create(const DockerRequest &request, const Responder &responder) const;
    void mount(const DockerRequest &request, const Responder &responder) const;
    void unmount(const DockerRequest &request, const Responder &responder) const;
    void remove(const DockerRequest &request, const Responder &responder) const;
    void get(const DockerRequest &request, const Responder &responder) const;
    void path(const DockerRequest &request, const Responder &responder) const;

    [[nodiscard]] VolumeRef ref_of(const DockerRequest &request) const {
        return {.name_or_id = request.name, .backend = options.backend};
    }
    [[nodiscard]] std::string use_of(const DockerRequest &request) const {
        return options.refcount && !request.id.empty() ? request.id : kOnlyUse;
    }
    [[nodiscard]] OperationOptions work_options() const {
        return {.deadline = Deadline::after(options.work_limit)};
    }
    std::shared_ptr<SlowCall> begin(const Responder &responder, std::chrono::nanoseconds patience,
                                    std::string what) const;
    [[nodiscard]] std::string what_goes_on(const std::string &operation) const;
    void take_back(const VolumeRef &ref, const std::string &use) const {
        // Whether it worked is for the service to know and to show; there is nobody left to tell here.
        service.unmount(ref, use, work_options(), [](const Result<void> &) {});
    }
    void unmount_all(const VolumeRef &ref, std::uint64_t uses_before,
                     const std::shared_ptr<SlowCall> &call) const;
    [[nodiscard]] std::string driver_of(const std::string &backend) const;

    VolumeService &service;
    http::EventLoop &loop;
    DockerFrontOptions options;
};

std::string DockerFront::Shared::what_goes_on(const std::string &operation) const {
    const auto view = service.operation(operation);
    if (!view || view->stage.empty())
        return "it is still being done";
    if (view->permille == 0)
        return fmt::format("still {}", view->stage);
    return fmt::format("still {}, {} % done", view->stage, view->permille / 10);
}

std::shared_ptr<SlowCall> DockerFront::Shared::begin(const Responder &responder,
                                                     std::chrono::nanoseconds patience,
                                                     std::string what) const {
    auto call = std::make_shared<SlowCall>(responder);
    call->timer = loop.after(patience, [shared = shared_from_this(), call, what = std::move(what), patience] {
        const auto seconds = std::chrono::duration<double>(patience).count();
        call->answer(docker_error(fmt::format(
            "{} is not done after {:.3g} s: {}; it goes on in the background, so try again in a while", what,
            seconds, shared->what_goes_on(call->operation))));
    });
    return call;
}

void DockerFront::Shared::create(const DockerRequest &request, const Responder &responder) const {
    VolumeSpec spec{.name = request.name, .backend = options.backend, .any_shape = true};
    if (auto applied = apply_create_options(request.options, spec); !applied)
        return responder.respond(docker_error(applied.error().message));
    // `docker run` of an unknown name sends no options, `docker volume create -o` some: all there is to tell
    // a mistyped name from a wanted volume.
    spec.must_exist = !options.implicit_create && request.options.empty();
    const auto call = begin(responder, options.answer_slow_calls, "creating volume " + request.name);
    call->operation = service.create(std::move(spec), work_options(), [call](const Result<VolumeView> &made) {
        call->timer.cancel();
        call->answer(made ? docker_done() : docker_error(made.error().message));
    });
}

void DockerFront::Shared::mount(const DockerRequest &request, const Responder &responder) const {
    const VolumeRef ref = ref_of(request);
    const std::string use = use_of(request);
    const auto call = begin(responder, options.answer_slow_calls, "mounting volume " + request.name);
    const auto ended = [shared = shared_from_this(), call, ref, use](const Result<MountView> &mounted) {
        call->timer.cancel();
        if (!mounted) {
            call->answer(docker_error(mounted.error().message));
            return;
        }
        const auto delivered = [shared, ref, use](bool is_delivered) {
            if (is_delivered) {
                shared->service.mount_delivered(ref, use);
            } else {
                shared->take_back(ref, use);
            }
        };
        // The engine never unmounts what it was told had failed.
        if (!call->answer(docker_path(mounted->mountpoint), delivered))
            shared->take_back(ref, use);
    };
    call->operation = service.mount(ref, use, work_options(), ended);
}

void DockerFront::Shared::unmount(const DockerRequest &request, const Responder &responder) const {
    const VolumeRef ref = ref_of(request);
    const auto call = begin(responder, options.answer_other_calls, "unmounting volume " + request.name);
    if (!options.refcount) {
        const auto view = service.get(ref);
        return unmount_all(ref, view ? view->uses : 0, call);
    }
    call->operation =
        service.unmount(ref, use_of(request), work_options(), [call](const Result<void> &unmounted) {
            call->timer.cancel();
            // A volume that is gone is not mounted, which is what was asked.
            const bool good = unmounted || unmounted.error().code == Code::not_found;
            call->answer(good ? docker_done() : docker_error(unmounted.error().message));
        });
}

// Takes our use back until that changes nothing any more.
void DockerFront::Shared::unmount_all(const VolumeRef &ref, std::uint64_t uses_before,
                                      const std::shared_ptr<SlowCall> &call) const {
    const auto ended = [shared = shared_from_this(), ref, uses_before, call](const Result<void> &unmounted) {
        const auto view = shared->service.get(ref);
        const std::uint64_t uses = view ? view->uses : 0;
        if (unmounted && uses > 0 && uses < uses_before)
            return shared->unmount_all(ref, uses, call);
        call->timer.cancel();
        const bool good = unmounted || unmounted.error().code == Code::not_found;
        call->answer(good ? docker_done() : docker_error(unmounted.error().message));
    };
    service.unmount(ref, kOnlyUse, work_options(), ended);
}

void DockerFront::Shared::remove(const DockerRequest &request, const Responder &responder) const {
    const auto call = begin(responder, options.answer_other_calls, "removing volume " + request.name);
    call->operation =
        service.remove(ref_of(request), options.remove, work_options(), [call](const Result<void> &removed) {
            call->timer.cancel();
            const bool good = removed || removed.error().code == Code::not_found;
            call->answer(good ? docker_done() : docker_error(removed.error().message));
        });
}

std::string DockerFront::Shared::driver_of(const std::string &backend) const {
    for (const BackendView &view : service.backends()) {
        if (view.name == backend)
            return view.driver;
    }
    return {};
}

void DockerFront::Shared::get(const DockerRequest &request, const Responder &responder) const {
    const auto volume = service.get(ref_of(request));
    // To the engine any Err means that the volume does not exist; that is also the only one there is here, as
    // the service answers from what it remembers.
    if (!volume)
        return responder.respond(docker_error(volume.error().message));
    const auto snapshots = service.snapshots(VolumeRef{.name_or_id = volume->id});
    responder.respond(docker_volume(*volume, driver_of(volume->backend), snapshots ? snapshots->size() : 0));
}

void DockerFront::Shared::path(const DockerRequest &request, const Responder &responder) const {
    const auto volume = service.get(ref_of(request));
    responder.respond(volume ? docker_path(volume->mountpoint) : docker_error(volume.error().message));
}

DockerFront::DockerFront(VolumeService &service, http::EventLoop &loop, DockerFrontOptions options)
    : shared_(std::make_shared<Shared>(service, loop, std::move(options))) {}

DockerFront::~DockerFront() = default;

Response DockerFront::error_response(unsigned status, std::string_view text) {
    return docker_error(text, status);
}

void DockerFront::handle(const Request &request, const Responder &responder) {
    // Before anything it asks: the counts of its predecessor are not its own.
    if (request.first_of_connection) {
        if (const auto engine = engine_of(request.peer.pid))
            shared_->service.engine_seen(*engine);
    }
    const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));

    struct Plain {
        std::string_view path;
        Response (*answer)(const Shared &);
    };
    constexpr std::array kWithoutBody = {
        Plain{"/Plugin.Activate", [](const Shared &) { return docker_activated(); }},
        Plain{"/VolumeDriver.Capabilities", [](const Shared &) { return docker_capabilities(); }},
        Plain{
            "/VolumeDriver.List",
            [](const Shared &shared) { return docker_volumes(shared.service.list(shared.options.backend)); }},
    };
    struct Call {
        std::string_view path;
        void (Shared::*run)(const DockerRequest &, const Responder &) const;
    };
    constexpr std::array kWithBody = {
        Call{"/VolumeDriver.Create", &Shared::create},   Call{"/VolumeDriver.Get", &Shared::get},
        Call{"/VolumeDriver.Path", &Shared::path},       Call{"/VolumeDriver.Mount", &Shared::mount},
        Call{"/VolumeDriver.Unmount", &Shared::unmount}, Call{"/VolumeDriver.Remove", &Shared::remove},
    };

    const auto is_post = [&] {
        if (request.method == "POST")
            return true;
        Response refused = docker_error("volume plugin calls are sent with POST", 405);
        refused.headers.push_back({"Allow", "POST"});
        responder.respond(std::move(refused));
        return false;
    };
    for (const Plain &plain : kWithoutBody) {
        if (path != plain.path)
            continue;
        if (is_post())
            responder.respond(plain.answer(*shared_));
        return;
    }
    for (const Call &call : kWithBody) {
        if (path != call.path)
            continue;
        if (!is_post())
            return;
        const auto parsed = parse_docker_request(request.body);
        if (!parsed)
            return responder.respond(docker_error(parsed.error().message));
        return ((*shared_).*call.run)(*parsed, responder);
    }
    responder.respond(docker_error(fmt::format("unknown call {}", printable(path)), 404));
}

} // namespace drover
