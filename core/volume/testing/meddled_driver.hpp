// A driver that tests reach into.
#pragma once

#include "core/volume/testing/forwarding_driver.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace drover::testing {

// What a test wants to happen in the middle of a call, which comes from any thread.
template <typename Signature>
class Hook {
public:
    Hook &operator=(std::function<Signature> call) {
        const std::lock_guard lock(mutex_);
        call_ = std::move(call);
        return *this;
    }
    [[nodiscard]] std::function<Signature> get() const {
        const std::lock_guard lock(mutex_);
        return call_;
    }

private:
    mutable std::mutex mutex_;
    std::function<Signature> call_;
};

// A driver whose answers a test can change, and that notes what was asked of it.
class Meddled final : public ForwardingDriver {
public:
    using ForwardingDriver::ForwardingDriver;

    Hook<void(BackendVolume &)> on_get;            // changes a row before it is answered
    Hook<std::optional<Error>()> get_fails;        // instead of the row
    Hook<void(const Connection &)> after_attach;   // when the backend has attached
    Hook<void(const std::string &)> before_attach; // of this volume
    Hook<void(const AttachRequest &)> before_detach;
    Hook<std::optional<Error>()> snapshot_fails;
    Hook<std::optional<Error>()> revert_fails;
    Hook<std::optional<Error>()> resolve_fails;
    std::atomic<bool> create_answer_is_lost = false;
    std::atomic<bool> adopt_answer_is_lost = false;
    std::atomic<bool> retype_answer_is_lost = false;
    std::atomic<bool> list_is_empty = false;

    std::vector<std::string> mutations() const {
        const std::lock_guard lock(mutex_);
        return mutations_;
    }
    void forget_mutations() {
        const std::lock_guard lock(mutex_);
        mutations_.clear();
    }
    std::vector<std::string> created_ids;

    Result<BackendVolume> get(const CallContext &call, std::string_view id) override {
        if (const auto hook = get_fails.get()) {
            if (auto error = hook())
                return fail(std::move(*error));
        }
        auto row = ForwardingDriver::get(call, id);
        if (const auto hook = on_get.get(); row && hook)
            hook(*row);
        return row;
    }
    Result<BackendVolume> create(const CallContext &call, const CreateRequest &request) override {
        note("create");
        created_ids.push_back(request.id);
        auto made = ForwardingDriver::create(call, request);
        if (create_answer_is_lost) {
            create_answer_is_lost = false;
            return fail(lost_answer());
        }
        return made;
    }
    Result<BackendVolume> adopt(const CallContext &call, const AdoptRequest &request) override {
        note("adopt");
        auto taken = ForwardingDriver::adopt(call, request);
        if (adopt_answer_is_lost.exchange(false))
            return fail(lost_answer());
        return taken;
    }
    Result<BackendVolume> retype(const CallContext &call, const RetypeRequest &request) override {
        note("retype");
        auto changed = ForwardingDriver::retype(call, request);
        if (retype_answer_is_lost.exchange(false))
            return fail(lost_answer());
        return changed;
    }
    Result<void> destroy(const CallContext &call, std::string_view id) override {
        note("destroy");
        return ForwardingDriver::destroy(call, id);
    }
    Result<Connection> attach(const CallContext &call, const AttachRequest &request) override {
        note("attach");
        if (const auto hook = before_attach.get(); hook)
            hook(request.volume_id);
        auto connection = ForwardingDriver::attach(call, request);
        if (const auto hook = after_attach.get(); connection && hook)
            hook(*connection);
        return connection;
    }
    Result<void> detach(const CallContext &call, const AttachRequest &request) override {
        note("detach");
        if (const auto hook = before_detach.get(); hook)
            hook(request);
        return ForwardingDriver::detach(call, request);
    }
    Result<std::optional<std::string>> list_page(const CallContext &call, const PageRequest &page,
                                                 const Visitor &visit) override {
        if (list_is_empty)
            return std::optional<std::string>();
        return ForwardingDriver::list_page(call, page, visit);
    }
    Result<BackendVolume> snapshot_create(const CallContext &call, const SnapshotRequest &request) override {
        if (const auto hook = snapshot_fails.get()) {
            if (auto error = hook())
                return fail(std::move(*error));
        }
        return ForwardingDriver::snapshot_create(call, request);
    }
    Result<void> snapshot_revert(const CallContext &call, std::string_view snapshot_id) override {
        if (const auto hook = revert_fails.get()) {
            if (auto error = hook())
                return fail(std::move(*error));
        }
        return ForwardingDriver::snapshot_revert(call, snapshot_id);
    }
    Result<Connection> resolve(const CallContext &call, const AttachRequest &request) override {
        if (const auto hook = resolve_fails.get()) {
            if (auto error = hook())
                return fail(std::move(*error));
        }
        return ForwardingDriver::resolve(call, request);
    }

private:
    static Error lost_answer() {
        Error lost{.code = Code::deadline, .message = "the answer was lost", .retryable = true};
        lost.state_unknown = true;
        return lost;
    }
    void note(const char *what) {
        const std::lock_guard lock(mutex_);
        mutations_.emplace_back(what);
    }
    mutable std::mutex mutex_;
    std::vector<std::string> mutations_;
};

} // namespace drover::testing
