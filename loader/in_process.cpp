#include "loader/in_process.hpp"

#include "loader/call_bridge.hpp"
#include "loader/host_text.hpp"
#include "loader/in_process_run.hpp"
#include "loader/invoke.hpp"
#include "loader/open.hpp"
#include "loader/sinks.hpp"

#include <fmt/format.h>

#include <utility>

namespace drover {
namespace {

std::vector<drv_kv> to_rows(const Attributes &attributes) {
    std::vector<drv_kv> rows;
    rows.reserve(attributes.size());
    for (const auto &[key, value] : attributes)
        rows.push_back(drv_kv{borrow(key), borrow(value)});
    return rows;
}

// The request structs borrow the C++ request, which outlives the call.
struct CreateArguments {
    CreateArguments(const CreateRequest &request, std::uint64_t flags) : rows(to_rows(request.attributes)) {
        value = {.struct_size = sizeof value,
                 .reserved = 0,
                 .flags = flags,
                 .bytes = request.bytes,
                 .id = borrow(request.id),
                 .name = borrow(request.name),
                 .pool = borrow(request.pool),
                 .profile = borrow(request.profile),
                 .attrs = rows.data(),
                 .attr_count = rows.size()};
    }
    std::vector<drv_kv> rows;
    drv_create_req value;
};

struct AttachArguments {
    explicit AttachArguments(const AttachRequest &request) {
        rows.reserve(request.node.initiators.size());
        for (const auto &[kind, name] : request.node.initiators)
            rows.push_back(drv_kv{borrow(kind), borrow(name)});
        value = {.struct_size = sizeof value,
                 .reserved = 0,
                 .flags = request.read_only ? std::uint64_t{DRV_ATTACH_READ_ONLY} : 0,
                 .id = borrow(request.volume_id),
                 .node_id = borrow(request.node.id),
                 .initiators = rows.data(),
                 .initiator_count = rows.size()};
    }
    std::vector<drv_kv> rows;
    drv_attach_req value;
};

drv_list_req to_list_request(const PageRequest &page) {
    return {.struct_size = sizeof(drv_list_req),
            .reserved = 0,
            .flags = 0,
            .max_entries = page.max_entries,
            .page_token = borrow(page.token)};
}

drv_adopt_req to_adopt_request(const AdoptRequest &request) {
    return {.struct_size = sizeof(drv_adopt_req),
            .reserved = 0,
            .flags = 0,
            .backend_id = borrow(request.backend_id),
            .id = borrow(request.id),
            .name = borrow(request.name),
            .volume_id = borrow(request.volume_id)};
}

drv_qos to_row(const Limits &limits) {
    drv_qos row{};
    row.struct_size = sizeof row;
    const auto put = [&](const std::optional<std::uint64_t> &limit, std::uint64_t bit, std::uint64_t &value) {
        row.limits |= limit ? bit : 0;
        value = limit.value_or(0);
    };
    put(limits.max_iops, DRV_QOS_MAX_IOPS, row.max_iops);
    put(limits.min_iops, DRV_QOS_MIN_IOPS, row.min_iops);
    put(limits.burst_iops, DRV_QOS_BURST_IOPS, row.burst_iops);
    put(limits.max_bytes_per_second, DRV_QOS_MAX_BYTES_PER_SECOND, row.max_bytes_per_second);
    return row;
}

Limits to_limits(const drv_qos &row) {
    const auto take = [&](std::uint64_t bit, std::uint64_t value) {
        return (row.limits & bit) != 0 ? std::optional(value) : std::nullopt;
    };
    return {.max_iops = take(DRV_QOS_MAX_IOPS, row.max_iops),
            .min_iops = take(DRV_QOS_MIN_IOPS, row.min_iops),
            .burst_iops = take(DRV_QOS_BURST_IOPS, row.burst_iops),
            .max_bytes_per_second = take(DRV_QOS_MAX_BYTES_PER_SECOND, row.max_bytes_per_second)};
}

} // namespace

InProcessDriver::InProcessDriver(std::shared_ptr<DriverLibrary> library, std::unique_ptr<HostBridge> host,
                                 drv_instance *instance, std::shared_ptr<NamedLocks> volume_locks)
    : library_(std::move(library)), host_(std::move(host)), instance_(instance),
      ops_(*library_->descriptor().ops), extensions_(library_->descriptor(), instance, *host_),
      volume_locks_(volume_locks ? std::move(volume_locks) : make_volume_locks()) {
    if (library_->description().serial) {
        serial_lock_.emplace(
            fmt::format("backend {} (its driver takes one call at a time)", host_->backend()));
    }
    host_->services().timers().start();
}

InProcessDriver::~InProcessDriver() {
    host_->services().timers().stop();
    invoke(library_->descriptor().close, instance_);
}

void InProcessDriver::note(Op op, const CallContext &call, const Error *error,
                           std::chrono::nanoseconds took) noexcept {
    try {
        const std::chrono::duration<double, std::micro> us = took;
        host_->log(LogLevel::debug,
                   error == nullptr
                       ? fmt::format("{} [{}] ok, {:.1f} us", name_of(op), call.request_id, us.count())
                       : fmt::format("{} [{}] {}, {:.1f} us: {}", name_of(op), call.request_id,
                                     to_string(error->code), us.count(), error->message));
    } catch (...) { // the call's own result matters more
    }
}

Error InProcessDriver::not_offered(Op op, std::string_view extension) const {
    return Error{.code = Code::unsupported,
                 .message = fmt::format("{}: the driver \"{}\" of backend \"{}\" does not offer {}",
                                        name_of(op), description().name, backend(), extension)};
}

Result<void> InProcessDriver::probe(const CallContext &call) {
    return run<void>(Op::probe, call, {}, [&](CallBridge &bridge) {
        return bridge.result(invoke(ops_.probe, instance_, bridge.get()));
    });
}

Result<Capabilities> InProcessDriver::capabilities(const CallContext &call) {
    return run<Capabilities>(Op::capabilities, call, {}, [&](CallBridge &bridge) -> Result<Capabilities> {
        drv_caps caps{};
        caps.struct_size = sizeof caps;
        if (auto result = bridge.result(invoke(ops_.capabilities, instance_, bridge.get(), &caps)); !result)
            return fail(std::move(result).error());
        return to_capabilities(caps);
    });
}

Result<BackendVolume> InProcessDriver::create(const CallContext &call, const CreateRequest &request) {
    return run<BackendVolume>(Op::create, call, {request.id}, [&](CallBridge &bridge) {
        const CreateArguments arguments(request, 0);
        OneVolumeSink sink;
        const auto status = invoke(ops_.create, instance_, bridge.get(), &arguments.value, sink.get());
        return sink.take(bridge, status, request.id);
    });
}

Result<void> InProcessDriver::destroy(const CallContext &call, std::string_view id) {
    return run<void>(Op::destroy, call, {id}, [&](CallBridge &bridge) {
        const HostText text(id);
        return bridge.result(invoke(ops_.destroy, instance_, bridge.get(), text.get(), std::uint64_t{0}));
    });
}

Result<Connection> InProcessDriver::attach(const CallContext &call, const AttachRequest &request) {
    return run<Connection>(Op::attach, call, {request.volume_id}, [&](CallBridge &bridge) {
        const AttachArguments arguments(request);
        ConnectionSink sink;
        const auto status = invoke(ops_.attach, instance_, bridge.get(), &arguments.value, sink.get());
        return sink.take(bridge, status);
    });
}

Result<void> InProcessDriver::detach(const CallContext &call, const AttachRequest &request) {
    return run<void>(Op::detach, call, {request.volume_id}, [&](CallBridge &bridge) {
        const AttachArguments arguments(request);
        return bridge.result(invoke(ops_.detach, instance_, bridge.get(), &arguments.value));
    });
}

Result<Connection> InProcessDriver::resolve(const CallContext &call, const AttachRequest &request) {
    return run<Connection>(Op::resolve, call, {}, [&](CallBridge &bridge) {
        const AttachArguments arguments(request);
        ConnectionSink sink;
        const auto status = invoke(ops_.resolve, instance_, bridge.get(), &arguments.value, sink.get());
        return sink.take(bridge, status);
    });
}

Result<BackendVolume> InProcessDriver::get(const CallContext &call, std::string_view id) {
    return run<BackendVolume>(Op::get, call, {}, [&](CallBridge &bridge) {
        const HostText text(id);
        OneVolumeSink sink;
        const auto status = invoke(ops_.get, instance_, bridge.get(), text.get(), sink.get());
        return sink.take(bridge, status, id);
    });
}

Result<std::optional<std::string>> InProcessDriver::list_page(const CallContext &call,
                                                              const PageRequest &page, const Visitor &visit) {
    return run<std::optional<std::string>>(Op::list, call, {}, [&](CallBridge &bridge) {
        const drv_list_req request = to_list_request(page);
        PageSink sink(visit, page);
        const auto status = invoke(ops_.list, instance_, bridge.get(), &request, sink.get());
        return sink.take(bridge, status);
    });
}

Result<BackendVolume> InProcessDriver::snapshot_create(const CallContext &call,
                                                       const SnapshotRequest &request) {
    const drv_snapshot_v1 *table = extensions_.snapshot();
    if (table == nullptr)
        return fail(not_offered(Op::snapshot_create, DRV_EXT_SNAPSHOT));
    return run<BackendVolume>(
        Op::snapshot_create, call, {request.volume_id, request.snapshot_id}, [&](CallBridge &bridge) {
            const std::vector<drv_kv> rows = to_rows(request.attributes);
            const drv_snapshot_req arguments = {.struct_size = sizeof arguments,
                                                .reserved = 0,
                                                .flags = 0,
                                                .volume_id = borrow(request.volume_id),
                                                .snapshot_id = borrow(request.snapshot_id),
                                                .name = borrow(request.name),
                                                .attrs = rows.data(),
                                                .attr_count = rows.size()};
            OneVolumeSink sink;
            const auto status = invoke(table->create, instance_, bridge.get(), &arguments, sink.get());
            return sink.take(bridge, status, request.snapshot_id);
        });
}

Result<void> InProcessDriver::snapshot_destroy(const CallContext &call, std::string_view snapshot_id) {
    const drv_snapshot_v1 *table = extensions_.snapshot();
    if (table == nullptr)
        return fail(not_offered(Op::snapshot_destroy, DRV_EXT_SNAPSHOT));
    return run<void>(Op::snapshot_destroy, call, {snapshot_id}, [&](CallBridge &bridge) {
        const HostText text(snapshot_id);
        return bridge.result(invoke(table->destroy, instance_, bridge.get(), text.get(), std::uint64_t{0}));
    });
}

Result<BackendVolume> InProcessDriver::snapshot_get(const CallContext &call, std::string_view snapshot_id) {
    const drv_snapshot_v1 *table = extensions_.snapshot();
    if (table == nullptr)
        return fail(not_offered(Op::snapshot_get, DRV_EXT_SNAPSHOT));
    return run<BackendVolume>(Op::snapshot_get, call, {}, [&](CallBridge &bridge) {
        const HostText text(snapshot_id);
        OneVolumeSink sink;
        const auto status = invoke(table->get, instance_, bridge.get(), text.get(), sink.get());
        return sink.take(bridge, status, snapshot_id);
    });
}

Result<std::optional<std::string>> InProcessDriver::snapshot_list_page(const CallContext &call,
                                                                       std::string_view volume_id,
                                                                       const PageRequest &page,
                                                                       const Visitor &visit) {
    const drv_snapshot_v1 *table = extensions_.snapshot();
    if (table == nullptr)
        return fail(not_offered(Op::snapshot_list, DRV_EXT_SNAPSHOT));
    return run<std::optional<std::string>>(Op::snapshot_list, call, {}, [&](CallBridge &bridge) {
        const HostText text(volume_id);
        const drv_list_req request = to_list_request(page);
        PageSink sink(visit, page);
        const auto status = invoke(table->list, instance_, bridge.get(), text.get(), &request, sink.get());
        return sink.take(bridge, status);
    });
}

Result<BackendVolume> InProcessDriver::snapshot_clone(const CallContext &call, std::string_view snapshot_id,
                                                      const CreateRequest &request) {
    const drv_snapshot_v1 *table = extensions_.snapshot();
    if (table == nullptr)
        return fail(not_offered(Op::snapshot_clone, DRV_EXT_SNAPSHOT));
    return run<BackendVolume>(Op::snapshot_clone, call, {request.id}, [&](CallBridge &bridge) {
        const HostText text(snapshot_id);
        const CreateArguments arguments(request, 0);
        OneVolumeSink sink;
        const auto status =
            invoke(table->clone, instance_, bridge.get(), text.get(), &arguments.value, sink.get());
        return sink.take(bridge, status, request.id);
    });
}

Result<void> InProcessDriver::snapshot_revert(const CallContext &call, std::string_view snapshot_id) {
    const drv_snapshot_v1 *table = extensions_.snapshot();
    if (table == nullptr)
        return fail(not_offered(Op::snapshot_revert, DRV_EXT_SNAPSHOT));
    const Result<BackendVolume> snapshot = snapshot_get(call, snapshot_id);
    const std::string volume_id = snapshot ? snapshot->parent : std::string();
    return run<void>(Op::snapshot_revert, call, {snapshot_id, volume_id}, [&](CallBridge &bridge) {
        const HostText text(snapshot_id);
        return bridge.result(invoke(table->revert, instance_, bridge.get(), text.get(), std::uint64_t{0}));
    });
}

Result<BackendVolume> InProcessDriver::clone(const CallContext &call, std::string_view source_id,
                                             const CreateRequest &request) {
    const drv_clone_v1 *table = extensions_.clone();
    if (table == nullptr)
        return fail(not_offered(Op::clone, DRV_EXT_CLONE));
    return run<BackendVolume>(Op::clone, call, {request.id}, [&](CallBridge &bridge) {
        const HostText text(source_id);
        const CreateArguments arguments(request,
                                        request.independent ? std::uint64_t{DRV_CLONE_INDEPENDENT} : 0);
        OneVolumeSink sink;
        const auto status =
            invoke(table->clone, instance_, bridge.get(), text.get(), &arguments.value, sink.get());
        return sink.take(bridge, status, request.id);
    });
}

Result<BackendVolume> InProcessDriver::extend(const CallContext &call, std::string_view id,
                                              std::uint64_t bytes) {
    const drv_extend_v1 *table = extensions_.extend();
    if (table == nullptr)
        return fail(not_offered(Op::extend, DRV_EXT_EXTEND));
    return run<BackendVolume>(Op::extend, call, {id}, [&](CallBridge &bridge) {
        const HostText text(id);
        OneVolumeSink sink;
        const auto status =
            invoke(table->extend, instance_, bridge.get(), text.get(), bytes, std::uint64_t{0}, sink.get());
        return sink.take(bridge, status, id);
    });
}

Result<BackendVolume> InProcessDriver::retype(const CallContext &call, const RetypeRequest &request) {
    const drv_retype_v1 *table = extensions_.retype();
    if (table == nullptr)
        return fail(not_offered(Op::retype, DRV_EXT_RETYPE));
    return run<BackendVolume>(Op::retype, call, {request.volume_id}, [&](CallBridge &bridge) {
        const drv_retype_req arguments = {.struct_size = sizeof arguments,
                                          .reserved = 0,
                                          .flags =
                                              request.may_migrate ? std::uint64_t{DRV_RETYPE_MAY_MIGRATE} : 0,
                                          .id = borrow(request.volume_id),
                                          .profile = borrow(request.profile),
                                          .pool = borrow(request.pool)};
        OneVolumeSink sink;
        const auto status = invoke(table->retype, instance_, bridge.get(), &arguments, sink.get());
        return sink.take(bridge, status, request.volume_id);
    });
}

Result<std::optional<std::string>>
InProcessDriver::unmanaged_page(const CallContext &call, const PageRequest &page, const Visitor &visit) {
    const drv_manage_v1 *table = extensions_.manage();
    if (table == nullptr)
        return fail(not_offered(Op::list_unmanaged, DRV_EXT_MANAGE));
    return run<std::optional<std::string>>(Op::list_unmanaged, call, {}, [&](CallBridge &bridge) {
        const drv_list_req request = to_list_request(page);
        PageSink sink(visit, page);
        const auto status = invoke(table->list_unmanaged, instance_, bridge.get(), &request, sink.get());
        return sink.take(bridge, status);
    });
}

Result<BackendVolume> InProcessDriver::adopt(const CallContext &call, const AdoptRequest &request) {
    const drv_manage_v1 *table = extensions_.manage();
    if (table == nullptr)
        return fail(not_offered(Op::adopt, DRV_EXT_MANAGE));
    return run<BackendVolume>(Op::adopt, call, {request.id}, [&](CallBridge &bridge) {
        const drv_adopt_req arguments = to_adopt_request(request);
        OneVolumeSink sink;
        const auto status = invoke(table->adopt, instance_, bridge.get(), &arguments, sink.get());
        return sink.take(bridge, status, request.id);
    });
}

Result<BackendVolume> InProcessDriver::release(const CallContext &call, std::string_view id) {
    const drv_manage_v1 *table = extensions_.manage();
    if (table == nullptr)
        return fail(not_offered(Op::release, DRV_EXT_MANAGE));
    return run<BackendVolume>(Op::release, call, {id}, [&](CallBridge &bridge) {
        const HostText text(id);
        OneVolumeSink sink;
        const auto status =
            invoke(table->release, instance_, bridge.get(), text.get(), std::uint64_t{0}, sink.get());
        return sink.take(bridge, status, {}); // what is not managed has no id
    });
}

Result<std::optional<std::string>> InProcessDriver::unmanaged_snapshots_page(const CallContext &call,
                                                                             std::string_view volume_id,
                                                                             const PageRequest &page,
                                                                             const Visitor &visit) {
    const drv_manage_v1 *table = extensions_.manage();
    if (table == nullptr)
        return fail(not_offered(Op::list_unmanaged_snapshots, DRV_EXT_MANAGE));
    return run<std::optional<std::string>>(Op::list_unmanaged_snapshots, call, {}, [&](CallBridge &bridge) {
        const HostText text(volume_id);
        const drv_list_req request = to_list_request(page);
        PageSink sink(visit, page);
        const auto status = invoke(table->list_unmanaged_snapshots, instance_, bridge.get(), text.get(),
                                   &request, sink.get());
        return sink.take(bridge, status);
    });
}

Result<BackendVolume> InProcessDriver::snapshot_adopt(const CallContext &call, const AdoptRequest &request) {
    const drv_manage_v1 *table = extensions_.manage();
    if (table == nullptr)
        return fail(not_offered(Op::adopt_snapshot, DRV_EXT_MANAGE));
    return run<BackendVolume>(
        Op::adopt_snapshot, call, {request.volume_id, request.id}, [&](CallBridge &bridge) {
            const drv_adopt_req arguments = to_adopt_request(request);
            OneVolumeSink sink;
            const auto status =
                invoke(table->adopt_snapshot, instance_, bridge.get(), &arguments, sink.get());
            return sink.take(bridge, status, request.id);
        });
}

Result<BackendVolume> InProcessDriver::snapshot_release(const CallContext &call,
                                                        std::string_view snapshot_id) {
    const drv_manage_v1 *table = extensions_.manage();
    if (table == nullptr)
        return fail(not_offered(Op::release_snapshot, DRV_EXT_MANAGE));
    return run<BackendVolume>(Op::release_snapshot, call, {snapshot_id}, [&](CallBridge &bridge) {
        const HostText text(snapshot_id);
        OneVolumeSink sink;
        const auto status = invoke(table->release_snapshot, instance_, bridge.get(), text.get(),
                                   std::uint64_t{0}, sink.get());
        return sink.take(bridge, status, {});
    });
}

Result<LimitKinds> InProcessDriver::limit_kinds(const CallContext &call) {
    const drv_qos_v1 *table = extensions_.qos();
    if (table == nullptr)
        return fail(not_offered(Op::qos_supported, DRV_EXT_QOS));
    return run<LimitKinds>(Op::qos_supported, call, {}, [&](CallBridge &bridge) -> Result<LimitKinds> {
        std::uint64_t bits = 0;
        if (auto result = bridge.result(invoke(table->supported, instance_, bridge.get(), &bits)); !result)
            return fail(std::move(result).error());
        return LimitKinds{.max_iops = (bits & DRV_QOS_MAX_IOPS) != 0,
                          .min_iops = (bits & DRV_QOS_MIN_IOPS) != 0,
                          .burst_iops = (bits & DRV_QOS_BURST_IOPS) != 0,
                          .max_bytes_per_second = (bits & DRV_QOS_MAX_BYTES_PER_SECOND) != 0};
    });
}

Result<Limits> InProcessDriver::limits(const CallContext &call, std::string_view id) {
    const drv_qos_v1 *table = extensions_.qos();
    if (table == nullptr)
        return fail(not_offered(Op::qos_get, DRV_EXT_QOS));
    return run<Limits>(Op::qos_get, call, {}, [&](CallBridge &bridge) -> Result<Limits> {
        const HostText text(id);
        drv_qos row{};
        row.struct_size = sizeof row;
        if (auto result = bridge.result(invoke(table->get, instance_, bridge.get(), text.get(), &row));
            !result)
            return fail(std::move(result).error());
        return to_limits(row);
    });
}

Result<void> InProcessDriver::set_limits(const CallContext &call, std::string_view id, const Limits &limits) {
    const Op op = limits == Limits() ? Op::qos_clear : Op::qos_set;
    const drv_qos_v1 *table = extensions_.qos();
    if (table == nullptr)
        return fail(not_offered(op, DRV_EXT_QOS));
    return run<void>(op, call, {id}, [&](CallBridge &bridge) {
        const HostText text(id);
        if (op == Op::qos_clear)
            return bridge.result(invoke(table->clear, instance_, bridge.get(), text.get()));
        const drv_qos row = to_row(limits);
        return bridge.result(
            invoke(table->set, instance_, bridge.get(), text.get(), static_cast<const drv_qos *>(&row)));
    });
}

Result<std::vector<Profile>> InProcessDriver::profiles(const CallContext &call) {
    const drv_profiles_v1 *table = extensions_.profiles();
    if (table == nullptr)
        return fail(not_offered(Op::profiles, DRV_EXT_PROFILES));
    return run<std::vector<Profile>>(Op::profiles, call, {}, [&](CallBridge &bridge) {
        ProfileSink sink;
        const auto status = invoke(table->list, instance_, bridge.get(), sink.get());
        return sink.take(bridge, status);
    });
}

} // namespace drover
