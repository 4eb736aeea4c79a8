// A backend whose driver runs in a process of its own, behind the ABI's own table: to InProcessDriver it is a
// driver like any other. Starts the process when a call needs it, opens the backend in it, and does both
// again after the process died.
#pragma once

#include "drover/abi/driver.h"
#include "loader/base/error.hpp"
#include "loader/isolated.hpp"
#include "loader/isolated/driver_process.hpp"
#include "loader/isolated/lane_call.hpp"
#include "loader/isolated/restart_policy.hpp"
#include "loader/wire/opening.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace drover {

// The table whose drv_instance is a RemoteInstance. Its `open` is never to be called: open() below makes one.
const drv_driver_v1 &remote_driver_table() noexcept;

class RemoteInstance {
public:
    // `first` may be null. `keys` are the driver's; `store_folder` is that of OpenRequest.
    RemoteInstance(std::filesystem::path driver, IsolationOptions options, std::vector<ConfigKey> keys,
                   std::shared_ptr<DriverProcess> first, std::filesystem::path store_folder);
    ~RemoteInstance();
    RemoteInstance(const RemoteInstance &) = delete;
    RemoteInstance &operator=(const RemoteInstance &) = delete;

    // As drv_driver_v1.open; `host` must outlive the instance.
    drv_status open(const drv_host_v1 *host, const drv_call *call);
    void close();
    [[nodiscard]] bool offers(std::string_view extension) const noexcept;

    // Runs an op: `write` adds its arguments to the frame. What goes wrong on the way is told by the call's
    // fail.
    template <typename Write>
    drv_status run(wire::WireOp op, const drv_call *call, RowTargets targets, const Write &write) noexcept {
        try {
            auto process = ready_process(call);
            if (!process)
                return report(call, process.error());
            return exchange(**process, op, call, call, targets, [&](wire::FrameWriter &to) { write(to); });
        } catch (...) {
            return report_exception(call, op);
        }
    }

    // For tests that end it.
    [[nodiscard]] pid_t pid();

    [[nodiscard]] drv_instance *as_instance() noexcept { return reinterpret_cast<drv_instance *>(this); }
    static RemoteInstance &of(drv_instance *instance) noexcept {
        return *reinterpret_cast<RemoteInstance *>(instance);
    }

private:
    // Ends the turn of the thread that starts the process.
    class Turn {
    public:
        explicit Turn(RemoteInstance &instance) noexcept : instance_(instance) {}
        ~Turn();
        Turn(const Turn &) = delete;
        Turn &operator=(const Turn &) = delete;

    private:
        RemoteInstance &instance_;
    };
    using WriteArguments = std::function<void(wire::FrameWriter &)>;

    Result<std::shared_ptr<DriverProcess>> ready_process(const drv_call *call);
    Result<std::shared_ptr<DriverProcess>> start(const drv_call *call);
    drv_status exchange(DriverProcess &process, wire::WireOp op, const drv_call *call, const drv_call *waits,
                        RowTargets targets, const WriteArguments &write);
    void note_failure(const Error &error);
    Error gone(DriverProcess &process, wire::WireOp op, bool was_sent);
    [[nodiscard]] wire::LogLevels log_levels() const noexcept;
    [[nodiscard]] wire::OpenArguments open_arguments() const;
    static drv_status report(const drv_call *call, const Error &error) noexcept;
    static drv_status report_exception(const drv_call *call, wire::WireOp op) noexcept;

    const std::filesystem::path driver_;
    const IsolationOptions options_;
    const std::vector<ConfigKey> keys_;
    const std::filesystem::path store_folder_;
    const drv_host_v1 *host_ = nullptr;
    std::vector<std::string> extensions_; // of the first open

    std::shared_ptr<DriverProcess> first_; // of whose turn it is to start
    std::mutex mutex_;                     // guards what follows
    std::condition_variable started_;
    bool is_starting_ = false;
    std::shared_ptr<DriverProcess> process_;
    RestartPolicy policy_;
    Error last_error_;                     // of the last failed start or early end
    bool counted_failure_ = false;         // of the process that is there
    std::atomic<bool> is_suspect_ = false; // there was a failure since the last answer
};

} // namespace drover
