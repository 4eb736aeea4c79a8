#include "conformance/simulators/frame/lio/backstore.hpp"

#include "conformance/simulators/frame/lio/configfs.hpp"
#include "conformance/simulators/frame/lio/loop_device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>

namespace drover::sim {
namespace fs = std::filesystem;
namespace {

// FNV-1a: the same in every run, which std::hash does not promise.
std::uint32_t number_of(std::string_view text) noexcept {
    std::uint32_t hash = 2166136261U;
    for (const char letter : text)
        hash = (hash ^ static_cast<unsigned char>(letter)) * 16777619U;
    return hash;
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return text;
}

} // namespace

Backstores::Backstores(std::string_view owner, DataIdentity identity)
    // Administrators number theirs from 0.
    : group_(configfs::target_root() / "core" /
             fmt::format("iblock_{}", 1000000U + number_of(owner) % 1000000000U)),
      identity_(std::move(identity)) {}

fs::path Backstores::folder_of(const std::string &serial) const {
    return group_ / ("drover-" + lower(serial));
}

Result<fs::path> Backstores::provide(const DataVolume &volume) {
    const auto folder = folder_of(volume.serial);
    if (devices_.contains(volume.serial))
        return folder;
    auto device = loop_device::attach(volume.file);
    if (!device)
        return device;
    devices_.emplace(volume.serial, *device);
    if (auto made = configure(folder, volume, *device); !made) {
        static_cast<void>(withdraw(volume.serial));
        return fail(std::move(made).error());
    }
    return folder;
}

Result<void> Backstores::configure(const fs::path &folder, const DataVolume &volume,
                                   const fs::path &device) const {
    if (auto made = configfs::make_folder(folder); !made)
        return made;
    // The kernel makes the designator of page 0x83 of a 6 (the form), the company, and the digits of this
    // "serial".
    if (identity_.naa_prefix.size() < 7 || identity_.naa_prefix.front() != '6') {
        return fail(Code::invalid,
                    fmt::format("the array's NAA prefix \"{}\" must be a 6 and a company's six digits",
                                identity_.naa_prefix));
    }
    const auto company = "0x" + identity_.naa_prefix.substr(1, 6);
    const auto digits = identity_.naa_prefix.substr(7) + lower(volume.serial);
    const std::pair<const char *, std::string> values[] = {{"control", "udev_path=" + device.string()},
                                                           {"wwn/company_id", company},
                                                           {"wwn/vendor_id", identity_.vendor},
                                                           {"wwn/product_id", identity_.product},
                                                           {"wwn/vpd_unit_serial", digits},
                                                           {"enable", "1"}};
    for (const auto &[file, value] : values) {
        if (auto written = configfs::write(folder / file, value); !written)
            return written;
    }
    // What a thin array does. Not every kernel lets a device say so.
    configfs::try_write(folder / "attrib/emulate_tpu", "1");
    return {};
}

Result<void> Backstores::withdraw(const std::string &serial) {
    if (auto removed = configfs::remove_folder(folder_of(serial)); !removed)
        return removed;
    const auto known = devices_.find(serial);
    if (known == devices_.end())
        return {};
    if (auto detached = loop_device::detach(known->second); !detached)
        return detached;
    devices_.erase(known);
    if (devices_.empty())
        return configfs::remove_folder(group_);
    return {};
}

Result<void> Backstores::take_new_size(const std::string &serial) const {
    const auto known = devices_.find(serial);
    return known == devices_.end() ? Result<void>() : loop_device::take_new_size(known->second);
}

Result<void> Backstores::drop_cache(const std::string &serial) const {
    const auto known = devices_.find(serial);
    return known == devices_.end() ? Result<void>() : loop_device::drop_cache(known->second);
}

Result<void> Backstores::withdraw_all() {
    Result<void> result;
    for (const auto &name : configfs::names_in(group_)) {
        if (!name.starts_with("drover-"))
            continue;
        if (auto removed = configfs::remove_folder(group_ / name); !removed)
            result = std::move(removed);
    }
    for (const auto &[serial, device] : devices_) {
        if (auto detached = loop_device::detach(device); !detached)
            result = std::move(detached);
    }
    devices_.clear();
    if (auto removed = configfs::remove_folder(group_); !removed && result)
        result = std::move(removed);
    return result;
}

} // namespace drover::sim
