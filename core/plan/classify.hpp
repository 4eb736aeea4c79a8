// From single observations to one of the sixteen states. Pure: the same input gives the same answer, and
// doubt gives `unknown`.
#pragma once

#include "core/plan/state.hpp"

namespace drover::plan {

enum class Presence { unknown, absent, present };
enum class Attachment { unknown, nowhere, here, elsewhere };
// too_small: it is the volume's, by its identity, but has fewer bytes than the backend says: a growth has not
// reached it yet.
enum class DeviceSeen { not_looked, missing, wrong, too_small, ready };
enum class Content { not_probed, unreadable, blank, expected, foreign };
enum class MountSeen { unknown, none, right, wrong };

// What was seen. Every field starts at "do not know".
struct Observation {
    Presence backend = Presence::unknown; // by `get`, never by a list
    bool backend_matches_owner =
        true; // its backend id is the one we own; meaningless unless present and owned
    Attachment attachment = Attachment::unknown;
    bool holder_is_fenced = false; // evidence for exactly the attachment seen
    DeviceSeen device = DeviceSeen::not_looked;
    Content content = Content::not_probed;
    bool content_has_our_uuid = false; // the filesystem carries the uuid that we chose
    MountSeen mount = MountSeen::unknown;
};

// What the records say.
struct Records {
    bool current = true; // they are the newest there are (a control service may be out of reach)
    bool known = false;  // there is a record for it
    bool intent = false; // a create or clone is in flight
    bool owned = false;  // the owner was written
    bool grant = true;   // this node may attach and mount it now
    Format format = Format::never;
};

[[nodiscard]] Discovered classify(const Observation &seen, const Records &records) noexcept;

} // namespace drover::plan
