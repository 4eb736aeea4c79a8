#include "core/volume/names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace drover {

namespace {
bool is_alnum(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

} // namespace

std::string shown_name(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, 64))
        out += c >= 0x20 && c < 0x7f ? c : '?';
    if (text.size() > 64)
        out += "...";
    return out;
}

Result<void> check_name(std::string_view name, std::string_view what) {
    const bool good = !name.empty() && name.size() <= 255 && is_alnum(name.front()) &&
                      std::all_of(name.begin(), name.end(),
                                  [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
    if (good)
        return {};
    return fail(Code::invalid, fmt::format("\"{}\" is no {} name: use letters, digits, '_', '.' and '-', "
                                           "beginning with a letter or digit, at most 255 in all",
                                           shown_name(name), what));
}

Result<Journal::VolumePtr> find_volume(const Journal &journal, const VolumeRef &ref) {
    // Ids first: no name looks like one, but for a volume's own.
    auto record = journal.volume(ref.name_or_id);
    if (!record)
        record = journal.volume_named(ref.name_or_id);
    if (!record)
        return fail(Code::not_found, fmt::format("no such volume: {}", shown_name(ref.name_or_id)));
    if (!ref.backend.empty() && record->backend != ref.backend) {
        return fail(Code::not_found,
                    fmt::format("no such volume: {} (on backend {}; there is one on backend {})",
                                shown_name(ref.name_or_id), ref.backend, record->backend));
    }
    return record;
}

Result<Journal::SnapshotPtr> find_snapshot(const Journal &journal, const std::string &snapshot,
                                           const std::optional<VolumeRef> &of) {
    std::string volume_id;
    if (of) {
        auto volume = find_volume(journal, *of);
        if (!volume)
            return fail(std::move(volume).error());
        volume_id = (*volume)->id;
    }
    if (auto record = journal.snapshot(snapshot);
        record && (volume_id.empty() || record->volume_id == volume_id))
        return record;
    Journal::SnapshotPtr found;
    for (const auto &row : volume_id.empty() ? journal.snapshots() : journal.snapshots_of(volume_id)) {
        if (row->name != snapshot)
            continue;
        if (found) {
            return fail(
                Code::invalid,
                fmt::format(
                    "several volumes have a snapshot called {}: name the volume, or use the snapshot's id",
                    shown_name(snapshot)));
        }
        found = row;
    }
    if (!found) {
        return fail(Code::not_found, of ? fmt::format("no such snapshot of volume {}: {}",
                                                      shown_name(of->name_or_id), shown_name(snapshot))
                                        : fmt::format("no such snapshot: {}", shown_name(snapshot)));
    }
    return found;
}

Result<Journal::GroupPtr> find_group(const Journal &journal, const std::string &group) {
    if (auto record = journal.group(group))
        return record;
    for (auto &record : journal.groups()) {
        if (record->name == group)
            return std::move(record);
    }
    return fail(Code::not_found, fmt::format("no such group: {}", shown_name(group)));
}

Result<Journal::GroupSnapshotPtr> find_group_snapshot(const Journal &journal, const GroupRecord &group,
                                                      const std::string &snapshot) {
    for (auto &record : journal.group_snapshots(group.id)) {
        if (record->id == snapshot || record->name == snapshot)
            return std::move(record);
    }
    return fail(Code::not_found,
                fmt::format("no such snapshot of group {}: {}", group.name, shown_name(snapshot)));
}

} // namespace drover
