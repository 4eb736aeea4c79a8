#include "core/agent/open_driver.hpp"

#include "core/agent/driver_digest.hpp"
#include "core/config/backend_keys.hpp"
#include "loader/isolated.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <sys/stat.h>

namespace drover {

namespace {

std::int64_t nanoseconds(const timespec &time) noexcept {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

Result<std::unique_ptr<Driver>> open_file(const OpeningAgent &agent, const BackendConfig &config,
                                          const std::filesystem::path &file,
                                          std::shared_ptr<NamedLocks> volume_locks, const CallContext &call) {
    const auto store = agent.store_root.empty() ? std::filesystem::path() : agent.store_root / config.name;
    const auto request = [&](BackendSettings settings) {
        return OpenRequest{.backend = config.name,
                           .agent_version = agent.version,
                           .node_id = agent.node_id,
                           .settings = std::move(settings),
                           .volume_locks = std::move(volume_locks),
                           .store_folder = store};
    };
    // Nobody but root can change the file between this and its loading: the path is trusted.
    const auto is_the_pinned = [sha256 = config.sha256](const std::filesystem::path &path) -> Result<void> {
        return sha256 ? check_digest(path, *sha256) : Result<void>();
    };
    if (isolation_of(config) == Isolation::process) {
        IsolationOptions options{.may_start = is_the_pinned};
        if (config.run_as) {
            auto account = find_account(*config.run_as);
            if (!account)
                return fail(std::move(account).error());
            options.run_as = RunAs{.account = std::move(*account), .store_folder = store};
        }
        auto library = load_isolated(file, std::move(options), call);
        if (!library)
            return fail(std::move(library).error());
        auto settings = backend_settings(config, description(**library));
        if (!settings)
            return fail(std::move(settings).error());
        return open_isolated(*library, request(std::move(*settings)), agent.host, call);
    }
    if (auto pinned = is_the_pinned(file); !pinned)
        return fail(std::move(pinned).error());
    auto library = agent.catalog.load(config.driver);
    if (!library)
        return fail(std::move(library).error());
    auto settings = backend_settings(config, description(**library));
    if (!settings)
        return fail(std::move(settings).error());
    return open_in_process(std::move(*library), request(std::move(*settings)), agent.host, call);
}

} // namespace

Result<BackendSettings> backend_settings(const BackendConfig &config, const DriverDescription &driver) {
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

std::optional<FileStamp> FileStamp::of(const std::filesystem::path &file) {
    struct stat found {};
    if (::stat(file.c_str(), &found) != 0)
        return std::nullopt;
    return FileStamp{.device = found.st_dev,
                     .inode = found.st_ino,
                     .bytes = found.st_size,
                     .modified_ns = nanoseconds(found.st_mtim),
                     .changed_ns = nanoseconds(found.st_ctim)};
}

Isolation isolation_of(const BackendConfig &config) noexcept {
    if (config.isolation)
        return *config.isolation;
    if (config.run_as)
        return Isolation::process;
    return config.driver == "loopback" ? Isolation::in_process : Isolation::process;
}

Result<OpenedDriver> open_driver(const OpeningAgent &agent, const BackendConfig &config,
                                 std::shared_ptr<NamedLocks> volume_locks, const CallContext &call) {
    const auto file = agent.catalog.find(config.driver);
    if (!file)
        return fail(file.error());
    const auto stamp = FileStamp::of(*file);
    auto driver = open_file(agent, config, *file, std::move(volume_locks), call);
    if (!driver)
        return fail(std::move(driver).error());
    auto capabilities = (*driver)->capabilities(call);
    if (!capabilities)
        return fail(std::move(capabilities).error().with_context("capabilities"));
    return OpenedDriver{
        .driver = std::move(*driver), .capabilities = std::move(*capabilities), .file = stamp};
}

} // namespace drover
