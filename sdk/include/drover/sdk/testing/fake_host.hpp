// A host for the tests of drivers, behind the real C tables: it holds configuration, keeps what was logged,
// makes calls that can be cancelled, and collects what sinks received. It checks nothing and starts no
// threads; call the driver's table with it directly.
#pragma once

#include "drover/abi.h"
#include "drover/sdk/text.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace drv::testing {

class FakeHost {
public:
    FakeHost() {
        table_ = {.struct_size = sizeof table_,
                  .abi_major = DRV_ABI_MAJOR,
                  .abi_minor = DRV_ABI_MINOR,
                  .host_data = this,
                  .agent_version = to_abi("test"),
                  .backend = to_abi("tested"),
                  .node_id = to_abi("node-a"),
                  .log =
                      [](const drv_host_v1 *self, std::int32_t level, drv_str text) {
                          FakeHost &host = of(self);
                          const std::lock_guard lock(host.mutex_);
                          host.lines_.emplace_back(level, std::string(view_of(text)));
                      },
                  .log_enabled = [](const drv_host_v1 *, std::int32_t) { return std::uint32_t{1}; },
                  .now_ns = [](const drv_host_v1 *) { return now(); },
                  .config = [](const drv_host_v1 *self, drv_str key, drv_str *value) -> drv_status {
                      const auto found = of(self).config.find(std::string(view_of(key)));
                      if (found == of(self).config.end())
                          return view_of(key).starts_with("undeclared") ? DRV_E_INVALID : DRV_E_NOT_FOUND;
                      *value = to_abi(found->second);
                      return DRV_OK;
                  },
                  .secret = [](const drv_host_v1 *self, drv_str key, void *data,
                               void (*use)(void *, drv_str)) -> drv_status {
                      const auto found = of(self).secrets.find(std::string(view_of(key)));
                      if (found == of(self).secrets.end())
                          return DRV_E_NOT_FOUND;
                      use(data, to_abi(found->second));
                      return DRV_OK;
                  },
                  .service = [](const drv_host_v1 *, drv_str) -> const void * { return nullptr; }};
    }

    [[nodiscard]] const drv_host_v1 *get() const { return &table_; }
    [[nodiscard]] static std::uint64_t now() {
        return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    }
    [[nodiscard]] std::string logged(std::int32_t level) const {
        const std::lock_guard lock(mutex_);
        std::string all;
        for (const auto &[at, line] : lines_)
            all += at == level ? line + "\n" : "";
        return all;
    }
    void set_node_id(const std::string &id) {
        node_id_ = id;
        table_.node_id = to_abi(node_id_);
    }

    std::map<std::string, std::string> config, secrets;

private:
    static FakeHost &of(const drv_host_v1 *self) { return *static_cast<FakeHost *>(self->host_data); }

    drv_host_v1 table_{};
    std::string node_id_;
    mutable std::mutex mutex_;
    std::vector<std::pair<std::int32_t, std::string>> lines_;
};

// One call. Reused for several ops by tests that look at the last failure only.
class FakeCall {
public:
    FakeCall() {
        ops_ = {.struct_size = sizeof ops_,
                .reserved = 0,
                .fail = [](const drv_call *self, const drv_failure *failure) -> drv_status {
                    FakeCall &call = of(self);
                    call.message = view_of(failure->message);
                    call.vendor_code = view_of(failure->vendor_code);
                    call.flags = failure->flags;
                    call.retry_after_ns = failure->retry_after_ns;
                    call.failures += 1;
                    return failure->code;
                },
                .cancelled = [](const drv_call *self) -> std::uint32_t {
                    FakeCall &call = of(self);
                    if (call.cancel_after_polls != 0 && ++call.polls_ >= call.cancel_after_polls)
                        call.cancel = true;
                    return call.cancel || FakeHost::now() >= self->deadline_ns ? 1 : 0;
                },
                .cancel_fd = [](const drv_call *) { return std::int32_t{-1}; },
                .progress =
                    [](const drv_call *self, std::uint32_t permille, drv_str stage) {
                        FakeCall &call = of(self);
                        call.progress.emplace_back(permille, view_of(stage));
                        if (permille >= call.cancel_at_permille)
                            call.cancel = true;
                        if (call.on_progress)
                            call.on_progress();
                    }};
        call_ = {.struct_size = sizeof call_,
                 .reserved = 0,
                 .deadline_ns = std::numeric_limits<std::uint64_t>::max(),
                 .request_id = to_abi("request-1"),
                 .ops = &ops_,
                 .host_data = this};
    }
    FakeCall(const FakeCall &) = delete;
    FakeCall &operator=(const FakeCall &) = delete;

