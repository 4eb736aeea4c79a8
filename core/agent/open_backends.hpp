// The backends of agent.yml, opened in the background and tried again until they open: the agent answers from
// its records meanwhile, and one backend that is down does not keep the others waiting.
//
// An isolated driver can be replaced while it serves. The file as it is now is opened beside it, with the
// same checks; when that works, new calls go to the new driver, those in flight end in the old one, and then
// that is closed. When it does not, the old one serves on. Both share the locks by which one volume has one
// change at a time.
#pragma once

#include "core/agent/lent_driver.hpp"
#include "core/agent/open_driver.hpp"
#include "core/config/agent_config.hpp"
#include "core/volume/backends.hpp"
#include "core/volume/workers.hpp"
#include "loader/host.hpp"
#include "loader/open.hpp"

#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace drover {

class OpenBackends final : public Backends {
public:
    struct Options {
        std::vector<BackendConfig> backends; // the default one by name below
        std::string default_backend;
        std::filesystem::path driver_dir;
        std::string agent_version;
        std::string node_id;
        // Where drivers may keep small values (drv.store/1), a folder for each backend; empty: nowhere.
        std::filesystem::path store_root = {};
    };
    // `workers` and `host` must outlive this; workers must be stopped before it goes.
    OpenBackends(Options options, Workers &workers, Host &host);
    ~OpenBackends() override;

    // Begins to open them all. `ready` is called on a worker, each time one opened.
    void start(std::function<void(const std::string &backend)> ready);
    // In the background: replaces every isolated driver whose file is another one than when it was loaded.
    // From any thread.
    void reload_changed();

    Result<std::shared_ptr<Driver>> driver(const std::string &backend) override;
    Result<Capabilities> capabilities(const std::string &backend) override;
    Result<SecretText> secret(const std::string &backend, const std::string &key) override;
    [[nodiscard]] const std::string &default_backend() const noexcept override {
        return options_.default_backend;
    }
    [[nodiscard]] bool is_known(const std::string &backend) const noexcept override;
    [[nodiscard]] std::vector<BackendView> views() const override;
    Result<std::vector<std::string>> reload(const std::string &name, Deadline deadline) override;
    // Of every open driver, for /metrics: (backend, its counters).
    [[nodiscard]] std::vector<std::pair<std::string, std::vector<OpMetrics>>> metrics() const;

private:
    struct Slot {
        BackendConfig config;
        std::shared_ptr<NamedLocks> volume_locks = make_volume_locks();
        // Held by who opens or replaces the driver; taken before mutex_.
        std::unique_ptr<std::mutex> opening = std::make_unique<std::mutex>();
        std::shared_ptr<Driver> driver; // null until it is open
        std::shared_ptr<LentDriver> lent;
        std::optional<FileStamp> file; // that `driver` was loaded from
        std::optional<Capabilities> capabilities;
        std::optional<Error> error;        // of the last try to open
        std::optional<Error> reload_error; // of the last try to replace the driver
        unsigned attempts = 0;
    };

    void open_later(std::size_t index, std::chrono::nanoseconds delay);
    void open_now(std::size_t index);
    // Opens the backend, or replaces its driver; `opening` of the slot is held.
    Result<void> replace(std::size_t index, Deadline deadline);
    Result<void> reload_one(std::size_t index, Deadline deadline);
    void take_over(std::size_t index, OpenedDriver opened);
    void retire(const std::string &backend, std::string version, std::shared_ptr<LentDriver> lent);
    [[nodiscard]] bool has_changed(std::size_t index) const;
    [[nodiscard]] std::vector<std::size_t> meant_by(const std::string &name) const;
    [[nodiscard]] Error cannot_reload(const Slot &slot) const;
    [[nodiscard]] const Slot *find(std::string_view backend) const noexcept; // under the mutex
    [[nodiscard]] Slot *find(std::string_view backend) noexcept;

    Options options_;
    Workers &workers_;
    Host &host_;
    Catalog catalog_;
    std::function<void(const std::string &)> ready_;
    mutable std::mutex mutex_;
    std::vector<Slot> slots_;
};

} // namespace drover
