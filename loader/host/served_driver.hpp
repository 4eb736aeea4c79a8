// The driver in its own process: opened once, called from every lane, closed once. Calls of its table go
// through here; what they emit goes to a RowStream.
#pragma once

#include "loader/call_bridge.hpp"
#include "loader/extensions.hpp"
#include "loader/host/control_line.hpp"
#include "loader/host/row_stream.hpp"
#include "loader/host_bridge.hpp"
#include "loader/library.hpp"
#include "loader/wire/opening.hpp"

#include <memory>
#include <optional>
#include <shared_mutex>

namespace drover::host {

class ServedDriver {
public:
    // `control` must outlive it.
    ServedDriver(std::shared_ptr<DriverLibrary> library, ControlLine &control)
        : library_(std::move(library)), control_(control) {}
    ServedDriver(const ServedDriver &) = delete;
    ServedDriver &operator=(const ServedDriver &) = delete;

    // Runs the op on this thread and says what it returned. Rows and the extensions that open found are in
    // `rows`. `fields` are those of the call's frame.
    drv_status run(const wire::CallArguments &arguments, std::string_view fields, CallBridge &call,
                   RowStream &rows);

private:
    drv_status open(std::string_view fields, CallBridge &call, RowStream &rows);
    drv_status close();
    drv_status run_op(const wire::CallArguments &arguments, const drv_call *call, RowStream &rows);
    static drv_status refuse(const drv_call *call, drv_status code, const std::string &message);
    // In served_extensions.cpp.
    drv_status run_extension(const wire::CallArguments &arguments, const drv_call *call, RowStream &rows);

    std::shared_ptr<DriverLibrary> library_;
    ControlLine &control_;
    std::shared_mutex mutex_; // shared by ops; open and close have it alone
    std::unique_ptr<HostBridge> host_;
    drv_instance *instance_ = nullptr;
    std::optional<ExtensionCache> extensions_;
};

} // namespace drover::host
