// How a backend's driver is opened, and replaced by that of the file as it is now.
#include "core/agent/open_backends.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace drover {

namespace {

constexpr std::chrono::seconds kLongestReload{60};

// A newer driver that can do less is taken, but somebody should know.
void warn_of_loss(const std::string &backend, const Driver &before, const Driver &now) {
    std::vector<std::string> lost;
    for (const std::string &extension : before.extensions()) {
        if (!now.offers(extension))
            lost.push_back(extension);
    }
    if (!lost.empty())
        spdlog::warn("backend {}: the new driver does not offer {} any more", backend, fmt::join(lost, ", "));
}

} // namespace

Result<void> OpenBackends::replace(std::size_t index, Deadline deadline) {
    Slot &slot = slots_[index]; // what is not guarded by mutex_ is constant
    auto opened = open_driver({.catalog = catalog_,
                               .host = host_,
                               .version = options_.agent_version,
                               .node_id = options_.node_id,
                               .store_root = options_.store_root},
                              slot.config, slot.volume_locks, {.deadline = deadline, .request_id = "open"});
    if (opened) {
        take_over(index, std::move(*opened));
        return {};
    }
    const std::lock_guard guard(mutex_);
    std::optional<Error> &noted = slot.driver ? slot.reload_error : slot.error;
    const bool is_news = !noted || noted->message != opened.error().message;
    noted = opened.error();
    if (slot.driver) {
        spdlog::error("backend {}: {}; the driver that is open, version {}, serves on", slot.config.name,
                      noted->message, slot.driver->description().version);
    } else if (is_news) {
        spdlog::error("backend {}: {}; trying again in the background", slot.config.name, noted->message);
    }
    return fail(std::move(opened).error());
}

void OpenBackends::take_over(std::size_t index, OpenedDriver opened) {
    Slot &slot = slots_[index];
    const std::string &name = slot.config.name;
    auto lent = std::make_shared<LentDriver>(std::move(opened.driver));
    std::shared_ptr<Driver> driver = LentDriver::lend(lent);
    std::shared_ptr<Driver> before;
    {
        const std::lock_guard guard(mutex_);
        before = std::exchange(slot.driver, driver);
        lent.swap(slot.lent);
        slot.capabilities = std::move(opened.capabilities);
        slot.file = opened.file;
        slot.error.reset();
        slot.reload_error.reset();
        slot.attempts = 0;
    }
    const std::string version = driver->description().version;
    if (before) {
        spdlog::info("backend {}: version {} of driver {} serves now, version {} ends what it began", name,
                     version, slot.config.driver, before->description().version);
        warn_of_loss(name, *before, *driver);
        retire(name, before->description().version, std::move(lent));
    } else {
        spdlog::info("backend {}: ready", name);
    }
    if (ready_)
        ready_(name);
}

// Each in a queue of its own: one that takes long to end must not keep a later one.
void OpenBackends::retire(const std::string &backend, std::string version, std::shared_ptr<LentDriver> lent) {
    const std::string lane = "close:" + backend;
    const std::string key = fmt::format("{}:{}", lane, fmt::ptr(lent.get()));
    workers_.post(lane, key, [backend, version = std::move(version), lent = std::move(lent)] {
        lent->close_after_use();
        spdlog::info("backend {}: version {} of before has ended", backend, version);
    });
}

Error OpenBackends::cannot_reload(const Slot &slot) const {
    return Error{.code = Code::unsupported,
                 .message = fmt::format(
                     "backend {}: its driver runs in the agent's own process, where a library cannot be "
                     "replaced. Restart the agent (volumes stay mounted), or write `isolation: process` "
                     "into its section of agent.yml, so that from then on it can be reloaded",
                     slot.config.name)};
}

Result<void> OpenBackends::reload_one(std::size_t index, Deadline deadline) {
    if (isolation_of(slots_[index].config) != Isolation::process)
        return fail(cannot_reload(slots_[index]));
    const std::lock_guard opening(*slots_[index].opening);
    auto replaced = replace(index, deadline.earlier(Deadline::after(kLongestReload)));
    if (replaced)
        return {};
    const std::lock_guard guard(mutex_);
    const Slot &slot = slots_[index];
    return fail(std::move(replaced).error().with_context(
        slot.driver ? fmt::format("backend {} keeps the driver that is open, version {}", slot.config.name,
                                  slot.driver->description().version)
                    : fmt::format("backend {} is not open", slot.config.name)));
}

// The slots' configuration never changes, so it needs no lock.
std::vector<std::size_t> OpenBackends::meant_by(const std::string &name) const {
    std::vector<std::size_t> meant;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (slots_[i].config.name == name)
            return {i};
        if (slots_[i].config.driver == name)
            meant.push_back(i);
    }
    return meant;
}

Result<std::vector<std::string>> OpenBackends::reload(const std::string &name, Deadline deadline) {
    std::vector<std::size_t> meant = meant_by(name);
    if (meant.empty()) {
        std::vector<std::string> known;
        for (const Slot &slot : slots_)
            known.push_back(fmt::format("{} (driver {})", slot.config.name, slot.config.driver));
        return fail(Code::not_found,
                    fmt::format("neither a backend nor a driver of agent.yml is named \"{}\"; "
                                "its backends are {}",
                                name, fmt::join(known, ", ")));
    }
    // Asked for by the driver's name: those that cannot be reloaded do not keep the others from it.
    if (meant.size() > 1) {
        auto isolated = meant;
        std::erase_if(isolated,
                      [&](std::size_t i) { return isolation_of(slots_[i].config) != Isolation::process; });
        if (!isolated.empty())
            meant = std::move(isolated);
    }
    std::vector<std::string> reloaded;
    std::optional<Error> failure;
    for (const std::size_t index : meant) {
        auto done = reload_one(index, deadline);
        if (done) {
            reloaded.push_back(slots_[index].config.name);
        } else if (failure) {
            failure->message += "; " + done.error().message;
        } else {
            failure = std::move(done).error();
        }
    }
    if (!failure)
        return reloaded;
    if (!reloaded.empty())
        failure->message += fmt::format("; reloaded: {}", fmt::join(reloaded, ", "));
    return fail(*std::move(failure));
}

bool OpenBackends::has_changed(std::size_t index) const {
    const Slot &slot = slots_[index];
    const auto now = FileStamp::of(options_.driver_dir / (slot.config.driver + ".so"));
    const std::lock_guard guard(mutex_);
    // One that is not open yet is opened with whatever file there is, and an isolated one may be so at once.
    return slot.driver ? slot.file != now : isolation_of(slot.config) == Isolation::process;
}

void OpenBackends::reload_changed() {
    bool any = false;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (!has_changed(i))
            continue;
        any = true;
        const BackendConfig &config = slots_[i].config;
        if (isolation_of(config) != Isolation::process) {
            spdlog::warn("{}", cannot_reload(slots_[i]).message);
            continue;
        }
        const std::string lane = "reload:" + config.name;
        workers_.post(lane, lane, [this, i] { (void)reload_one(i, Deadline::never()); });
    }
    if (!any)
        spdlog::info("reload: the file of every driver is the one that is loaded already");
}

} // namespace drover
