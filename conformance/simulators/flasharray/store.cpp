#include "conformance/simulators/flasharray/store.hpp"

#include "conformance/simulators/flasharray/object_json.hpp"

#include <fmt/format.h>

#include <exception>

namespace drover::sim::flasharray {

namespace {

namespace json = boost::json;

// Objects whose lower-case names begin so.
template <class T, class Take>
void for_each_below(const Table<T> &table, const std::string &prefix, Take take) {
    const auto &names = table.names();
    for (auto it = names.lower_bound(prefix); it != names.end() && it->first.starts_with(prefix); ++it)
        take(table.at(it->second));
}

template <class Table, class Wanted>
auto those(const Table &table, Wanted wanted) {
    std::vector<decltype(&table.all().begin()->second)> out;
    for (const auto &[id, object] : table.all()) {
        if (wanted(object))
            out.push_back(&object);
    }
    return out;
}

} // namespace

std::string Store::next_serial() {
    return fmt::format("{}{:08X}", array.serial_prefix, ++array.last_serial);
}

std::vector<const Connection *> Store::connections_of_volume(Id volume) const {
    return those(connections, [=](const Connection &each) { return each.volume == volume; });
}
std::vector<const Connection *> Store::connections_of_host(Id host) const {
    return those(connections, [=](const Connection &each) { return each.host == host; });
}
std::vector<const Connection *> Store::connections_of_group(Id group) const {
    return those(connections, [=](const Connection &each) { return each.group == group; });
}
std::vector<const Host *> Store::hosts_of_group(Id group) const {
    return those(hosts, [=](const Host &each) { return each.group == group; });
}

std::vector<const Volume *> Store::snapshots_of(Id volume) const {
    std::vector<const Volume *> out;
    for_each_below(volumes, lower(volumes.at(volume).name) + ".", [&](const Volume &each) {
        if (each.parent == volume)
            out.push_back(&each);
    });
    return out;
}

std::vector<const Volume *> Store::members_of_snapshot(Id group_snapshot) const {
    std::vector<const Volume *> out;
    for_each_below(volumes, lower(group_snapshots.at(group_snapshot).name) + ".", [&](const Volume &each) {
        if (each.group_snapshot == group_snapshot)
            out.push_back(&each);
    });
    return out;
}

Result<void> Store::take(const json::object &line) {
    try {
        if (const auto *value = line.if_contains("array"))
            array = read_array(value->as_object());
        for_each_table([&]<class T>(Table<T> &table) {
            if (const auto *put = line.if_contains(T::kKind)) {
                for (const auto &each : put->as_array()) {
                    T object = read_object<T>(each.as_object());
                    if (object.id == 0 || object.id > array.last_id)
                        throw std::runtime_error("an id that was never given out");
                    if (table.find(object.id) != nullptr)
                        table.erase(object.id);
                    table.add(std::move(object));
                }
            }
            if (const auto *gone = line.if_contains(std::string("no_") + T::kKind)) {
                for (const auto &each : gone->as_array()) {
                    if (const Id id = each.template to_number<Id>(); table.find(id) != nullptr)
                        table.erase(id);
                }
            }
            table.commit();
        });
    } catch (const std::exception &error) {
        return fail(Code::invalid, fmt::format("an object cannot be read: {}", error.what()));
    }
    was_read_ = true;
    return {};
}

Result<void> Store::open(const std::filesystem::path &file) {
    if (file.empty())
        return {};
    auto log = StateLog::open(file, "flasharray", [this](const json::object &line) { return take(line); });
    if (!log)
        return fail(std::move(log).error());
    log_ = std::move(*log);
    array_before_ = array;
    return log_->rewrite({to_json(true)});
}

Result<void> Store::commit() {
    json::object line;
    for_each_table([&]<class T>(Table<T> &table) {
        json::array put;
        json::array gone;
        for (const auto &[id, was] : table.changed()) {
            if (const T *now = table.find(id)) {
                put.emplace_back(object_json(*now, true));
            } else if (was) {
                gone.emplace_back(id);
            }
        }
        if (!put.empty())
            line[T::kKind] = std::move(put);
        if (!gone.empty())
            line[std::string("no_") + T::kKind] = std::move(gone);
    });
    if (json::object now = array_json(array); !line.empty() || now != array_json(array_before_))
        line["array"] = std::move(now);
    if (log_ != nullptr && !line.empty()) {
        if (auto written = log_->is_long() ? log_->rewrite({to_json(true)}) : log_->append(line); !written)
            return written;
    }
    array_before_ = array;
    for_each_table([](auto &table) { table.commit(); });
    return {};
}

void Store::roll_back() {
    array = array_before_;
    for_each_table([](auto &table) { table.roll_back(); });
}

json::object Store::to_json(bool with_secrets) const {
    json::object out{{"array", array_json(array)}};
    for_each_table([&]<class T>(const Table<T> &table) {
        json::array rows;
        for (const auto &[id, object] : table.all())
            rows.emplace_back(object_json(object, with_secrets));
        out[T::kKind] = std::move(rows);
    });
    return out;
}

} // namespace drover::sim::flasharray
