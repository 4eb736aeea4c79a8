// One open backend, called through the driver's own table: every argument goes as the test gave it, right or
// wrong, and every answer comes back unjudged. Keeps the trace (which op runs), the tracker (what to destroy
// after a crash) and the model (what should exist) up to date.
#pragma once

#include "conformance/suite/answer.hpp"
#include "conformance/suite/model.hpp"
#include "conformance/suite/op_trace.hpp"
#include "conformance/suite/recorders.hpp"
#include "conformance/suite/tracker.hpp"
#include "drover/ext/clone.h"
#include "drover/ext/extend.h"
#include "drover/ext/profiles.h"
#include "drover/ext/snapshot.h"
#include "loader/call_bridge.hpp"
#include "loader/call_context.hpp"
#include "loader/host_bridge.hpp"
#include "loader/library.hpp"

#include <memory>
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
    };
    // `host` and what `witnesses` names must outlive the instance.
    static Result<std::unique_ptr<Instance>> open(std::shared_ptr<DriverLibrary> library, Host &host,
                                                  Setup setup, Witnesses witnesses,
                                                  const CallOptions &options = {});
    ~Instance(); // closes
    Instance(const Instance &) = delete;
    Instance &operator=(const Instance &) = delete;

    [[nodiscard]] const void *extension(std::string_view id);
    [[nodiscard]] bool offers(std::string_view id) { return extension(id) != nullptr; }

    Answer probe(const CallOptions &options = {});
    Answer capabilities(drv_caps &caps, const CallOptions &options = {});
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

    Instance(std::shared_ptr<DriverLibrary> library, std::unique_ptr<HostBridge> host, drv_instance *instance,
             Witnesses witnesses, std::chrono::nanoseconds op_limit);

    // Everything around one call: the drv_call, the trace, the time, what fail() said.
    template <typename Body>
    Answer run(std::string_view op, std::string_view subject, const CallOptions &options, const Body &body);
    // `make` is given the request and the sink: create and the two clones.
    template <typename Make>
    Answer make_volume(std::string_view op, const CreateArguments &arguments, const CallOptions &options,
                       const Make &make);
    template <typename Table>
    const Table &table(std::string_view id);
    void track(TrackedKind kind, std::string_view id, std::string_view node = {});
    void untrack(TrackedKind kind, std::string_view id, std::string_view node = {});
    void note_made(TrackedKind kind, const std::string &id, const Answer &answer, bool was_there);
    void note_destroyed(TrackedKind kind, std::string_view id, std::uint64_t flags, const Answer &answer);

    std::shared_ptr<DriverLibrary> library_;
    std::unique_ptr<HostBridge> host_;
    drv_instance *instance_;
    Witnesses to_;
    std::chrono::nanoseconds op_limit_;
    std::uint64_t calls_ = 0;
};

} // namespace drover::conformance
