#include "core/plan/classify.hpp"

namespace drover::plan {

namespace {

Discovered classify_content(const Observation &seen, const Records &records) noexcept {
    switch (seen.content) {
    case Content::not_probed:
    case Content::unreadable:
        return Discovered::unknown;
    case Content::blank:
        // Blank although it carried data once: something is wrong with the device, not with the records.
        return records.format == Format::never || records.format == Format::started
                   ? Discovered::here_blank
                   : Discovered::here_suspect;
    case Content::expected:
        return records.format == Format::done || records.format == Format::inherited
                   ? Discovered::here_fs
                   : Discovered::here_suspect;
    case Content::foreign:
        return Discovered::here_suspect;
    }
    return Discovered::unknown;
}

} // namespace

Discovered classify(const Observation &seen, const Records &records) noexcept {
    if (!records.current || seen.backend == Presence::unknown || seen.mount == MountSeen::unknown) {
        return Discovered::unknown;
    }
    if (seen.backend == Presence::absent) {
        if (records.intent)
            return Discovered::intent;
        if (records.owned)
            return Discovered::lost;
        return Discovered::absent;
    }
    if (records.intent)
        return Discovered::intent;
    if (!records.owned)
        return Discovered::unclaimed;
    if (!seen.backend_matches_owner)
        return Discovered::duplicate;
    if (seen.attachment == Attachment::unknown)
        return Discovered::unknown;
    if (seen.mount != MountSeen::none && (seen.attachment != Attachment::here || !records.grant)) {
        return Discovered::stale_here;
    }
    if (seen.attachment == Attachment::here && !records.grant) {
        // Somebody else may use it now. A device that is left is ours to take away; the rest is not for us to
        // say.
        const bool is_left = seen.device == DeviceSeen::ready || seen.device == DeviceSeen::too_small ||
                             seen.device == DeviceSeen::wrong;
        return is_left ? Discovered::stale_here : Discovered::unknown;
    }
    switch (seen.attachment) {
    case Attachment::nowhere:
        return Discovered::detached;
    case Attachment::elsewhere:
        return seen.holder_is_fenced ? Discovered::elsewhere_fenced : Discovered::elsewhere;
    case Attachment::here:
    case Attachment::unknown:
        break;
    }
    switch (seen.device) {
    case DeviceSeen::not_looked:
        return Discovered::unknown;
    case DeviceSeen::missing:
    case DeviceSeen::wrong:
        return seen.mount == MountSeen::none ? Discovered::here_nodev : Discovered::mounted_wrong;
    case DeviceSeen::too_small:
        // Its users see nothing of it; only a new mount waits for the rest of the device.
        if (seen.mount == MountSeen::none)
            return Discovered::here_nodev;
        break;
    case DeviceSeen::ready:
        break;
    }
    switch (seen.mount) {
    case MountSeen::right:
        return Discovered::mounted;
    case MountSeen::wrong:
        return Discovered::mounted_wrong;
    case MountSeen::none:
    case MountSeen::unknown:
        break;
    }
    return classify_content(seen, records);
}

} // namespace drover::plan
