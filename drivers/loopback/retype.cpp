// Another profile for a volume that keeps its data, its size and its device.
//
// What the new profile promises is made true before the metadata says so: discards are refused first, so that
// nothing gives back what is then reserved. A crash on the way leaves the old profile, with more space taken
// than it needs; the same retype again goes on. Space that is no longer promised is given back after the
// metadata is written, and only while nobody can write.
#include "driver.hpp"
#include "names.hpp"
#include "reservation.hpp"

#include <algorithm>
#include <fcntl.h>

namespace loopback {
namespace {

using drv::Code;
using drv::Error;

} // namespace

// Only space is at stake, and the next retype tries again.
void Loopback::try_to_give_back(int image, const Object &volume) const {
    try {
        give_back_unwritten(image, volume.image_bytes);
    } catch (const Error &error) {
        host_.warn("volume " + quoted(volume.metadata.id) +
                   " keeps space it does not need: " + error.message);
    }
}

drv::Volume Loopback::retype(drv::Call &call, const drv::RetypeRequest &request) {
    refuse_unknown_shape(request.profile, request.pool);
    const std::string key = key_of(request.id);
    const Fd lock = locks_.lock(call, {{volumes_.lock_name(key)}}, "volume " + quoted(request.id));
    Object volume = sound(volumes_, request.id);
    if (request.profile.empty())
        return to_volume(std::move(volume), key);
    Metadata after = volume.metadata;
    after.profile = request.profile;
    const Space wanted = space_of(after.profile);
    const Space had = space_of(volume.metadata.profile);
    const bool is_change = after.profile != volume.metadata.profile;

    if (!volume.metadata.attachment)
        drop_strays(call, volume);
    const auto loops = find_loops(volume.metadata.image, volume.file);
    if (is_change && wanted == Space::returned &&
        std::any_of(loops.begin(), loops.end(),
                    [](const BoundLoop &loop) { return refuses_discards(loop.path); })) {
        throw Error(Code::conflict, "volume " + quoted(request.id) + " cannot become " +
                                        quoted(request.profile) + " while it is attached: its device " +
                                        loops.front().path +
                                        " refuses discards until it is detached; detach the volume first");
    }
    const Fd image = volumes_.open_image(volume.metadata, O_RDWR);
    if (is_change && wanted == Space::reserved) {
        if (!request.may_migrate && has_shared_blocks(image.get())) {
            throw Error(Code::conflict, "volume " + quoted(request.id) +
                                            " shares blocks with a snapshot or a clone; to become " +
                                            quoted(request.profile) +
                                            " they must be copied, which this retype may not");
        }
    }
    if (wanted != Space::returned) {
        for (const BoundLoop &loop : loops)
            refuse_discards(loop.path);
    }
    if (is_change) {
        if (wanted == Space::reserved) {
            try {
                reserve_all(call, image.get(), volume.image_bytes);
            } catch (...) {
                if (loops.empty() && had != Space::reserved)
                    try_to_give_back(image.get(), volume);
                throw;
            }
            flush(image.get(), volumes_.path_of(volume.metadata));
        }
        volumes_.store(key, after);
    }
    // Also when it has that profile already: the step that was not reached last time may be this one.
    if (wanted != Space::reserved && loops.empty())
        try_to_give_back(image.get(), volume);
    return to_volume(sound(volumes_, request.id), key);
}

} // namespace loopback
