// The backends of agent.yml, opened in the background and tried again until they open: the agent answers from
// its records meanwhile, and one backend that is down does not keep the others waiting.
#pragma once

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

    Result<std::shared_ptr<Driver>> driver(const std::string &backend) override;
    Result<Capabilities> capabilities(const std::string &backend) override;
    [[nodiscard]] const std::string &default_backend() const noexcept override {
        return options_.default_backend;
    }
    [[nodiscard]] bool is_known(const std::string &backend) const noexcept override;
    [[nodiscard]] std::vector<BackendView> views() const override;
    // Of every open driver, for /metrics: (backend, its counters).
    [[nodiscard]] std::vector<std::pair<std::string, std::vector<OpMetrics>>> metrics() const;

private:
    struct Slot {
        BackendConfig config;
        std::shared_ptr<Driver> driver; // null until it is open
        std::optional<Capabilities> capabilities;
        std::optional<Error> error; // of the last try
        unsigned attempts = 0;
    };

    void open_later(std::size_t index, std::chrono::nanoseconds delay);
    void open_now(std::size_t index);
    Result<std::shared_ptr<Driver>> open(const BackendConfig &config);
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
