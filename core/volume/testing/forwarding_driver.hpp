// A driver that hands every call on to another one; tests derive from it and change what they need.
#pragma once

#include "loader/driver.hpp"

#include <memory>
#include <utility>

namespace drover::testing {

class ForwardingDriver : public Driver {
public:
    explicit ForwardingDriver(std::shared_ptr<Driver> inner) : inner_(std::move(inner)) {}

    const DriverDescription &description() const noexcept override { return inner_->description(); }
    const std::string &backend() const noexcept override { return inner_->backend(); }
    bool offers(std::string_view extension) const noexcept override { return inner_->offers(extension); }
    std::vector<std::string> extensions() const override { return inner_->extensions(); }
    std::vector<OpMetrics> metrics() const override { return inner_->metrics(); }
    Result<void> probe(const CallContext &call) override { return inner_->probe(call); }
    Result<Capabilities> capabilities(const CallContext &call) override { return inner_->capabilities(call); }
    Result<BackendVolume> create(const CallContext &call, const CreateRequest &request) override {
        return inner_->create(call, request);
    }
    Result<void> destroy(const CallContext &call, std::string_view id) override {
        return inner_->destroy(call, id);
    }
    Result<Connection> attach(const CallContext &call, const AttachRequest &request) override {
        return inner_->attach(call, request);
    }
    Result<void> detach(const CallContext &call, const AttachRequest &request) override {
        return inner_->detach(call, request);
    }
    Result<Connection> resolve(const CallContext &call, const AttachRequest &request) override {
        return inner_->resolve(call, request);
    }
    Result<BackendVolume> get(const CallContext &call, std::string_view id) override {
        return inner_->get(call, id);
    }
    Result<std::optional<std::string>> list_page(const CallContext &call, const PageRequest &page,
                                                 const Visitor &visit) override {
        return inner_->list_page(call, page, visit);
    }
    Result<BackendVolume> snapshot_create(const CallContext &call, const SnapshotRequest &request) override {
        return inner_->snapshot_create(call, request);
    }
    Result<void> snapshot_destroy(const CallContext &call, std::string_view snapshot_id) override {
        return inner_->snapshot_destroy(call, snapshot_id);
    }
    Result<BackendVolume> snapshot_get(const CallContext &call, std::string_view snapshot_id) override {
        return inner_->snapshot_get(call, snapshot_id);
    }
    Result<std::optional<std::string>> snapshot_list_page(const CallContext &call, std::string_view volume_id,
                                                          const PageRequest &page,
                                                          const Visitor &visit) override {
        return inner_->snapshot_list_page(call, volume_id, page, visit);
    }
    Result<BackendVolume> snapshot_clone(const CallContext &call, std::string_view snapshot_id,
                                         const CreateRequest &request) override {
        return inner_->snapshot_clone(call, snapshot_id, request);
    }
    Result<void> snapshot_revert(const CallContext &call, std::string_view snapshot_id) override {
        return inner_->snapshot_revert(call, snapshot_id);
    }
    Result<BackendVolume> clone(const CallContext &call, std::string_view source_id,
                                const CreateRequest &request) override {
        return inner_->clone(call, source_id, request);
    }
    Result<BackendVolume> extend(const CallContext &call, std::string_view id, std::uint64_t bytes) override {
        return inner_->extend(call, id, bytes);
    }
    Result<BackendVolume> retype(const CallContext &call, const RetypeRequest &request) override {
        return inner_->retype(call, request);
    }
    Result<std::optional<std::string>> unmanaged_page(const CallContext &call, const PageRequest &page,
                                                      const Visitor &visit) override {
        return inner_->unmanaged_page(call, page, visit);
    }
    Result<BackendVolume> adopt(const CallContext &call, const AdoptRequest &request) override {
        return inner_->adopt(call, request);
    }
    Result<BackendVolume> release(const CallContext &call, std::string_view id) override {
        return inner_->release(call, id);
    }
    Result<std::optional<std::string>> unmanaged_snapshots_page(const CallContext &call,
                                                                std::string_view volume_id,
                                                                const PageRequest &page,
                                                                const Visitor &visit) override {
        return inner_->unmanaged_snapshots_page(call, volume_id, page, visit);
    }
    Result<BackendVolume> snapshot_adopt(const CallContext &call, const AdoptRequest &request) override {
        return inner_->snapshot_adopt(call, request);
    }
    Result<BackendVolume> snapshot_release(const CallContext &call, std::string_view snapshot_id) override {
        return inner_->snapshot_release(call, snapshot_id);
    }
    Result<LimitKinds> limit_kinds(const CallContext &call) override { return inner_->limit_kinds(call); }
    Result<Limits> limits(const CallContext &call, std::string_view id) override {
        return inner_->limits(call, id);
    }
    Result<void> set_limits(const CallContext &call, std::string_view id, const Limits &limits) override {
        return inner_->set_limits(call, id, limits);
    }
    Result<std::vector<BackendStats>> pool_stats(const CallContext &call) override {
        return inner_->pool_stats(call);
    }
    Result<std::vector<BackendVolume>> fence(const CallContext &call, std::string_view node_id) override {
        return inner_->fence(call, node_id);
    }
    Result<BackendGroup> group_create(const CallContext &call, const GroupRequest &request) override {
        return inner_->group_create(call, request);
    }
    Result<BackendGroup> group_update(const CallContext &call, const GroupRequest &request) override {
        return inner_->group_update(call, request);
    }
    Result<void> group_destroy(const CallContext &call, std::string_view group_id) override {
        return inner_->group_destroy(call, group_id);
    }
    Result<BackendGroup> group_get(const CallContext &call, std::string_view group_id) override {
        return inner_->group_get(call, group_id);
    }
    Result<BackendGroup> group_snapshot(const CallContext &call,
                                        const GroupSnapshotRequest &request) override {
        return inner_->group_snapshot(call, request);
    }
    Result<void> group_snapshot_destroy(const CallContext &call, std::string_view snapshot_id) override {
        return inner_->group_snapshot_destroy(call, snapshot_id);
    }
    Result<std::vector<Profile>> profiles(const CallContext &call) override { return inner_->profiles(call); }

private:
    std::shared_ptr<Driver> inner_;
};

} // namespace drover::testing
