// One open backend, called through the driver's own table: every argument goes as the test gave it, right or
// wrong, and every answer comes back unjudged. Keeps the trace (which op runs), the tracker (what to destroy
// after a crash) and the model (what should exist) up to date.
#pragma once

#include "conformance/suite/answer.hpp"
#include "conformance/suite/host_shape.hpp"
#include "conformance/suite/model.hpp"
#include "conformance/suite/op_trace.hpp"
#include "conformance/suite/recorders.hpp"
#include "conformance/suite/tested_driver.hpp"
#include "conformance/suite/tracker.hpp"
#include "drover/ext/clone.h"
#include "drover/ext/extend.h"
#include "drover/ext/profiles.h"
#include "drover/ext/snapshot.h"
#include "loader/call_bridge.hpp"
#include "loader/call_context.hpp"
#include "loader/host_bridge.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace drover::conformance {

struct CreateArguments {
    std::string id;
    std::uint64_t bytes = 0;
    std::string name = {};
    std::string pool = {};
    std::string profile = {};
    std::uint64_t flags = 0;
};

struct AttachArguments {
    std::string id;
    NodeIdentity node;
    std::uint64_t flags = 0;
};

struct ListArguments {
    std::uint64_t max_entries = 0;
    std::string token = {};
    std::uint64_t flags = 0;
    std::size_t stop_after = kNeverStop;
};

struct SnapshotArguments {
    std::string volume_id;
    std::string snapshot_id;
    std::string name = {};
    std::uint64_t flags = 0;
};

// How a call is made; the defaults are the suite's.
struct CallOptions {
    std::optional<Deadline> deadline = std::nullopt; // absent: the suite's limit for one op
    std::string request_id = {};                     // empty: a new one
    CancelSource *cancel = nullptr;
    bool has_cancel_fd = true; // false: the driver gets -1 for it
};

// What an instance writes to; everything may be null.
struct Witnesses {
    OpTrace *trace = nullptr;
    Tracker *tracker = nullptr;
    Model *model = nullptr;
};

class Instance {
public:
    struct Setup {
        std::string backend = "conformance";
        std::string node_id;
        BackendSettings settings;
        std::chrono::nanoseconds op_limit{std::chrono::seconds(30)};
        HostShape shape = {};
        std::filesystem::path store_folder = {}; // of drv.store/1; empty: not offered
    };
    // `host` and what `witnesses` names must outlive the instance.
    static Result<std::unique_ptr<Instance>> open(std::shared_ptr<TestedDriver> driver, Host &host,
                                                  Setup setup, Witnesses witnesses,
                                                  const CallOptions &options = {});
    ~Instance(); // closes, unless it is a share
    Instance(const Instance &) = delete;
    Instance &operator=(const Instance &) = delete;

    // The same open backend for another thread, with witnesses of its own; this one must outlive it. Where
    // the driver asks for it (DRV_DRIVER_SERIAL) ops wait for each other, as in the agent.
    [[nodiscard]] std::unique_ptr<Instance> share(Witnesses witnesses) const;

    // What the driver logged so far, before secrets are masked.
    [[nodiscard]] std::vector<std::string> logged() const { return host_->table.logged(); }

    // Where the driver runs; 0: in this process.
    [[nodiscard]] pid_t process() const { return driver_->process_of(instance_); }

    [[nodiscard]] const void *extension(std::string_view id);
    [[nodiscard]] bool offers(std::string_view id) { return extension(id) != nullptr; }

    Answer probe(const CallOptions &options = {});
    Answer capabilities(drv_caps &caps, const CallOptions &options = {});
    // With a drv_caps as a later minor may have it.
    Answer capabilities(Shaped<drv_caps> &caps, const CallOptions &options = {});
    Answer create(const CreateArguments &arguments, const CallOptions &options = {});
    Answer destroy(std::string_view id, std::uint64_t flags = 0, const CallOptions &options = {});
    Answer attach(const AttachArguments &arguments, const CallOptions &options = {});
    Answer detach(const AttachArguments &arguments, const CallOptions &options = {});
    Answer resolve(const AttachArguments &arguments, const CallOptions &options = {});
    Answer get(std::string_view id, const CallOptions &options = {});
    Answer list(const ListArguments &arguments = {}, const CallOptions &options = {});

    // Only where the extension is offered.
    Answer snapshot_create(const SnapshotArguments &arguments, const CallOptions &options = {});
    Answer snapshot_destroy(std::string_view id, std::uint64_t flags = 0, const CallOptions &options = {});
    Answer snapshot_get(std::string_view id, const CallOptions &options = {});
    Answer snapshot_list(std::string_view volume_id, const ListArguments &arguments = {},
                         const CallOptions &options = {});
    Answer snapshot_clone(std::string_view snapshot_id, const CreateArguments &arguments,
                          const CallOptions &options = {});
    Answer snapshot_revert(std::string_view snapshot_id, std::uint64_t flags = 0,
                           const CallOptions &options = {});
    Answer clone(std::string_view source_id, const CreateArguments &arguments,
                 const CallOptions &options = {});
    Answer extend(std::string_view id, std::uint64_t bytes, std::uint64_t flags = 0,
                  const CallOptions &options = {});
    Answer profiles(std::size_t stop_after = kNeverStop, const CallOptions &options = {});

private:
    friend class ExtensionCalls; // the calls of further extensions: extension_calls.hpp

    // What lives from before open until close has returned.
    struct OpenHost {
        OpenHost(Host &host, HostBridge::Identity identity, BackendSettings settings,
                 std::vector<ConfigKey> declared, const HostShape &shape)
            : bridge(host, std::move(identity), std::move(settings), std::move(declared)),
              table(bridge, shape) {}
        HostBridge bridge;
        ShapedHost table;
        std::mutex serial;
        std::atomic<std::uint64_t> calls{0}; // no two requests to one backend have the same id
    };
    Instance(std::shared_ptr<TestedDriver> driver, std::shared_ptr<OpenHost> host, drv_instance *instance,
             Witnesses witnesses, std::chrono::nanoseconds op_limit, const HostShape &shape);

    // Everything around one call: the drv_call, the trace, the time, what fail() said.
    template <typename Body>
    Answer run(std::string_view op, std::string_view subject, const CallOptions &options, const Body &body);
    // `make` is given the request and the sink: create and the two clones.
    template <typename Make>
    Answer make_volume(std::string_view op, const CreateArguments &arguments, const CallOptions &options,
                       const Make &make);
    template <typename Table>
    const Table &table(std::string_view id);
    void track(TrackedKind kind, std::string_view id, std::string_view node = {}) const;
    void untrack(TrackedKind kind, std::string_view id, std::string_view node = {}) const;
    void note_made(TrackedKind kind, const std::string &id, const Answer &answer, bool was_there) const;
    void note_destroyed(TrackedKind kind, std::string_view id, std::uint64_t flags, const Answer &answer);

    std::shared_ptr<TestedDriver> driver_;
    std::shared_ptr<OpenHost> host_;
    drv_instance *instance_;
    Witnesses to_;
    std::chrono::nanoseconds op_limit_;
    HostShape shape_;
    bool is_share_ = false;
};

} // namespace drover::conformance
