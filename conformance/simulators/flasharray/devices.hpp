// The array's volumes as files and LUNs. A call notes down what is to be done to them while it changes the
// objects; it is done when the call has succeeded, before it is answered.
#pragma once

#include "conformance/simulators/flasharray/objects.hpp"
#include "conformance/simulators/frame/data_plane.hpp"
#include "conformance/simulators/frame/volume_files.hpp"

namespace drover::sim::flasharray {

class Devices {
public:
    // Both outlive it.
    Devices(DataPlane &plane, const VolumeFiles &files) : plane_(plane), files_(files) {}

    Result<void> make(const Volume &volume);
    // `to` becomes a copy of `from` as it is now; in place when it was there before.
    Result<void> copy(const Volume &from, const Volume &to);
    Result<void> resize(const Volume &volume);
    Result<void> erase(const Volume &volume);
    Result<void> set_host(const Host &host);
    Result<void> remove_host(const Host &host);
    Result<void> connect(const Host &host, const Volume &volume, unsigned lun);
    Result<void> disconnect(const Host &host, const Volume &volume, unsigned lun);
    // What is really stored of it.
    [[nodiscard]] std::uint64_t used_bytes(const Volume &volume) const {
        return files_.used_bytes(volume.serial);
    }

private:
    [[nodiscard]] DataVolume data(const Volume &volume) const;

    DataPlane &plane_;
    const VolumeFiles &files_;
};

} // namespace drover::sim::flasharray
