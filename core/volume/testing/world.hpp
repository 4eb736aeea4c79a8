// A whole node for tests: real store, real loopback driver loaded by name, real devices and mounts, in a
// folder and a mount namespace of the test's own. "Restarting the agent" is destroying the service and
// building it again on the same folder.
#pragma once

#include "core/connect/connectors.hpp"
#include "core/store/sqlite_store.hpp"
#include "core/volume/backends.hpp"
#include "core/volume/volumes.hpp"
#include "loader/open.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <string>

namespace drover::testing {

// Leaves the test program's first mount namespace for a private one. Call once, before threads are started;
// false without the privilege (the tests then skip with that reason).
bool enter_private_mount_namespace();

class QuietHost final : public Host {
public:
    void log(std::string_view, LogLevel, std::string_view) override {}
    [[nodiscard]] bool log_enabled(LogLevel) const noexcept override { return false; }
};

// Backends with one open driver each, and a switch that makes one unreachable.
class TestBackends final : public Backends {
public:
    void add(const std::string &name, std::shared_ptr<Driver> driver);
    void set_reachable(bool reachable) { reachable_ = reachable; }

    Result<std::shared_ptr<Driver>> driver(const std::string &backend) override;
    Result<Capabilities> capabilities(const std::string &backend) override;
    Result<SecretText> secret(const std::string &backend, const std::string &key) override;
    [[nodiscard]] const std::string &default_backend() const noexcept override { return default_; }
    [[nodiscard]] bool is_known(const std::string &backend) const noexcept override {
        return drivers_.contains(backend);
    }
    [[nodiscard]] std::vector<BackendView> views() const override;
    Result<std::vector<std::string>> reload(const std::string &name, Deadline deadline) override;

private:
    std::map<std::string, std::shared_ptr<Driver>> drivers_;
    std::string default_;
    std::atomic<bool> reachable_ = true;
};

class World {
public:
    struct Options {
        std::string node_id = "node-a";
        std::filesystem::path folder;       // empty: a new one
        std::filesystem::path backend_root; // empty: <folder>/loopback
        std::string boot_id;                // empty: a new one
        std::chrono::milliseconds unmount_patience{8000};
        // Wraps the loopback driver, to count or to fail its calls.
        std::function<std::shared_ptr<Driver>(std::shared_ptr<Driver>)> wrap;
    };
    World() : World(Options{}) {}
    explicit World(Options options);
    ~World();

    // As kill -9 and a new start would leave it: nothing is unmounted or detached.
    void restart_agent();
    // As a reboot: mounts and devices are gone, and the boot id is another.
    void pretend_reboot();

    Volumes &volumes() { return *volumes_; }
    Journal &journal() { return *journal_; }
    Driver &driver() { return *driver_; }
    TestBackends &backends() { return *backends_; }
    Workers &workers() { return *workers_; }
    const std::filesystem::path &folder() const { return folder_; }
    const std::filesystem::path &backend_root() const { return backend_root_; }
    std::filesystem::path mount_root() const { return folder_ / "mnt"; }

    // The asynchronous calls, waited for (60 s at most).
    Result<VolumeView> create(VolumeSpec spec);
    Result<VolumeView> create(const std::string &name, std::uint64_t bytes,
                              const std::string &fstype = "ext4");
    Result<MountView> mount(const std::string &name, const std::string &use = "u1");
    Result<void> unmount(const std::string &name, const std::string &use = "u1");
    Result<void> remove(const std::string &name, RemovePolicy policy = RemovePolicy::destroy);
    Result<VolumeView> extend(const std::string &name, std::uint64_t bytes);
    Result<SnapshotView> snapshot(const std::string &volume, const std::string &name);
    Result<void> remove_snapshot(const std::string &volume, const std::string &name);
    Result<VolumeView> revert(const std::string &volume, const std::string &name);
    Result<VolumeView> retype(const std::string &name, NewShape shape);
    Result<LimitsView> limits(const std::string &name);
    Result<LimitsView> set_limits(const std::string &name, Limits limits);
    Result<std::vector<UnmanagedView>> unmanaged();
    Result<VolumeView> adopt(const std::string &handle, const std::string &name);
    Result<void> release(const std::string &name);
    Result<std::vector<UnmanagedView>> unmanaged_snapshots(const std::string &volume);
    Result<SnapshotView> adopt_snapshot(const std::string &volume, const std::string &handle,
                                        const std::string &name);
    Result<void> release_snapshot(const std::string &volume, const std::string &name);
    Result<GroupView> create_group(const std::string &name, std::vector<std::string> volumes);
    Result<void> remove_group(const std::string &name);
    Result<GroupSnapshotView> snapshot_group(const std::string &group, const std::string &name);
    Result<void> remove_group_snapshot(const std::string &group, const std::string &name);
    // Returns when no job waits or runs (and none is due within a moment).
    void settle();

private:
    void build();

    Options options_;
    std::filesystem::path folder_;
    std::filesystem::path backend_root_;
    bool owns_folder_ = false;
    std::string boot_id_;
    QuietHost host_;
    std::unique_ptr<Catalog> catalog_;
    std::shared_ptr<Driver> driver_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<Journal> journal_;
    std::unique_ptr<TestBackends> backends_;
    std::unique_ptr<connect::Connectors> connectors_;
    std::unique_ptr<Workers> workers_;
    std::unique_ptr<Volumes> volumes_;
};

void unmount_below(const std::filesystem::path &folder);
// What a dead agent left: mounts below `folder`, loop devices on images below `backend_root`.
void release_devices(const std::filesystem::path &folder, const std::filesystem::path &backend_root);
// The same, and the folder; unless something is still mounted below it.
void remove_world(const std::filesystem::path &folder, const std::filesystem::path &backend_root);

void write_file(const std::filesystem::path &file, std::string_view text);
std::string read_file(const std::filesystem::path &file);

} // namespace drover::testing
