// A driver file whose process has said what it is; see load_isolated. Gives instances for the ABI's table
// over the wire (remote_driver_table): InProcessDriver stands on one, and so does the conformance suite.
#pragma once

#include "loader/isolated.hpp"
#include "loader/isolated/remote_instance.hpp"

#include <memory>
#include <mutex>
#include <utility>

namespace drover {

class IsolatedLibrary {
public:
    IsolatedLibrary(std::filesystem::path file, IsolationOptions options,
                    std::shared_ptr<DriverProcess> process)
        : file_(std::move(file)), options_(std::move(options)), description_(process->description()),
          process_(std::move(process)) {}
    ~IsolatedLibrary() {
        if (process_)
            process_->kill("no backend was opened in it");
    }
    IsolatedLibrary(const IsolatedLibrary &) = delete;
    IsolatedLibrary &operator=(const IsolatedLibrary &) = delete;

    [[nodiscard]] const DriverDescription &description() const noexcept { return description_; }
    // One that open() has still to open; the folder is that of OpenRequest. Any thread.
    [[nodiscard]] std::unique_ptr<RemoteInstance> make_instance(std::filesystem::path store_folder = {}) {
        const std::lock_guard lock(mutex_);
        return std::make_unique<RemoteInstance>(file_, options_, description_.config_keys,
                                                std::exchange(process_, nullptr), std::move(store_folder));
    }

private:
    const std::filesystem::path file_;
    const IsolationOptions options_;
    const DriverDescription description_;
    std::mutex mutex_;
    std::shared_ptr<DriverProcess> process_; // until the first open
};

} // namespace drover
