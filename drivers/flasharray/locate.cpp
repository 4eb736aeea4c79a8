// Finding volumes and snapshots by their ids.
#include "drivers/flasharray/driver.hpp"

namespace flasharray {

namespace {

constexpr std::size_t kMostKnown = 100'000; // of each kind; then all is forgotten and learnt anew

} // namespace

std::optional<FlashArray::Known> FlashArray::known(std::string_view id) const {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(std::string(id));
    return found == known_.end() ? std::nullopt : std::optional(found->second);
}

void FlashArray::remember(const Located &volume) {
    const std::lock_guard lock(mutex_);
    if (known_.size() >= kMostKnown)
        known_.clear();
    known_[volume.name.id] = {volume.row.name, volume.row.serial};
}

void FlashArray::forget(std::string_view id) {
    const std::lock_guard lock(mutex_);
    known_.erase(std::string(id));
}

std::vector<Located> FlashArray::all_of(const Limit &limit, std::string_view id) {
    std::vector<Located> found;
    for (VolumeRow &row : objects_.volumes(limit, Rows::few, names_.filter_of(id))) {
        if (auto name = names_.read_volume(row.name); name && name->id == id)
            found.push_back({std::move(row), std::move(*name)});
    }
    return found;
}

std::optional<Located> FlashArray::find_volume(const Limit &limit, std::string_view id) {
    check_uuid(id, "volume");
    // Most have the plain name. For the others one look among all names tells, and then we know.
    const std::string plain = names_.volume(id);
    std::vector<std::string> guesses;
    if (const auto before = known(id); before && before->name != plain)
        guesses.push_back(before->name);
    guesses.push_back(plain);
    for (const std::string &guess : guesses) {
        auto row = objects_.volume(limit, guess);
        if (!row)
            continue;
        auto name = names_.read_volume(row->name);
        if (!name || name->id != id || name->kind != NameKind::volume) {
            throw drv::Error(drv::Code::internal, "the array was asked for volume " + guess +
                                                      " and answered with " + drv::one_line(row->name, 100));
        }
        Located found{std::move(*row), std::move(*name)};
        remember(found);
        return found;
    }
    std::optional<Located> best;
    for (Located &each : all_of(limit, id)) {
        if (each.name.kind == NameKind::volume && (!best || best->name.is_flocker))
            best = std::move(each);
    }
    if (best) {
        remember(*best);
    } else {
        forget(id);
    }
    return best;
}

Located FlashArray::must_find(const Limit &limit, std::string_view id) {
    auto found = find_volume(limit, id);
    if (!found)
        throw drv::Error(drv::Code::not_found, "there is no volume " + std::string(id) + " on the array");
    return std::move(*found);
}

std::optional<FlashArray::LocatedSnapshot> FlashArray::located(VolumeRow row) const {
    SnapshotName name = Names::read_snapshot(row.name);
    auto volume = names_.read_volume(name.volume);
    if (!volume || volume->kind != NameKind::volume)
        return std::nullopt;
    return LocatedSnapshot{std::move(row), std::move(name), std::move(volume->id)};
}

std::optional<FlashArray::LocatedSnapshot> FlashArray::find_snapshot(const Limit &limit,
                                                                     std::string_view id) {
    check_uuid(id, "snapshot");
    std::optional<std::string> guess;
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = snapshots_.find(std::string(id)); found != snapshots_.end())
            guess = found->second;
    }
    if (guess) {
        if (auto row = objects_.volume(limit, *guess)) {
            auto found = located(std::move(*row));
            if (found && found->name.id == id && !found->name.is_tombstone)
                return found;
        }
    }
    for (VolumeRow &row : objects_.snapshots(limit, Rows::few, Names::snapshot_filter(id))) {
        auto found = located(std::move(row));
        if (found && found->name.id == id && !found->name.is_tombstone) {
            const std::lock_guard lock(mutex_);
            if (snapshots_.size() >= kMostKnown)
                snapshots_.clear();
            snapshots_[std::string(id)] = found->row.name;
            return found;
        }
    }
    const std::lock_guard lock(mutex_);
    snapshots_.erase(std::string(id));
    return std::nullopt;
}

FlashArray::LocatedSnapshot FlashArray::must_find_snapshot(const Limit &limit, std::string_view id) {
    auto found = find_snapshot(limit, id);
    if (!found)
        throw drv::Error(drv::Code::not_found, "there is no snapshot " + std::string(id) + " on the array");
    return std::move(*found);
}

std::map<std::string, FlashArray::Connections> FlashArray::by_volume(const std::vector<ConnectionRow> &all) {
    std::map<std::string, Connections> sorted;
    for (const ConnectionRow &row : all)
        sorted[lower_case(row.volume)].push_back(row);
    return sorted;
}

} // namespace flasharray
