#include "core/agent/agent.hpp"

#include "core/agent/driver_log.hpp"
#include "core/agent/mount_watch.hpp"
#include "core/agent/node_identity.hpp"
#include "core/agent/notify.hpp"
#include "core/agent/open_backends.hpp"
#include "core/api/front.hpp"
#include "core/api/measured_service.hpp"
#include "core/api/metrics.hpp"
#include "core/connect/connectors.hpp"
#include "core/docker/front.hpp"
#include "core/docker/sockets.hpp"
#include "core/filesystem/mount_table.hpp"
#include "core/http/event_loop.hpp"
#include "core/http/server.hpp"
#include "core/store/sqlite_store.hpp"
#include "core/volume/volumes.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace drover {

namespace {

// How long running work may go on after SIGTERM. What is cut off then goes on at the next start, from the
// journal.
constexpr std::chrono::seconds kLastWork{10};

Result<void> make_folder(const std::filesystem::path &folder, mode_t mode) {
    std::error_code error;
    const bool made = std::filesystem::create_directories(folder, error);
    if (error)
        return fail_errno(error.value(), fmt::format("cannot make the folder {}", folder.string()));
    if (made && ::chmod(folder.c_str(), mode) != 0)
        return fail_errno(errno, fmt::format("cannot set the mode of {}", folder.string()));
    return {};
}

// dockerd must see what we mount, also from a mount namespace of its own.
Result<void> make_mount_root(const std::filesystem::path &folder) {
    if (auto made = make_folder(folder, 0700); !made)
        return made;
    std::error_code error;
    const auto canonical = std::filesystem::canonical(folder, error);
    if (error)
        return fail_errno(error.value(), fmt::format("mount-root {}", folder.string()));
    if (canonical != folder.lexically_normal()) {
        return fail(Code::invalid, fmt::format("agent.mount-root {} leads through a symbolic link to {}: "
                                               "write the latter into agent.yml, so that "
                                               "mounts can be told apart by their path",
                                               folder.string(), canonical.string()));
    }
    return filesystem::ensure_shared(folder);
}

std::uint64_t unix_ns() {
    return static_cast<std::uint64_t>(
        std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count());
}

connect::MultipathPolicy multipath_policy(MultipathUse use) {
    switch (use) {
    case MultipathUse::required:
        return connect::MultipathPolicy::required;
    case MultipathUse::off:
        return connect::MultipathPolicy::off;
    case MultipathUse::preferred:
        break;
    }
    return connect::MultipathPolicy::preferred;
}

} // namespace

// In the order in which they depend on each other: what is below goes first.
struct Agent::Parts {
    explicit Parts(AgentConfig agent_config) : config(std::move(agent_config)) {}

    AgentConfig config;
    DriverLog driver_log;
    std::unique_ptr<store::Store> state;
    std::unique_ptr<Journal> journal;
    connect::Connectors connectors = connect::standard_connectors(multipath_policy(config.agent.multipath));
    std::unique_ptr<OpenBackends> backends;
    std::unique_ptr<Volumes> volumes;
    std::unique_ptr<Metrics> metrics;
    std::unique_ptr<MeasuredService> service;
    http::EventLoop loop;
    Workers workers;
    std::unique_ptr<ApiFront> api;
    std::vector<std::unique_ptr<DockerFront>> docker;
    std::vector<std::unique_ptr<http::Server>> servers;
    std::unique_ptr<MountWatch> mount_watch;
    std::thread drain;

    ~Parts() {
        if (drain.joinable())
            drain.join();
        servers.clear();
    }

    Result<void> listen(std::filesystem::path socket, http::ErrorResponse error_response,
                        http::Handler handler);
    Result<void> listen_all(const std::string &version, std::uint64_t started_unix_ns);
    void stop();
};

