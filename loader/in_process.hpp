// A Driver over a table of the ABI in this process: builds the call, takes the locks that the ABI promises
// the driver, copies what comes back, counts and logs. Where the table is a library's, a crash of the driver
// is a crash of the process; that of isolated/remote_instance.hpp passes the calls on to another one.
//
// Locks. A mutating op holds the lock of the volume it changes: create, destroy, attach, detach and extend
// that of their volume; clone and snapshot.clone that of the new volume (the source may be in use);
// snapshot.create and snapshot.revert those of the volume and of the snapshot; snapshot.destroy that of the
// snapshot. For revert the volume is the parent that the driver's own snapshot.get names; when that fails,
// the snapshot alone is locked and the driver's answer to revert counts. retype, adopt, release and what sets
// limits hold that of their volume, adopting a snapshot those of its volume and its own, releasing one its
// own. Those of groups hold the lock of the group, of the group snapshot, or of both; fence none, since it
// waits for whatever the node does. Two locks are always taken in the order of their names. With
// DRV_DRIVER_SERIAL every op then also takes the one lock of the backend. No lock of the host's services is
// ever held during a call.
#pragma once

#include "loader/driver.hpp"
#include "loader/extensions.hpp"
#include "loader/host_bridge.hpp"
#include "loader/library.hpp"
#include "loader/locks.hpp"
#include "loader/metrics.hpp"

#include <memory>
#include <optional>

namespace drover {

class InProcessDriver final : public Driver {
public:
    // `instance` is open and becomes the driver's; `host` is what it was opened with. `volume_locks` as in
    // OpenRequest.
    InProcessDriver(std::shared_ptr<DriverLibrary> library, std::unique_ptr<HostBridge> host,
                    drv_instance *instance, std::shared_ptr<NamedLocks> volume_locks);
    ~InProcessDriver() override; // closes
    InProcessDriver(const InProcessDriver &) = delete;
    InProcessDriver &operator=(const InProcessDriver &) = delete;

    const DriverDescription &description() const noexcept override { return library_->description(); }
    const std::string &backend() const noexcept override { return host_->backend(); }
    bool offers(std::string_view extension) const noexcept override { return extensions_.offers(extension); }
    std::vector<std::string> extensions() const override { return extensions_.offered(); }
    std::vector<OpMetrics> metrics() const override { return metrics_.read(); }

    Result<void> probe(const CallContext &call) override;
    Result<Capabilities> capabilities(const CallContext &call) override;
    Result<BackendVolume> create(const CallContext &call, const CreateRequest &request) override;
    Result<void> destroy(const CallContext &call, std::string_view id) override;
    Result<Connection> attach(const CallContext &call, const AttachRequest &request) override;
    Result<void> detach(const CallContext &call, const AttachRequest &request) override;
    Result<Connection> resolve(const CallContext &call, const AttachRequest &request) override;
    Result<BackendVolume> get(const CallContext &call, std::string_view id) override;
    Result<std::optional<std::string>> list_page(const CallContext &call, const PageRequest &page,
                                                 const Visitor &visit) override;
    Result<BackendVolume> snapshot_create(const CallContext &call, const SnapshotRequest &request) override;
    Result<void> snapshot_destroy(const CallContext &call, std::string_view snapshot_id) override;
    Result<BackendVolume> snapshot_get(const CallContext &call, std::string_view snapshot_id) override;
    Result<std::optional<std::string>> snapshot_list_page(const CallContext &call, std::string_view volume_id,
                                                          const PageRequest &page,
                                                          const Visitor &visit) override;
    Result<BackendVolume> snapshot_clone(const CallContext &call, std::string_view snapshot_id,
                                         const CreateRequest &request) override;
    Result<void> snapshot_revert(const CallContext &call, std::string_view snapshot_id) override;
    Result<BackendVolume> clone(const CallContext &call, std::string_view source_id,
                                const CreateRequest &request) override;
    Result<BackendVolume> extend(const CallContext &call, std::string_view id, std::uint64_t bytes) override;
    Result<BackendVolume> retype(const CallContext &call, const RetypeRequest &request) override;
    Result<std::optional<std::string>> unmanaged_page(const CallContext &call, const PageRequest &page,
                                                      const Visitor &visit) override;
    Result<BackendVolume> adopt(const CallContext &call, const AdoptRequest &request) override;
    Result<BackendVolume> release(const CallContext &call, std::string_view id) override;
    Result<std::optional<std::string>> unmanaged_snapshots_page(const CallContext &call,
                                                                std::string_view volume_id,
                                                                const PageRequest &page,
                                                                const Visitor &visit) override;
    Result<BackendVolume> snapshot_adopt(const CallContext &call, const AdoptRequest &request) override;
    Result<BackendVolume> snapshot_release(const CallContext &call, std::string_view snapshot_id) override;
    Result<LimitKinds> limit_kinds(const CallContext &call) override;
    Result<Limits> limits(const CallContext &call, std::string_view id) override;
    Result<void> set_limits(const CallContext &call, std::string_view id, const Limits &limits) override;
    Result<std::vector<BackendStats>> pool_stats(const CallContext &call) override;
    Result<std::vector<BackendVolume>> fence(const CallContext &call, std::string_view node_id) override;
    Result<BackendGroup> group_create(const CallContext &call, const GroupRequest &request) override;
    Result<BackendGroup> group_update(const CallContext &call, const GroupRequest &request) override;
    Result<void> group_destroy(const CallContext &call, std::string_view group_id) override;
    Result<BackendGroup> group_get(const CallContext &call, std::string_view group_id) override;
    Result<BackendGroup> group_snapshot(const CallContext &call,
                                        const GroupSnapshotRequest &request) override;
    Result<void> group_snapshot_destroy(const CallContext &call, std::string_view snapshot_id) override;
    Result<std::vector<Profile>> profiles(const CallContext &call) override;

private:
    struct Subjects { // what a mutating op locks; empty: nothing
        std::string_view first = {};
        std::string_view second = {};
    };

    // Everything around one call of the table. `body` gets the CallBridge and makes the Result<T>.
    template <typename T, typename Body>
    Result<T> run(Op op, const CallContext &call, Subjects subjects, const Body &body);
    void note(Op op, const CallContext &call, const Error *error, std::chrono::nanoseconds took) noexcept;
    [[nodiscard]] Error not_offered(Op op, std::string_view extension) const;

    std::shared_ptr<DriverLibrary> library_;
    std::unique_ptr<HostBridge> host_;
    drv_instance *instance_;
    const drv_ops_v1 &ops_;
    ExtensionCache extensions_;
    std::shared_ptr<NamedLocks> volume_locks_;
    std::optional<NamedLocks> serial_lock_;
    CallMetrics metrics_;
};

} // namespace drover
