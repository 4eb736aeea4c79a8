// The array itself and its ports.
#include "conformance/simulators/flasharray/model.hpp"
#include "conformance/simulators/frame/clock.hpp"

#include <algorithm>

namespace drover::sim::flasharray {

namespace {

namespace json = boost::json;

constexpr Version kSpaceIsList = 6; // it was an object in the versions before

json::value space(const Model &model, const Ask &ask) {
    std::uint64_t provisioned = 0;
    std::uint64_t volumes = 0;
    std::uint64_t snapshots = 0;
    for (const auto &[id, each] : model.store.volumes.all()) {
        const std::uint64_t used = model.devices->used_bytes(each);
        (each.is_snapshot() ? snapshots : volumes) += used;
        if (!each.is_snapshot())
            provisioned += each.size;
    }
    const double thin =
        provisioned == 0
            ? 1.0
            : std::max(0.0, 1.0 - static_cast<double>(volumes) / static_cast<double>(provisioned));
    json::object row{{"hostname", model.store.array.name},
                     {"capacity", model.settings.capacity},
                     {"total", volumes + snapshots},
                     {"volumes", volumes},
                     {"snapshots", snapshots},
                     {"shared_space", 0},
                     {"system", 0},
                     {"parity", 1.0},
                     {"data_reduction", 1.0},
                     {"total_reduction", 1.0},
                     {"thin_provisioning", thin}};
    if (ask.version < kSpaceIsList)
        return row;
    row["provisioned"] = provisioned;
    return json::array{std::move(row)};
}

json::value monitor(const Model &model) {
    return json::array{json::object{{"time", utc_text(model.now)},
                                    {"reads_per_sec", 0},
                                    {"writes_per_sec", 0},
                                    {"input_per_sec", 0},
                                    {"output_per_sec", 0},
                                    {"usec_per_read_op", 0},
                                    {"usec_per_write_op", 0},
                                    {"san_usec_per_read_op", 0},
                                    {"san_usec_per_write_op", 0},
                                    {"queue_depth", 0}}};
}

json::value controllers(const Model &model) {
    json::array rows;
    for (const auto &[name, mode] : {std::pair("CT0", "primary"), {"CT1", "secondary"}}) {
        rows.push_back({{"name", name},
                        {"mode", mode},
                        {"model", "FA-SIM"},
                        {"status", "ready"},
                        {"version", model.seed.purity}});
    }
    return rows;
}

json::value targets(const Model &model) {
    json::array rows;
    for (const std::string &name : model.seed.targets) {
        rows.push_back({{"array_name", name},
                        {"connected", true},
                        {"management_address", nullptr},
                        {"replication_address", nullptr},
                        {"throttled", false},
                        {"type", json::array{"replication"}},
                        {"version", model.seed.purity},
                        {"id", nullptr}});
    }
    return rows;
}

} // namespace

json::value answer_array(Model &model, const Ask &ask) {
    if (ask.path.size() == 2 && ask.path[1] == "connection" && ask.gets()) {
        needs_version(ask, 2);
        return targets(model);
    }
    if (ask.path.size() != 1)
        refuse_path();
    if (ask.puts()) {
        const auto name = ask.parameters.text("name");
        const auto idle = ask.parameters.number("idle_timeout");
        if (idle) { // minutes, 5 to 180; 0 switches it off
            if (*idle > 180 || (*idle > 0 && *idle < 5))
                refuse("idle_timeout", "Invalid value for parameter 'idle_timeout'.");
            model.settings.idle_timeout_s = static_cast<std::int64_t>(*idle) * 60;
            return json::object{{"idle_timeout", *idle}};
        }
        if (!name || name->empty() || name->size() > 56)
            refuse("name", "Array name must be between 1 and 56 characters in length.");
        model.store.array.name = *name;
        return json::object{{"array_name", *name}};
    }
    if (!ask.gets())
        refuse_path();
    if (ask.parameters.flag("space"))
        return space(model, ask);
    if (ask.parameters.text("action") == "monitor")
        return monitor(model);
    if (ask.parameters.flag("controllers"))
        return controllers(model);
    if (ask.parameters.flag("idle_timeout"))
        return json::object{{"idle_timeout", model.settings.idle_timeout_s / 60}};
    return json::object{{"array_name", model.store.array.name},
                        {"id", model.store.array.id},
                        {"version", model.seed.purity},
                        {"revision", model.seed.revision}};
}

json::value answer_port(Model &model, const Ask &ask) {
    if (ask.path.size() != 1 || !ask.gets())
        refuse_path();
    json::array rows;
    if (ask.parameters.flag("initiators")) {
        // Every initiator that some host has: nobody but hosts logs in here.
        const auto add = [&](const Host &host, const char *kind, const std::string &initiator) {
            json::object row{{"iqn", nullptr}, {"wwn", nullptr}, {"portal", nullptr}, {"host", host.name}};
            if (ask.version >= 16)
                row["nqn"] = nullptr;
            row[kind] = initiator;
            rows.push_back(std::move(row));
        };
        for (const auto &[id, host] : model.store.hosts.all()) {
            for (const std::string &iqn : host.iqns)
                add(host, "iqn", iqn);
            for (const std::string &wwn : host.wwns)
                add(host, "wwn", wwn);
            for (const std::string &nqn : host.nqns) {
                if (ask.version >= 16)
                    add(host, "nqn", nqn);
            }
        }
        return rows;
    }
    for (const DataPort &port : model.seed.ports) {
        using enum DataPort::Protocol;
        if (port.protocol == nvme_tcp && ask.version < 16)
            continue;
        json::object row{{"name", port.name},
                         {"iqn", port.protocol == iscsi ? json::value(port.target) : json::value()},
                         {"portal", port.portal.empty() ? json::value() : json::value(port.portal)},
                         {"wwn", port.protocol == fibre_channel ? json::value(port.target) : json::value()},
                         {"failover", nullptr}};
        if (ask.version >= 16)
            row["nqn"] = port.protocol == nvme_tcp ? json::value(port.target) : json::value();
        rows.push_back(std::move(row));
    }
    return rows;
}

} // namespace drover::sim::flasharray
