// The text of an open-iscsi node record. It is edited as a file and not by `iscsiadm -o update -v`, since
// every user of the node can read a program's arguments, and some values are secrets.
//
// A record that this agent made, or changed, says so in a comment; so it is known, also after a crash, what
// may be deleted, and what must be put back as it was.
#pragma once

#include "loader/base/secret_text.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drover::connect {

enum class RecordOwner {
    nobody, // an administrator's, or another program's
    made,   // ours from its first line on
    lent,   // somebody's, with our settings in the place of theirs
};

RecordOwner owner_of_record(std::string_view text) noexcept;

// The value of a setting; nothing when it is not set.
std::optional<std::string> record_value(std::string_view text, std::string_view name);

// What a session of ours needs.
struct NodeSettings {
    std::string chap_user; // empty: no CHAP
    SecretText chap_secret;
    std::string mutual_user; // empty: the target does not prove itself
    SecretText mutual_secret;
    bool has_other_paths = true; // a multipath map takes over when this session stops
    std::string initiator;       // the name to log in with; empty: this node's own
};

// The record with our settings. `is_new`: it was made for us just now. A record that is ours already stays
// ours; what a lent one was before is kept in it.
SecretText with_settings(std::string_view text, const NodeSettings &settings, bool is_new);

// A lent record as it was.
SecretText as_it_was(std::string_view text);

} // namespace drover::connect