Agent::Agent(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Agent::~Agent() = default;

Result<void> Agent::Parts::listen(std::filesystem::path socket, http::ErrorResponse error_response,
                                  http::Handler handler) {
    auto server = http::Server::start(
        loop, {.socket = std::move(socket), .error_response = std::move(error_response)}, std::move(handler));
    if (!server)
        return fail(std::move(server).error());
    servers.push_back(std::move(*server));
    return {};
}

Result<void> Agent::Parts::listen_all(const std::string &version, std::uint64_t started_unix_ns) {
    api = std::make_unique<ApiFront>(*service, loop, *metrics,
                                     ApiOptions{.version = version, .started_unix_ns = started_unix_ns});
    auto listening = listen(config.agent.api_socket(), &ApiFront::error_response,
                            [this](const http::Request &request, const http::Responder &responder) {
                                api->handle(request, responder);
                            });
    if (!listening)
        return listening;
    for (const auto &socket : docker_sockets(config)) {
        docker.push_back(std::make_unique<DockerFront>(
            *service, loop,
            DockerFrontOptions{.backend = socket.backend,
                               .implicit_create = config.docker.implicit_create,
                               .remove = config.docker.remove == DockerRemoval::keep
                                             ? RemovePolicy::keep
                                             : RemovePolicy::destroy_if_ours,
                               .refcount = config.docker.refcount}));
        DockerFront &front = *docker.back();
        listening = listen(socket.file, &DockerFront::error_response,
                           [&front](const http::Request &request, const http::Responder &responder) {
                               front.handle(request, responder);
                           });
        if (!listening)
            return listening;
        spdlog::info("Docker volume driver {} (backend {}) on {}", socket.name, socket.backend,
                     socket.file.string());
    }
    return {};
}

// On the loop's thread. No new work; what runs may end and be answered; then the loop ends.
void Agent::Parts::stop() {
    if (drain.joinable())
        return; // a second signal while the first is being obeyed
    spdlog::info("stopping; mounted volumes stay mounted");
    notify_stopping();
    for (const auto &server : servers)
        server->stop();
    drain = std::thread([this] {
        if (!workers.stop(kLastWork)) {
            spdlog::warn("work still runs after {} s; it goes on from the journal at the next start",
                         kLastWork.count());
            ::_exit(0); // a thread inside a driver cannot be ended in any other way
        }
        loop.stop();
    });
}

Result<std::unique_ptr<Agent>> Agent::build(AgentConfig config, std::string version) {
    const std::uint64_t started = unix_ns();
    if (::geteuid() != 0)
        return fail(Code::auth, "drover-agent must run as root: it makes devices appear and mounts them");
    auto parts = std::make_unique<Parts>(std::move(config));
    const AgentSettings &settings = parts->config.agent;
    if (auto made = make_folder(settings.state_dir, 0700); !made)
        return fail(std::move(made).error());
    // The state's lock comes before anything that another agent could be using.
    auto state = store::open_sqlite_store(settings.state_dir / "state.db");
    if (!state)
        return fail(std::move(state).error());
    parts->state = std::move(*state);
    auto journal = Journal::load(*parts->state);
    if (!journal)
        return fail(std::move(journal).error());
    parts->journal = std::move(*journal);
    auto node = identify_node(settings, *parts->journal);
    if (!node)
        return fail(std::move(node).error());
    if (auto made = make_folder(settings.run_dir, 0755); !made)
        return fail(std::move(made).error());
    if (auto made = make_mount_root(settings.mount_root); !made)
        return fail(std::move(made).error());
    node->mount_root = settings.mount_root.lexically_normal();

    parts->driver_log.set_later(
        [&workers = parts->workers](std::chrono::nanoseconds delay, std::function<void()> call) {
            workers.post_after(delay, "log", "log", std::move(call));
        });
    parts->backends =
        std::make_unique<OpenBackends>(OpenBackends::Options{.backends = parts->config.backends,
                                                             .default_backend = parts->config.default_backend,
                                                             .driver_dir = settings.driver_dir,
                                                             .agent_version = version,
                                                             .node_id = node->identity.id,
                                                             .store_root = settings.state_dir / "drivers"},
                                       parts->workers, parts->driver_log);
    spdlog::info("drover-agent {}: node {}, cluster {}, {} volumes", version, node->identity.id,
                 node->cluster_id, parts->journal->volumes().size());
    parts->volumes = std::make_unique<Volumes>(
        Volumes::Parts{.journal = *parts->journal,
                       .backends = *parts->backends,
                       .connectors = parts->connectors,
                       .workers = parts->workers,
                       .node = std::move(*node),
                       .defaults = {.bytes = parts->config.docker.default_size,
                                    .fstype = parts->config.docker.default_fstype}});
    parts->metrics = std::make_unique<Metrics>(MetricsOptions{
        .version = version, .started_unix_ns = started, .driver_calls = [backends = parts->backends.get()] {
            std::vector<BackendCalls> calls;
            for (auto &[backend, ops] : backends->metrics())
                calls.push_back({.backend = backend, .ops = std::move(ops)});
            return calls;
        }});
    parts->service = std::make_unique<MeasuredService>(*parts->volumes, *parts->metrics);
    if (auto recovered = parts->volumes->recover(); !recovered)
        return fail(std::move(recovered).error());
    if (auto listening = parts->listen_all(version, started); !listening)
        return fail(std::move(listening).error());
    return std::unique_ptr<Agent>(new Agent(std::move(parts)));
}

Result<void> Agent::run() {
    Parts &parts = *parts_;
    std::signal(SIGPIPE, SIG_IGN);
    parts.loop.on_signals({SIGTERM, SIGINT, SIGHUP}, [&parts](int signal) {
        if (signal == SIGHUP) {
            parts.backends->reload_changed();
        } else {
            parts.stop();
        }
    });
    auto watch = MountWatch::start([&parts] { parts.volumes->mounts_changed(); });
    if (!watch)
        return fail(std::move(watch).error());
    parts.mount_watch = std::move(*watch);
    // The sockets answer already; the drivers come after.
    parts.backends->start([&parts](const std::string &backend) { parts.volumes->backend_ready(backend); });
    notify_ready("serving");
    spdlog::info("API on {}", parts.config.agent.api_socket().string());
    parts.loop.run();
    return {};
}

} // namespace drover
