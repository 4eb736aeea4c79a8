// Drivers in processes of their own: the same Driver to whoever uses it. What the driver does wrong (crash,
// hang, leak, close what is not its own) costs its own calls, which end with Code::gone; nothing of its code
// is ever in this process. The process is started again by the next call.
//
// A call that has not ended some time (`grace`) after its deadline or its cancellation costs the process too:
// the other calls in flight then end with Code::gone as well.
#pragma once

#include "loader/account.hpp"
#include "loader/open.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

namespace drover {

// The process as another user than root, who has no right to devices and to what root alone may do. Only root
// can start one.
struct RunAs {
    Account account;
    // Where drv.store/1 keeps what the driver keeps for the one backend that is opened with these options, in
    // place of OpenRequest::store_folder: made and given to the account at every start of the process. Empty:
    // there is no store.
    std::filesystem::path store_folder;
};

struct IsolationOptions {
    std::filesystem::path program = beside_this_program(); // drover-driver-host
    std::chrono::nanoseconds grace = std::chrono::seconds(5);
    // A process that ends before its first good answer may be started so often at once; then pauses grow
    // from the first to the longest, and calls fail meanwhile.
    unsigned quick_starts = 4;
    std::chrono::nanoseconds first_pause = std::chrono::milliseconds(250);
    std::chrono::nanoseconds longest_pause = std::chrono::seconds(60);
    // Looks at the file before every start of a process of it, also of one that takes the place of one that
    // died: a file that was put there since is one that nobody has looked at. An error is told to the call
    // that wanted the process. Null: whatever passes the checks of Catalog::find. From any thread.
    std::function<Result<void>(const std::filesystem::path &file)> may_start = nullptr;
    std::optional<RunAs> run_as = std::nullopt; // absent: as the agent itself

    // drover-driver-host in the folder of the running program.
    static std::filesystem::path beside_this_program();
};

// A driver file as its own process described it. The process waits for the first open.
class IsolatedLibrary;

// Starts the process, which loads the file with the same checks as Catalog::load_file. `file` must be
// absolute; Catalog::find gives it. Blocks until the deadline of the call.
Result<std::shared_ptr<IsolatedLibrary>> load_isolated(std::filesystem::path file, IsolationOptions options,
                                                       const CallContext &call);
const DriverDescription &description(const IsolatedLibrary &library) noexcept;

// As open_in_process. The library may be opened several times; each backend has a process of its own.
Result<std::unique_ptr<Driver>> open_isolated(const std::shared_ptr<IsolatedLibrary> &library,
                                              OpenRequest request, Host &host, const CallContext &call);

} // namespace drover
