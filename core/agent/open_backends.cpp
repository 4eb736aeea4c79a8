#include "core/agent/open_backends.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace drover {

namespace {
constexpr std::chrono::seconds kLongestOpen{60};
constexpr std::chrono::seconds kLongestPause{60};
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
    const std::lock_guard opening(*slots_[index].opening);
    {
        const std::lock_guard guard(mutex_);
        if (slots_[index].driver)
            return; // by a reload that came before
    }
    if (replace(index, Deadline::after(kLongestOpen)))
        return;
    std::chrono::nanoseconds pause{0};
    {
        // 1, 2, 4 ... seconds: an array that comes back is found soon, a wrong configuration is not
        // hammered.
        const std::lock_guard guard(mutex_);
        Slot &slot = slots_[index];
        pause = std::min<std::chrono::nanoseconds>(std::chrono::seconds(1U << std::min(slot.attempts, 6U)),
                                                   kLongestPause);
        ++slot.attempts;
    }
    open_later(index, pause);
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

Result<SecretText> OpenBackends::secret(const std::string &backend, const std::string &key) {
    std::shared_ptr<Driver> open;
    const BackendConfig *config = nullptr;
    {
        const std::lock_guard guard(mutex_);
        const Slot *slot = find(backend);
        if (slot == nullptr)
            return fail(Code::not_found, fmt::format("no such backend in agent.yml: {}", backend));
        if (!slot->driver)
            return fail_retryable(Code::unreachable, fmt::format("backend {} is not open", backend));
        open = slot->driver;
        config = &slot->config; // never changes
    }
    auto settings = backend_settings(*config, open->description());
    if (!settings)
        return fail(std::move(settings).error());
    const auto found = settings->secrets.find(key);
    Result<SecretText> secret =
        found == settings->secrets.end()
            ? fail(Code::not_found, fmt::format("{} has no secret key {}", config->section, key))
            : Result<SecretText>(SecretText(found->second));
    for (auto &[name, value] : settings->secrets)
        wipe(value);
    return secret;
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
                         .reload_error = slot.reload_error,
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
