#include "conformance/simulators/flasharray/devices.hpp"

#include <fmt/format.h>

#include <system_error>

namespace drover::sim::flasharray {

namespace {

DataHost data(const Host &host) {
    return {.id = fmt::format("host-{}", host.id),
            .name = host.name,
            .iqns = host.iqns,
            .wwns = host.wwns,
            .nqns = host.nqns,
            .chap = {.user = host.host_user,
                     .password = host.host_password,
                     .target_user = host.target_user,
                     .target_secret = host.target_password}};
}

} // namespace

DataVolume Devices::data(const Volume &volume) const {
    return {.serial = volume.serial, .file = files_.file_of(volume.serial), .bytes = volume.size};
}

Result<void> Devices::make(const Volume &volume) {
    return files_.make(volume.serial, volume.size);
}

Result<void> Devices::copy(const Volume &from, const Volume &to) {
    std::error_code error;
    const bool is_new = !std::filesystem::exists(files_.file_of(to.serial), error);
    if (is_new) {
        return plane_.settle(data(from)).and_then([&] {
            return files_.copy(from.serial, to.serial, to.size);
        });
    }
    return plane_.settle(data(from))
        .and_then([&] { return plane_.replacing_content(data(to)); })
        .and_then([&] { return files_.copy(from.serial, to.serial, to.size); })
        .and_then([&] { return plane_.resized(data(to)); })
        .and_then([&] { return plane_.content_replaced(data(to)); });
}

Result<void> Devices::resize(const Volume &volume) {
    return files_.resize(volume.serial, volume.size).and_then([&] { return plane_.resized(data(volume)); });
}

Result<void> Devices::erase(const Volume &volume) {
    return plane_.forget_volume(data(volume)).and_then([&] { return files_.remove(volume.serial); });
}

Result<void> Devices::set_host(const Host &host) {
    return plane_.set_host(flasharray::data(host));
}

Result<void> Devices::remove_host(const Host &host) {
    return plane_.remove_host(flasharray::data(host).id);
}

Result<void> Devices::connect(const Host &host, const Volume &volume, unsigned lun) {
    return plane_.connect(flasharray::data(host), data(volume), lun);
}

Result<void> Devices::disconnect(const Host &host, const Volume &volume, unsigned lun) {
    return plane_.disconnect(flasharray::data(host), data(volume), lun);
}

} // namespace drover::sim::flasharray
