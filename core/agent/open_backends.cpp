#include "core/agent/open_backends.hpp"

#include "core/config/backend_keys.hpp"
#include "loader/isolated.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace drover {

namespace {
constexpr std::chrono::seconds kLongestOpen{60};
constexpr std::chrono::seconds kLongestPause{60};

// A driver of somebody else's does not belong into the agent's process. loopback is our own, and needs the
// agent's devices rather than an array.
Isolation isolation_of(const BackendConfig &config) {
    if (config.isolation)
        return *config.isolation;
    return config.driver == "loopback" ? Isolation::in_process : Isolation::process;
}

Result<BackendSettings> check_keys(const BackendConfig &config, const DriverDescription &driver) {
    auto checked = check_backend_keys(config, driver.config_keys);
    if (!checked) {
        std::string text = render(checked.error());
        while (!text.empty() && text.back() == '\n')
            text.pop_back();
        std::replace(text.begin(), text.end(), '\n', ';');
        return fail(Code::invalid, text);
    }
    for (const auto &warning : checked->warnings)
        spdlog::warn("{}", render(warning));
    return std::move(checked->settings);
}

} // namespace

OpenBackends::OpenBackends(Options options, Workers &workers, Host &host)
    : options_(std::move(options)), workers_(workers), host_(host), catalog_(options_.driver_dir) {
    for (const auto &backend : options_.backends)
        slots_.push_back({.config = backend});
    std::stable_partition(slots_.begin(), slots_.end(),
                          [&](const Slot &slot) { return slot.config.name == options_.default_backend; });
}

OpenBackends::~OpenBackends() = default;

void OpenBackends::start(std::function<void(const std::string &)> ready) {
    ready_ = std::move(ready);
    for (std::size_t i = 0; i < slots_.size(); ++i)
        open_later(i, std::chrono::nanoseconds(0));
}

void OpenBackends::open_later(std::size_t index, std::chrono::nanoseconds delay) {
    const std::string lane =
        "open:" + slots_[index].config.name; // of its own: a driver that hangs in open holds up nothing else
    if (delay.count() == 0) {
        workers_.post(lane, lane, [this, index] { open_now(index); });
    } else {
        workers_.post_after(delay, lane, lane, [this, index] { open_now(index); });
    }
}

void OpenBackends::open_now(std::size_t index) {
    const std::string name = slots_[index].config.name;
    auto opened = open(slots_[index].config);
    Result<Capabilities> capabilities = fail(Code::unreachable, "");
    if (opened) {
        capabilities =
            (*opened)->capabilities({.deadline = Deadline::after(kLongestOpen), .request_id = "open"});
        if (!capabilities)
            opened = fail(capabilities.error().with_context("capabilities"));
    }
    std::chrono::nanoseconds pause{0};
    {
        const std::lock_guard guard(mutex_);
        Slot &slot = slots_[index];
        if (opened) {
            slot.driver = std::move(*opened);
            slot.capabilities = std::move(*capabilities);
            slot.error.reset();
            slot.attempts = 0;
        } else {
            // 1, 2, 4 ... seconds: an array that comes back is found soon, a wrong configuration is not
            // hammered.
            pause = std::min<std::chrono::nanoseconds>(
                std::chrono::seconds(1U << std::min(slot.attempts, 6U)), kLongestPause);
            const bool is_news = !slot.error || slot.error->message != opened.error().message;
            ++slot.attempts;
            if (is_news)
                spdlog::error("backend {}: {}; trying again in the background", name, opened.error().message);
            slot.error = std::move(opened).error();
        }
    }
    if (pause.count() > 0) {
        open_later(index, pause);
        return;
    }
    spdlog::info("backend {}: ready", name);
    if (ready_)
        ready_(name);
}

