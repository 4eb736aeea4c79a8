#include "drivers/flasharray/objects.hpp"

#include <boost/json/array.hpp>

namespace flasharray {

namespace {

using boost::json::object;
using drv::rest::Method;

boost::json::array json_of(const std::vector<std::string> &texts) {
    boost::json::array list;
    for (const std::string &text : texts)
        list.emplace_back(text);
    return list;
}

template <class Read>
auto rows_of(const std::vector<boost::json::value> &values, const std::string &where, const Read &read) {
    std::vector<decltype(read(Json(values.front(), "")))> rows;
    rows.reserve(values.size());
    for (const boost::json::value &value : values)
        rows.push_back(read(Json(value, where)));
    return rows;
}

template <class Read>
auto rows_of(const boost::json::value &answer, const std::string &where, const Read &read) {
    std::vector<decltype(read(Json(answer, "")))> rows;
    for (const Json &item : Json(answer, where).items())
        rows.push_back(read(item));
    return rows;
}

bool is_gone(const RefusedError &error) {
    return error.refusal == Refusal::missing || error.refusal == Refusal::host_missing ||
           error.refusal == Refusal::destroyed;
}

boost::json::value limit_of(const std::optional<std::uint64_t> &limit) {
    return limit ? boost::json::value(*limit) : boost::json::value(""); // "" clears it
}

} // namespace

template <class Ask>
auto Objects::if_there(const Ask &ask) -> std::optional<decltype(ask())> {
    try {
        return ask();
    } catch (const RefusedError &error) {
        if (!is_gone(error))
            throw;
        return std::nullopt;
    }
}

object Objects::filtered(const Limit &limit, const std::string &filter, object parameters) {
    if (!filter.empty() && version(limit) >= kFilters)
        parameters["filter"] = filter;
    return parameters;
}

ArrayRow Objects::array(const Limit &limit) {
    const auto answer = array_.call(limit, Method::get, "array");
    return array_row(only_row({answer, "GET array"}));
}

SpaceRow Objects::array_space(const Limit &limit) {
    const auto answer = array_.call(limit, Method::get, "array", {{"space", true}});
    return space_row(only_row({answer, "GET array?space"}));
}

LoadRow Objects::array_load(const Limit &limit) {
    const auto answer = array_.call(limit, Method::get, "array", {{"action", "monitor"}});
    return load_row(only_row({answer, "GET array?action=monitor"}));
}

std::vector<PortRow> Objects::ports(const Limit &limit) {
    return rows_of(array_.list(limit, "port", Rows::few), "GET port", port_row);
}

std::optional<VolumeRow> Objects::volume(const Limit &limit, std::string_view name) {
    return if_there([&] {
        const auto answer = array_.call(limit, Method::get, resource("volume", name));
        return volume_row(only_row({answer, "GET volume/" + std::string(name)}));
    });
}

std::vector<VolumeRow> Objects::volumes(const Limit &limit, Rows rows, const std::string &filter) {
    return rows_of(array_.list(limit, "volume", rows, filtered(limit, filter, {})), "GET volume", volume_row);
}

std::vector<VolumeRow> Objects::volumes_and_destroyed(const Limit &limit) {
    return rows_of(array_.list(limit, "volume", Rows::many, {{"pending", true}}), "GET volume?pending",
                   volume_row);
}

std::vector<SpaceRow> Objects::volumes_space(const Limit &limit) {
    return rows_of(array_.list(limit, "volume", Rows::many, {{"space", true}}), "GET volume?space",
                   [](const Json &row) {
                       static_cast<void>(row.at("name").text()); // the array's own row needs none
                       return space_row(row);
                   });
}

std::optional<SpaceRow> Objects::volume_space(const Limit &limit, std::string_view name) {
    return if_there([&] {
        const auto answer = array_.call(limit, Method::get, resource("volume", name), {{"space", true}});
        return space_row(only_row({answer, "GET volume?space"}));
    });
}

void Objects::create_volume(const Limit &limit, std::string_view name, std::uint64_t bytes,
                            const VolumeLimits &limits) {
    object request{{"size", bytes}};
    if (limits.bytes_per_second)
        request["bandwidth_limit"] = *limits.bytes_per_second;
    if (limits.iops)
        request["iops_limit"] = *limits.iops;
    array_.call(limit, Method::post, resource("volume", name), request);
}

void Objects::copy_volume(const Limit &limit, std::string_view name, std::string_view source,
                          bool overwrite) {
    object request{{"source", source}};
    if (overwrite)
        request["overwrite"] = true;
    array_.call(limit, Method::post, resource("volume", name), request);
}

void Objects::grow_volume(const Limit &limit, std::string_view name, std::uint64_t bytes) {
    array_.call(limit, Method::put, resource("volume", name), {{"size", bytes}, {"truncate", false}});
}

bool Objects::rename_volume(const Limit &limit, std::string_view name, std::string_view to) {
    return if_there([&] {
               array_.call(limit, Method::put, resource("volume", name), {{"name", to}});
               return true;
           })
        .value_or(false);
}

bool Objects::remove(const Limit &limit, std::string_view kind, std::string_view name) {
    try {
        array_.call(limit, Method::remove, resource(kind, name));
    } catch (const RefusedError &error) {
        if (!is_gone(error))
            throw;
        return error.refusal == Refusal::destroyed;
    }
    return true;
}

bool Objects::eradicate(const Limit &limit, std::string_view kind, std::string_view name) {
    try {
        array_.call(limit, Method::remove, resource(kind, name), {{"eradicate", true}});
    } catch (const RefusedError &error) {
        if (error.refusal == Refusal::eradication_off)
            return false;
        if (error.refusal != Refusal::missing) // eradicated already
            throw;
    }
    return true;
}

bool Objects::destroy_volume(const Limit &limit, std::string_view name) {
    return remove(limit, "volume", name);
}

bool Objects::eradicate_volume(const Limit &limit, std::string_view name) {
    return eradicate(limit, "volume", name);
}

void Objects::recover_volume(const Limit &limit, std::string_view name) {
    array_.call(limit, Method::put, resource("volume", name), {{"action", "recover"}});
}

std::optional<VolumeLimits> Objects::limits(const Limit &limit, std::string_view name) {
    return if_there([&] {
        const auto answer = array_.call(limit, Method::get, resource("volume", name), {{"qos", true}});
        const LimitsRow row = limits_row(only_row({answer, "GET volume?qos"}));
        return VolumeLimits{row.iops, row.bytes_per_second};
    });
}

std::vector<LimitsRow> Objects::all_limits(const Limit &limit) {
    return rows_of(array_.list(limit, "volume", Rows::many, {{"qos", true}}), "GET volume?qos", limits_row);
}

void Objects::set_limits(const Limit &limit, std::string_view name, const VolumeLimits &limits) {
    object change{{"bandwidth_limit", limit_of(limits.bytes_per_second)}};
    if (version(limit) >= kIopsLimits)
        change["iops_limit"] = limit_of(limits.iops);
    array_.call(limit, Method::put, resource("volume", name), change);
}

std::vector<VolumeRow> Objects::snapshots(const Limit &limit, Rows rows, const std::string &filter) {
    return rows_of(array_.list(limit, "volume", rows, filtered(limit, filter, {{"snap", true}})),
                   "GET volume?snap", volume_row);
}

std::optional<std::vector<VolumeRow>> Objects::snapshots_of(const Limit &limit, std::string_view volume) {
    return if_there([&] {
        return rows_of(array_.list(limit, resource("volume", volume), Rows::few, {{"snap", true}}),
                       "GET volume/" + std::string(volume) + "?snap", volume_row);
    });
}

std::optional<std::vector<VolumeRow>> Objects::take_snapshots(const Limit &limit,
                                                              const std::vector<std::string> &volumes,
                                                              std::string_view suffix) {
    return if_there([&] {
        const auto answer = array_.call(limit, Method::post, "volume",
                                        {{"source", json_of(volumes)}, {"snap", true}, {"suffix", suffix}});
        try {
            return rows_of(answer, "POST volume", volume_row);
        } catch (drv::Error &error) { // taken they are, perhaps
            error.flags |= DRV_FAIL_STATE_UNKNOWN;
            throw;
        }
    });
}

std::optional<std::vector<ConnectionRow>> Objects::connections_of(const Limit &limit,
                                                                  std::string_view volume) {
    return if_there([&] {
        return rows_of(array_.list(limit, resource("volume", volume) + "/host", Rows::few),
                       "GET volume/" + std::string(volume) + "/host", connection_of_volume);
    });
}

std::optional<std::vector<ConnectionRow>> Objects::connections_of_host(const Limit &limit,
                                                                       std::string_view host) {
    return if_there([&] {
        return rows_of(array_.list(limit, resource("host", host) + "/volume", Rows::few),
                       "GET host/" + std::string(host) + "/volume", connection_of_host);
    });
}

std::vector<ConnectionRow> Objects::all_connections(const Limit &limit) {
    std::vector<ConnectionRow> connections;
    for (const boost::json::value &value : array_.list(limit, "host", Rows::many, {{"all", true}})) {
        if (auto row = connection_of_all({value, "GET host?all"}))
            connections.push_back(std::move(*row));
    }
    return connections;
}

bool Objects::connect(const Limit &limit, std::string_view host, std::string_view volume) {
    try {
        array_.call(limit, Method::post, resource("host", host) + "/" + resource("volume", volume));
    } catch (const RefusedError &error) {
        if (error.refusal != Refusal::exists)
            throw;
        return false;
    }
    return true;
}

void Objects::disconnect(const Limit &limit, std::string_view host, std::string_view volume) {
    try {
        array_.call(limit, Method::remove, resource("host", host) + "/" + resource("volume", volume));
    } catch (const RefusedError &error) {
        if (error.refusal != Refusal::not_connected && !is_gone(error))
            throw;
    }
}

std::vector<HostRow> Objects::hosts(const Limit &limit) {
    return rows_of(array_.list(limit, "host", Rows::few), "GET host", host_row);
}

void Objects::create_host(const Limit &limit, std::string_view name, const Initiators &initiators) {
    object request;
    for (const auto &[key, names] : {std::pair("iqnlist", &initiators.iqns),
                                     {"wwnlist", &initiators.wwns},
                                     {"nqnlist", &initiators.nqns}}) {
        if (!names->empty())
            request[key] = json_of(*names);
    }
    array_.call(limit, Method::post, resource("host", name), request);
}

void Objects::change_host(const Limit &limit, std::string_view name, const object &change) {
    array_.call(limit, Method::put, resource("host", name), change);
}

std::vector<GroupRow> Objects::groups(const Limit &limit) {
    return rows_of(array_.list(limit, "pgroup", Rows::few), "GET pgroup", group_row);
}

std::optional<GroupRow> Objects::group(const Limit &limit, std::string_view name) {
    return if_there([&] {
        const auto answer = array_.call(limit, Method::get, resource("pgroup", name));
        return group_row(only_row({answer, "GET pgroup/" + std::string(name)}));
    });
}

void Objects::create_group(const Limit &limit, std::string_view name,
                           const std::vector<std::string> &volumes) {
    object request;
    if (!volumes.empty())
        request["vollist"] = json_of(volumes);
    array_.call(limit, Method::post, resource("pgroup", name), request);
}

void Objects::change_group(const Limit &limit, std::string_view name, const std::vector<std::string> &add,
                           const std::vector<std::string> &remove) {
    object change;
    if (!add.empty())
        change["addvollist"] = json_of(add);
    if (!remove.empty())
        change["remvollist"] = json_of(remove);
    try {
        array_.call(limit, Method::put, resource("pgroup", name), change);
    } catch (const RefusedError &error) {
        // As of a request that was sent again because its first answer was lost.
        if (error.refusal != Refusal::member_already && error.refusal != Refusal::member_missing)
            throw;
    }
}

void Objects::destroy_group(const Limit &limit, std::string_view name) {
    static_cast<void>(remove(limit, "pgroup", name));
}

bool Objects::eradicate_group(const Limit &limit, std::string_view name) {
    return eradicate(limit, "pgroup", name);
}

} // namespace flasharray
