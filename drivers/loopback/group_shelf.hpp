// The folder of groups and group snapshots, one file each, and the two changes of a group snapshot that many
// files take part in. Files of the one with key K:
//
//   K.json       the group, or group snapshot: it exists exactly as long as this file does
//   K.making     a group snapshot whose members are being written. Renamed to .json when all are there: in
//                that moment they all come to be (Shelf shows no member of one that does not exist)
//   K.deleting   a group snapshot that is gone, with its members, and whose files are still to be removed
//   *.tmp        a file being written
//
// Callers hold the lock of K for everything that changes something, and for the last two also those of the
// members.
#pragma once

#include "files.hpp"
#include "locks.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace loopback {

enum class GroupKind { group, snapshot };

struct GroupRecord {
    GroupKind kind = GroupKind::group;
    std::string id;
    std::string name;
    std::string backend_id;
    std::string parent;               // of a group snapshot: the group's id
    std::vector<std::string> members; // sorted: volume ids; of a group snapshot the ids its snapshots had
    std::uint64_t created_unix_ns = 0;
    friend bool operator==(const GroupRecord &, const GroupRecord &) = default;
};

inline constexpr std::size_t kMaxGroupMembers = 1000;
inline constexpr std::size_t kMaxGroupBytes = 4U << 20U;

[[nodiscard]] std::string to_json(const GroupRecord &record);
// The record, or what is wrong with the text, as the end of a sentence.
[[nodiscard]] std::variant<GroupRecord, std::string> group_from_json(std::string_view text);

class GroupShelf {
public:
    GroupShelf(int root, const std::string &root_path);

    [[nodiscard]] static std::string lock_name(std::string_view key);

    // Sorted.
    [[nodiscard]] std::vector<std::string> keys() const;
    // Nothing: no such group. Throws CONFLICT for a file that is damaged.
    [[nodiscard]] std::optional<GroupRecord> load(const std::string &key) const;
    // Cheap.
    [[nodiscard]] bool is_there(std::string_view key) const;

    void store(const std::string &key, const GroupRecord &record) const;
    void remove(const std::string &key) const;

    // A group snapshot: begin, write the members, finish.
    void begin_making(const std::string &key, const GroupRecord &record) const;
    void finish_making(const std::string &key) const;
    // From here on it is gone, with its members.
    void begin_removal(const std::string &key) const;
    // What was begun and not finished: its members are to be removed, then it.
    [[nodiscard]] std::optional<GroupRecord> leftover(const std::string &key) const;
    void drop_leftover(const std::string &key) const;
    // Keys with a leftover. Removes files that were being written, as far as nobody is at work there.
    [[nodiscard]] std::vector<std::string> sweep(const Locks &locks) const;

private:
    [[nodiscard]] std::optional<GroupRecord> read(const std::string &file, const std::string &key) const;
    void rename(const std::string &from, const std::string &to) const;

    Fd folder_;
    std::string path_;
};

} // namespace loopback