    [[nodiscard]] const drv_call *get() const { return &call_; }
    void set_deadline(std::chrono::nanoseconds from_now) {
        call_.deadline_ns = FakeHost::now() + static_cast<std::uint64_t>(from_now.count());
    }
    void set_deadline_in_the_past() { call_.deadline_ns = 1; }

    std::string message, vendor_code;
    std::uint64_t flags = 0, retry_after_ns = 0;
    int failures = 0;
    std::atomic<bool> cancel{false};
    std::uint32_t cancel_at_permille = 1001;
    int cancel_after_polls = 0;        // 0: never
    std::function<void()> on_progress; // runs on the driver's thread
    std::vector<std::pair<std::uint32_t, std::string>> progress;

private:
    static FakeCall &of(const drv_call *self) { return *static_cast<FakeCall *>(self->host_data); }

    drv_call_ops ops_{};
    drv_call call_{};
    int polls_ = 0;
};

// What a volume sink received, copied.
struct SeenVolume {
    std::string id{}, name{}, backend_id{}, pool{}, profile{}, parent{};
    std::uint32_t state = 0;
    std::uint64_t flags = 0, bytes = 0, used_bytes = 0;
    std::vector<std::string> attached_nodes{};
    std::map<std::string, std::string> attributes{};
};

class VolumeCatcher {
public:
    VolumeCatcher() {
        table_ = {.struct_size = sizeof table_,
                  .reserved = 0,
                  .data = this,
                  .emit = [](void *data, const drv_volume *row) -> drv_status {
                      auto &self = *static_cast<VolumeCatcher *>(data);
                      if (self.rows.size() >= self.stop_after)
                          return self.stop_with;
                      SeenVolume seen{.id = std::string(view_of(row->id)),
                                      .name = std::string(view_of(row->name)),
                                      .backend_id = std::string(view_of(row->backend_id)),
                                      .pool = std::string(view_of(row->pool)),
                                      .profile = std::string(view_of(row->profile)),
                                      .parent = std::string(view_of(row->parent)),
                                      .state = row->state,
                                      .flags = row->flags,
                                      .bytes = row->bytes,
                                      .used_bytes = row->used_bytes};
                      for (std::uint64_t i = 0; i < row->attached_count; ++i)
                          seen.attached_nodes.emplace_back(view_of(row->attached_nodes[i]));
                      for (std::uint64_t i = 0; i < row->attr_count; ++i)
                          seen.attributes.emplace(view_of(row->attrs[i].key), view_of(row->attrs[i].value));
                      self.rows.push_back(std::move(seen));
                      return DRV_OK;
                  },
                  .next_page = [](void *data, drv_str next) -> drv_status {
                      static_cast<VolumeCatcher *>(data)->token = view_of(next);
                      return DRV_OK;
                  }};
    }
    VolumeCatcher(const VolumeCatcher &) = delete;
    VolumeCatcher &operator=(const VolumeCatcher &) = delete;
    [[nodiscard]] const drv_volume_sink *get() const { return &table_; }
    [[nodiscard]] const SeenVolume &only() const { return rows.at(0); }

    std::vector<SeenVolume> rows;
    std::string token;
    std::size_t stop_after = std::numeric_limits<std::size_t>::max();
    drv_status stop_with = DRV_E_STOPPED;

private:
    drv_volume_sink table_{};
};

class ConnectionCatcher {
public:
    ConnectionCatcher() {
        table_ = {.struct_size = sizeof table_,
                  .reserved = 0,
                  .data = this,
                  .emit = [](void *data, const drv_connection *row) -> drv_status {
                      auto &self = *static_cast<ConnectionCatcher *>(data);
                      self.count += 1;
                      self.protocol = row->protocol;
                      self.device = view_of(row->device);
                      self.wwid = view_of(row->wwid);
                      return DRV_OK;
                  }};
    }
    ConnectionCatcher(const ConnectionCatcher &) = delete;
    ConnectionCatcher &operator=(const ConnectionCatcher &) = delete;
    [[nodiscard]] const drv_connection_sink *get() const { return &table_; }

    int count = 0;
    std::uint32_t protocol = 0;
    std::string device, wwid;

private:
    drv_connection_sink table_{};
};

} // namespace drv::testing
