// All objects of the array, and one call's changes to them: kept together or taken back together. Not
// thread-safe.
#pragma once

#include "conformance/simulators/flasharray/table.hpp"
#include "conformance/simulators/frame/state_log.hpp"

#include <boost/json/object.hpp>

#include <memory>
#include <set>
#include <utility>

namespace drover::sim::flasharray {

class Store {
public:
    Table<Volume> volumes;
    Table<Host> hosts;
    Table<HostGroup> host_groups;
    Table<Connection> connections;
    Table<ProtectionGroup> groups;
    Table<GroupSnapshot> group_snapshots;
    Table<Container> containers;
    Array array;

    // A new object gets the next id.
    template <class T>
    T &add(Table<T> &table, T object) {
        object.id = ++array.last_id;
        T &added = table.add(std::move(object));
        return added;
    }
    // 24 upper-case hex digits that no other volume ever had.
    [[nodiscard]] std::string next_serial();
    // The suffix of a snapshot that nobody named.
    [[nodiscard]] std::string next_suffix() { return std::to_string(++array.last_suffix); }

    // The connections of one, by the indexes that commit keeps.
    [[nodiscard]] std::vector<const Connection *> connections_of_volume(Id volume) const;
    [[nodiscard]] std::vector<const Connection *> connections_of_host(Id host) const; // private ones
    [[nodiscard]] std::vector<const Connection *> connections_of_group(Id group) const;
    [[nodiscard]] std::vector<const Volume *> snapshots_of(Id volume) const; // of the volume alone
    [[nodiscard]] std::vector<const Volume *> members_of_snapshot(Id group_snapshot) const;
    [[nodiscard]] std::vector<const Host *> hosts_of_group(Id group) const;

    // Reads the file, when there is one, and writes down every change from now on.
    Result<void> open(const std::filesystem::path &file);
    // Whether there was anything in the file.
    [[nodiscard]] bool was_read() const noexcept { return was_read_; }

    // Writes the changes since the last commit, if any. After a failure they are all there still.
    Result<void> commit();
    void roll_back();
    // Everything as lines of the state file; also what GET /sim/state shows. Secrets only with
    // `with_secrets`.
    [[nodiscard]] boost::json::object to_json(bool with_secrets) const;

private:
    template <class Visit>
    void for_each_table(Visit visit) {
        visit(volumes), visit(hosts), visit(host_groups), visit(connections), visit(groups),
            visit(group_snapshots), visit(containers);
    }
    template <class Visit>
    void for_each_table(Visit visit) const {
        visit(volumes), visit(hosts), visit(host_groups), visit(connections), visit(groups),
            visit(group_snapshots), visit(containers);
    }
    Result<void> take(const boost::json::object &line);

    std::unique_ptr<StateLog> log_;
    Array array_before_;
    bool was_read_ = false;
};

} // namespace drover::sim::flasharray
