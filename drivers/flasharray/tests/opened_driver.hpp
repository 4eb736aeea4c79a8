// The driver's own .so, opened as an agent opens it, with each op of its tables as one call. What it logged
// and answered is kept for the whole run, so that a search for secrets sees all of it.
#pragma once

#include "drover/abi.h"
#include "drover/ext/clone.h"
#include "drover/ext/extend.h"
#include "drover/ext/fence.h"
#include "drover/ext/group.h"
#include "drover/ext/manage.h"
#include "drover/ext/profiles.h"
#include "drover/ext/qos.h"
#include "drover/ext/retype.h"
#include "drover/ext/snapshot.h"
#include "drover/ext/stats.h"
#include "drover/sdk/testing/fake_host.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace flasharray::testing {

// What an op came to.
struct Outcome {
    drv_status status = DRV_E_INTERNAL;
    std::string message;
    std::uint64_t flags = 0;
    std::vector<drv::testing::SeenVolume> volumes;
    std::string next_page;
    std::vector<std::string> wwids;                // of connections
    std::vector<std::uint64_t> luns;               // of the same
    std::vector<std::vector<std::string>> members; // of each group
    std::size_t rows = 0;                          // groups, statistics and profiles
    drv_qos qos{};

    [[nodiscard]] bool is_ok() const noexcept { return status == DRV_OK; }
    [[nodiscard]] bool is_state_unknown() const noexcept { return (flags & DRV_FAIL_STATE_UNKNOWN) != 0; }
};

// Everything that drivers logged or answered in this process.
[[nodiscard]] std::string everything_said();
void keep_for_the_search(const std::string &text);

class OpenedDriver {
public:
    using Keys = std::map<std::string, std::string>;
    // Of the keys those of the token and the passwords are secrets. Throws std::runtime_error when it does
    // not open.
    OpenedDriver(const std::string &node, const Keys &keys);
    ~OpenedDriver();
    OpenedDriver(const OpenedDriver &) = delete;
    OpenedDriver &operator=(const OpenedDriver &) = delete;

    // Of every op from now on; nothing: none.
    std::optional<std::chrono::milliseconds> limit;

    Outcome probe();
    Outcome capabilities();
    Outcome create(const std::string &id, std::uint64_t bytes, const std::string &profile = "");
    Outcome destroy(const std::string &id);
    Outcome get(const std::string &id);
    Outcome list(std::uint64_t most = 0, const std::string &page = "");
    // `node` empty: its own.
    Outcome attach(const std::string &id, const std::string &node = "");
    Outcome resolve(const std::string &id);
    Outcome detach(const std::string &id, const std::string &node = "");

    Outcome extend(const std::string &id, std::uint64_t bytes);
    Outcome clone(const std::string &source, const std::string &id, std::uint64_t bytes,
                  const std::string &profile);
    Outcome snapshot_create(const std::string &volume, const std::string &id);
    Outcome snapshot_destroy(const std::string &id);
    Outcome snapshot_list(const std::string &volume);
    Outcome snapshot_get(const std::string &id);
    Outcome snapshot_clone(const std::string &source, const std::string &id);
    Outcome snapshot_revert(const std::string &id);

    Outcome group_create(const std::string &id, const std::string &member);
    Outcome group_update(const std::string &id, const std::string &add, const std::string &remove);
    Outcome group_destroy(const std::string &id);
    Outcome group_get(const std::string &id);
    Outcome group_list();
    Outcome group_snapshot(const std::string &group, const std::string &id, const std::string &member,
                           const std::string &snapshot);
    Outcome group_snapshot_destroy(const std::string &id);
    Outcome group_snapshot_list(const std::string &group);

    Outcome list_unmanaged();
    Outcome adopt(const std::string &backend_id, const std::string &id);
    Outcome release(const std::string &id);
    Outcome list_unmanaged_snapshots(const std::string &volume);
    Outcome adopt_snapshot(const std::string &backend_id, const std::string &id, const std::string &volume);
    Outcome release_snapshot(const std::string &id);

    Outcome volume_stats(const std::string &id);
    Outcome list_stats();
    Outcome pool_stats();
    Outcome fence(const std::string &node);
    Outcome retype(const std::string &id, const std::string &profile);
    Outcome profiles();
    Outcome qos_supported();
    Outcome qos_get(const std::string &id);
    Outcome qos_set(const std::string &id, std::uint64_t iops);
    Outcome qos_clear(const std::string &id);

private:
    template <class Run>
    Outcome run(const Run &op) {
        drv::testing::FakeCall call;
        if (limit)
            call.set_deadline(*limit);
        drv::testing::VolumeCatcher volumes;
        Outcome out;
        out.status = op(call.get(), volumes.get(), out);
        out.message = call.message;
        out.flags = call.flags;
        out.volumes = volumes.rows;
        if (!volumes.token.empty())
            out.next_page = volumes.token;
        keep_for_the_search(call.message + " " + call.vendor_code);
        return out;
    }
    template <class Table>
    [[nodiscard]] const Table &extension(const char *id) const {
        return *static_cast<const Table *>(extension_table(id));
    }
    [[nodiscard]] const void *extension_table(const char *id) const;
    [[nodiscard]] static drv_create_req create_request(const std::string &id, std::uint64_t bytes,
                                                       const std::string &profile);
    static constexpr drv_list_req kAll{.struct_size = sizeof(drv_list_req)};
    Outcome change_group(decltype(drv_group_v1::create) drv_group_v1::*op, const std::string &id,
                         const std::string &add, const std::string &remove);

    std::string node_;
    drv::testing::FakeHost host_;
    drv_instance *instance_ = nullptr;
};

} // namespace flasharray::testing