Result<std::shared_ptr<Driver>> OpenBackends::open(const BackendConfig &config) {
    const CallContext call{.deadline = Deadline::after(kLongestOpen), .request_id = "open"};
    const auto request = [&](BackendSettings settings) {
        return OpenRequest{.backend = config.name,
                           .agent_version = options_.agent_version,
                           .node_id = options_.node_id,
                           .settings = std::move(settings),
                           .store_folder = options_.store_root.empty() ? std::filesystem::path()
                                                                       : options_.store_root / config.name};
    };
    Result<std::unique_ptr<Driver>> driver;
    if (isolation_of(config) == Isolation::process) {
        const auto file = catalog_.find(config.driver);
        if (!file)
            return fail(file.error());
        auto library = load_isolated(*file, {}, call);
        if (!library)
            return fail(std::move(library).error());
        auto settings = check_keys(config, description(**library));
        if (!settings)
            return fail(std::move(settings).error());
        driver = open_isolated(*library, request(std::move(*settings)), host_, call);
    } else {
        auto library = catalog_.load(config.driver);
        if (!library)
            return fail(std::move(library).error());
        auto settings = check_keys(config, description(**library));
        if (!settings)
            return fail(std::move(settings).error());
        driver = open_in_process(std::move(*library), request(std::move(*settings)), host_, call);
    }
    if (!driver)
        return fail(std::move(driver).error());
    return std::shared_ptr<Driver>(std::move(*driver));
}

const OpenBackends::Slot *OpenBackends::find(std::string_view backend) const noexcept {
    const auto found = std::find_if(slots_.begin(), slots_.end(),
                                    [&](const Slot &slot) { return slot.config.name == backend; });
    return found == slots_.end() ? nullptr : &*found;
}

OpenBackends::Slot *OpenBackends::find(std::string_view backend) noexcept {
    return const_cast<Slot *>(std::as_const(*this).find(backend));
}

Result<std::shared_ptr<Driver>> OpenBackends::driver(const std::string &backend) {
    const std::lock_guard guard(mutex_);
    const Slot *slot = find(backend);
    if (slot == nullptr)
        return fail(Code::not_found, fmt::format("no such backend in agent.yml: {}", backend));
    if (slot->driver)
        return slot->driver;
    if (slot->error) {
        return fail_retryable(Code::unreachable,
                              fmt::format("backend {} is not open: {}", backend, slot->error->message));
    }
    return fail_retryable(Code::unreachable,
                          fmt::format("backend {} is still opening: try again in a moment", backend));
}

Result<Capabilities> OpenBackends::capabilities(const std::string &backend) {
    const std::lock_guard guard(mutex_);
    const Slot *slot = find(backend);
    if (slot == nullptr)
        return fail(Code::not_found, fmt::format("no such backend in agent.yml: {}", backend));
    if (slot->capabilities)
        return *slot->capabilities;
    return fail_retryable(Code::unreachable, fmt::format("backend {} is not open", backend));
}

bool OpenBackends::is_known(const std::string &backend) const noexcept {
    return find(backend) != nullptr; // the set of slots never changes
}

std::vector<BackendView> OpenBackends::views() const {
    const std::lock_guard guard(mutex_);
    std::vector<BackendView> views;
    for (const auto &slot : slots_) {
        BackendView view{.name = slot.config.name,
                         .driver = slot.config.driver,
                         .path = (options_.driver_dir / (slot.config.driver + ".so")).string(),
                         .state = slot.driver ? "ready" : (slot.error ? "failed" : "opening"),
                         .error = slot.error,
                         .capabilities = slot.capabilities,
                         .is_default = slot.config.name == options_.default_backend,
                         .isolation =
                             isolation_of(slot.config) == Isolation::process ? "process" : "in-process"};
        if (slot.driver) {
            const DriverDescription &driver = slot.driver->description();
            view.version = driver.version;
            view.vendor = driver.vendor;
            view.path = driver.path;
            view.extensions = slot.driver->extensions();
        }
        views.push_back(std::move(view));
    }
    return views;
}

std::vector<std::pair<std::string, std::vector<OpMetrics>>> OpenBackends::metrics() const {
    const std::lock_guard guard(mutex_);
    std::vector<std::pair<std::string, std::vector<OpMetrics>>> all;
    for (const auto &slot : slots_) {
        if (slot.driver)
            all.emplace_back(slot.config.name, slot.driver->metrics());
    }
    return all;
}

} // namespace drover
