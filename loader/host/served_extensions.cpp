// The ops of extensions: which slot of which table, with which arguments, and where its rows go.
#include "loader/host/served_driver.hpp"
#include "loader/invoke.hpp"
#include "loader/wire/rows.hpp"

#include <fmt/format.h>

#include <optional>

namespace drover::host {
namespace {

using wire::CallArguments;
using wire::WireOp;

// One call into the tables of one open driver. Nothing: the op is not of that extension, or the driver does
// not offer it.
class ExtensionCall {
public:
    using Returned = std::optional<drv_status>;
    ExtensionCall(const ExtensionCache &tables, drv_instance *instance, const CallArguments &arguments,
                  const drv_call *call, RowStream &rows)
        : tables_(tables), instance_(instance), arguments_(arguments), call_(call), rows_(rows),
          create_(arguments.create()), list_(arguments.list()) {}

    Returned run() {
        for (const auto part : {&ExtensionCall::snapshot, &ExtensionCall::volume, &ExtensionCall::group,
                                &ExtensionCall::manage, &ExtensionCall::stats, &ExtensionCall::qos}) {
            if (const Returned status = (this->*part)())
                return status;
        }
        return std::nullopt;
    }

private:
    template <typename Slot, typename... Arguments>
    Returned call(Slot slot, const Arguments &...arguments) {
        return invoke(slot, instance_, call_, arguments...);
    }

    Returned snapshot() {
        const drv_snapshot_v1 *const table = tables_.snapshot();
        if (table == nullptr)
            return std::nullopt;
        const drv_snapshot_req request = arguments_.snapshot();
        switch (arguments_.op()) {
        case WireOp::snapshot_create:
            return call(table->create, &request, rows_.volumes());
        case WireOp::snapshot_destroy:
            return call(table->destroy, arguments_.id(), arguments_.flags());
        case WireOp::snapshot_get:
            return call(table->get, arguments_.id(), rows_.volumes());
        case WireOp::snapshot_list:
            return call(table->list, arguments_.source_id(), &list_, rows_.volumes());
        case WireOp::snapshot_clone:
            return call(table->clone, arguments_.source_id(), &create_, rows_.volumes());
        case WireOp::snapshot_revert:
            return call(table->revert, arguments_.id(), arguments_.flags());
        default:
            return std::nullopt;
        }
    }

    // The extensions of one op.
    Returned volume() {
        const WireOp op = arguments_.op();
        if (op == WireOp::clone && tables_.clone() != nullptr)
            return call(tables_.clone()->clone, arguments_.source_id(), &create_, rows_.volumes());
        if (op == WireOp::extend && tables_.extend() != nullptr) {
            return call(tables_.extend()->extend, arguments_.id(), arguments_.bytes(), arguments_.flags(),
                        rows_.volumes());
        }
        if (op == WireOp::profiles && tables_.profiles() != nullptr)
            return call(tables_.profiles()->list, rows_.profiles());
        if (op == WireOp::retype && tables_.retype() != nullptr) {
            const drv_retype_req request = arguments_.retype();
            return call(tables_.retype()->retype, &request, rows_.volumes());
        }
        if (op == WireOp::fence && tables_.fence() != nullptr)
            return call(tables_.fence()->fence, arguments_.id(), arguments_.flags(), rows_.volumes());
        return std::nullopt;
    }

    Returned group() {
        const drv_group_v1 *const table = tables_.group();
        if (table == nullptr)
            return std::nullopt;
        const drv_group_req request = arguments_.group();
        const drv_group_snapshot_req snapshot = arguments_.group_snapshot();
        switch (arguments_.op()) {
        case WireOp::group_create:
            return call(table->create, &request, rows_.groups());
        case WireOp::group_update:
            return call(table->update, &request, rows_.groups());
        case WireOp::group_destroy:
            return call(table->destroy, arguments_.id(), arguments_.flags());
        case WireOp::group_get:
            return call(table->get, arguments_.id(), rows_.groups());
        case WireOp::group_list:
            return call(table->list, &list_, rows_.groups());
        case WireOp::group_snapshot:
            return call(table->snapshot, &snapshot, rows_.groups());
        case WireOp::group_snapshot_destroy:
            return call(table->snapshot_destroy, arguments_.id(), arguments_.flags());
        case WireOp::group_snapshot_list:
            return call(table->snapshot_list, arguments_.source_id(), &list_, rows_.groups());
        default:
            return std::nullopt;
        }
    }

    Returned manage() {
        const drv_manage_v1 *const table = tables_.manage();
        if (table == nullptr)
            return std::nullopt;
        const drv_adopt_req request = arguments_.adopt();
        switch (arguments_.op()) {
        case WireOp::list_unmanaged:
            return call(table->list_unmanaged, &list_, rows_.volumes());
        case WireOp::adopt:
            return call(table->adopt, &request, rows_.volumes());
        case WireOp::release:
            return call(table->release, arguments_.id(), arguments_.flags(), rows_.volumes());
        case WireOp::list_unmanaged_snapshots:
            return call(table->list_unmanaged_snapshots, arguments_.source_id(), &list_, rows_.volumes());
        case WireOp::adopt_snapshot:
            return call(table->adopt_snapshot, &request, rows_.volumes());
        case WireOp::release_snapshot:
            return call(table->release_snapshot, arguments_.id(), arguments_.flags(), rows_.volumes());
        default:
            return std::nullopt;
        }
    }

    Returned stats() {
        const drv_stats_v1 *const table = tables_.stats();
        if (table == nullptr)
            return std::nullopt;
        switch (arguments_.op()) {
        case WireOp::volume_stats:
            return call(table->volume, arguments_.id(), rows_.stats());
        case WireOp::list_stats:
            return call(table->volumes, &list_, rows_.stats());
        case WireOp::pool_stats:
            return call(table->pools, rows_.stats());
        default:
            return std::nullopt;
        }
    }

    Returned qos() {
        const drv_qos_v1 *const table = tables_.qos();
        if (table == nullptr)
            return std::nullopt;
        switch (arguments_.op()) {
        case WireOp::qos_supported: {
            std::uint64_t limits = 0;
            const Returned status = call(table->supported, &limits);
            if (status == DRV_OK)
                rows_.frame().number(wire::Tag::limits, limits);
            return status;
        }
        case WireOp::qos_get: {
            drv_qos limits{};
            limits.struct_size = sizeof limits;
            const Returned status = call(table->get, arguments_.id(), &limits);
            if (status == DRV_OK)
                wire::write_limits(rows_.frame(), limits);
            return status;
        }
        case WireOp::qos_set:
            return call(table->set, arguments_.id(), &arguments_.limits());
        case WireOp::qos_clear:
            return call(table->clear, arguments_.id());
        default:
            return std::nullopt;
        }
    }

    const ExtensionCache &tables_;
    drv_instance *instance_;
    const CallArguments &arguments_;
    const drv_call *call_;
    RowStream &rows_;
    const drv_create_req create_;
    const drv_list_req list_;
};

} // namespace

drv_status ServedDriver::run_extension(const wire::CallArguments &arguments, const drv_call *call,
                                       RowStream &rows) {
    if (const auto status = ExtensionCall(*extensions_, instance_, arguments, call, rows).run())
        return *status;
    return refuse(call, DRV_E_UNSUPPORTED,
                  fmt::format("{}: the driver \"{}\" does not offer that (any more)",
                              wire::name_of(arguments.op()), library_->description().name));
}

} // namespace drover::host
