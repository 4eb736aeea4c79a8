// The C++ view of one open driver: what everything above the loader uses. It is a thin skin over a table of
// the ABI (in_process.hpp): the driver's own, or one that passes the calls on to the driver's own process
// (isolated.hpp). Nobody above can tell.
//
// Threads: every method may be called from any thread, in parallel. Mutating calls on one volume id wait for
// each other (until their deadline); a driver that asked for DRV_DRIVER_SERIAL gets one call at a time. All
// methods block; call them from workers. No method throws. Errors carry the driver's own sentence, prefixed
// with nothing: the caller adds the context.
#pragma once

#include "loader/base/error.hpp"
#include "loader/call_context.hpp"
#include "loader/volume_types.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drover {

enum class KeyKind { string = 1, u64 = 2, boolean = 3, bytes = 4, list = 5 };

// One declared configuration key; see drv_config_key.
struct ConfigKey {
    std::string name;
    std::string help;
    std::string fallback;
    KeyKind kind = KeyKind::string;
    bool required = false;
    bool secret = false;
};

// What can be known of a driver file without opening a backend.
struct DriverDescription {
    std::string name;
    std::string version;
    std::string vendor;
    std::string path; // of the .so
    unsigned abi_major = 0;
    unsigned abi_minor = 0;
    bool serial = false;
    bool wants_isolation = false;
    std::vector<ConfigKey> config_keys;
};

// Counters of one op since the driver was opened.
struct OpMetrics {
    std::string_view op; // "create", "snapshot.clone"
    std::uint64_t calls = 0;
    std::uint64_t failures = 0;
    std::uint64_t in_flight = 0;
    std::uint64_t total_ns = 0;
};

class Driver {
public:
    virtual ~Driver() = default;

    [[nodiscard]] virtual const DriverDescription &description() const noexcept = 0;
    // The backend's name in agent.yml.
    [[nodiscard]] virtual const std::string &backend() const noexcept = 0;
    // Does the open driver offer the extension ("drv.snapshot/1")? Constant after open.
    [[nodiscard]] virtual bool offers(std::string_view extension) const noexcept = 0;
    // The extensions of this ABI that it offers, in a fixed order.
    [[nodiscard]] virtual std::vector<std::string> extensions() const = 0;
    [[nodiscard]] virtual std::vector<OpMetrics> metrics() const = 0;

    virtual Result<void> probe(const CallContext &call) = 0;
    virtual Result<Capabilities> capabilities(const CallContext &call) = 0;
    virtual Result<BackendVolume> create(const CallContext &call, const CreateRequest &request) = 0;
    virtual Result<void> destroy(const CallContext &call, std::string_view id) = 0;
    virtual Result<Connection> attach(const CallContext &call, const AttachRequest &request) = 0;
    virtual Result<void> detach(const CallContext &call, const AttachRequest &request) = 0;
    virtual Result<Connection> resolve(const CallContext &call, const AttachRequest &request) = 0;
    virtual Result<BackendVolume> get(const CallContext &call, std::string_view id) = 0;

    // Each visited row is the visitor's to keep. Return false to stop: the listing then ends without error.
    using Visitor = std::function<bool(BackendVolume &&)>;
    // One page. The value is the token of the next page, or nothing after the last (or when the visitor
    // stopped).
    virtual Result<std::optional<std::string>> list_page(const CallContext &call, const PageRequest &page,
                                                         const Visitor &visit) = 0;
    // All pages; starts again (once) when a page token went stale. Rows may repeat.
    Result<void> list(const CallContext &call, const Visitor &visit);

    // Extensions. A driver that does not offer one answers Code::unsupported with a sentence.
    virtual Result<BackendVolume> snapshot_create(const CallContext &call,
                                                  const SnapshotRequest &request) = 0;
    virtual Result<void> snapshot_destroy(const CallContext &call, std::string_view snapshot_id) = 0;
    virtual Result<BackendVolume> snapshot_get(const CallContext &call, std::string_view snapshot_id) = 0;
    virtual Result<std::optional<std::string>> snapshot_list_page(const CallContext &call,
                                                                  std::string_view volume_id,
                                                                  const PageRequest &page,
                                                                  const Visitor &visit) = 0;
    Result<void> snapshot_list(const CallContext &call, std::string_view volume_id, const Visitor &visit);
    virtual Result<BackendVolume> snapshot_clone(const CallContext &call, std::string_view snapshot_id,
                                                 const CreateRequest &request) = 0;
    virtual Result<void> snapshot_revert(const CallContext &call, std::string_view snapshot_id) = 0;
    virtual Result<BackendVolume> clone(const CallContext &call, std::string_view source_id,
                                        const CreateRequest &request) = 0;
    virtual Result<BackendVolume> extend(const CallContext &call, std::string_view id,
                                         std::uint64_t bytes) = 0;
    virtual Result<BackendVolume> retype(const CallContext &call, const RetypeRequest &request) = 0;

    // Volumes and snapshots that the backend has and we do not manage; their `id` is empty, and an attribute
    // "refused" says why one cannot be adopted. What is adopted has the id it was given.
    virtual Result<std::optional<std::string>>
    unmanaged_page(const CallContext &call, const PageRequest &page, const Visitor &visit) = 0;
    Result<void> unmanaged(const CallContext &call, const Visitor &visit);
    virtual Result<BackendVolume> adopt(const CallContext &call, const AdoptRequest &request) = 0;
    virtual Result<BackendVolume> release(const CallContext &call, std::string_view id) = 0;
    virtual Result<std::optional<std::string>> unmanaged_snapshots_page(const CallContext &call,
                                                                        std::string_view volume_id,
                                                                        const PageRequest &page,
                                                                        const Visitor &visit) = 0;
    Result<void> unmanaged_snapshots(const CallContext &call, std::string_view volume_id,
                                     const Visitor &visit);
    virtual Result<BackendVolume> snapshot_adopt(const CallContext &call, const AdoptRequest &request) = 0;
    virtual Result<BackendVolume> snapshot_release(const CallContext &call, std::string_view snapshot_id) = 0;

    virtual Result<LimitKinds> limit_kinds(const CallContext &call) = 0;
    virtual Result<Limits> limits(const CallContext &call, std::string_view id) = 0;
    // Exactly these, all or none; no limits at all: those it has are removed.
    virtual Result<void> set_limits(const CallContext &call, std::string_view id, const Limits &limits) = 0;

    // Of every pool that volumes may be made in.
    virtual Result<std::vector<BackendStats>> pool_stats(const CallContext &call) = 0;
    // Cuts a node off; the volumes that it had, as they are without it. Any error: it is not cut off.
    virtual Result<std::vector<BackendVolume>> fence(const CallContext &call, std::string_view node_id) = 0;
    virtual Result<BackendGroup> group_create(const CallContext &call, const GroupRequest &request) = 0;
    virtual Result<BackendGroup> group_update(const CallContext &call, const GroupRequest &request) = 0;
    virtual Result<void> group_destroy(const CallContext &call, std::string_view group_id) = 0;
    // A group, or a group snapshot.
    virtual Result<BackendGroup> group_get(const CallContext &call, std::string_view group_id) = 0;
    virtual Result<BackendGroup> group_snapshot(const CallContext &call,
                                                const GroupSnapshotRequest &request) = 0;
    virtual Result<void> group_snapshot_destroy(const CallContext &call, std::string_view snapshot_id) = 0;
    virtual Result<std::vector<Profile>> profiles(const CallContext &call) = 0;
};

} // namespace drover
