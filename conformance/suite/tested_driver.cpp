#include "conformance/suite/tested_driver.hpp"

#include "loader/invoke.hpp"
#include "loader/isolated/isolated_library.hpp"

namespace drover::conformance {
namespace {

constexpr std::chrono::seconds kLoadLimit{20};

} // namespace

Result<std::shared_ptr<TestedDriver>> TestedDriver::load(const std::filesystem::path &file,
                                                         bool is_isolated) {
    auto made = std::make_shared<TestedDriver>();
    if (is_isolated) {
        auto loaded = load_isolated(file, {}, {.deadline = Deadline::after(kLoadLimit)});
        if (!loaded)
            return drover::fail(std::move(loaded).error());
        made->isolated_ = std::move(*loaded);
    } else {
        auto loaded = DriverLibrary::load(file);
        if (!loaded)
            return drover::fail(std::move(loaded).error());
        made->library_ = std::move(*loaded);
    }
    return made;
}

const drv_driver_v1 &TestedDriver::table() const noexcept {
    return isolated_ ? remote_driver_table() : library_->descriptor();
}

const DriverDescription &TestedDriver::description() const noexcept {
    return isolated_ ? isolated_->description() : library_->description();
}

drv_status TestedDriver::open(const drv_host_v1 *host, const drv_call *call,
                              const std::filesystem::path &store_folder, drv_instance **out) const {
    if (!isolated_)
        return invoke(table().open, host, call, out);
    auto instance = isolated_->make_instance(store_folder);
    const drv_status status = instance->open(host, call);
    if (status == DRV_OK)
        *out = instance.release()->as_instance();
    return status;
}

pid_t TestedDriver::process_of(drv_instance *instance) const {
    return isolated_ ? RemoteInstance::of(instance).pid() : 0;
}

} // namespace drover::conformance
