#include "small_array.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdio>
#include <fnmatch.h>

namespace flasharray::testing {

namespace json = boost::json;
using drv::rest::testing::Peer;

namespace {

std::vector<std::string> split(const std::string &text, char at) {
    std::vector<std::string> parts(1);
    for (const char c : text) {
        if (c == at) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

std::string decoded(const std::string &text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            plain += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
            i += 2;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

std::string text_of(const json::object &object, std::string_view key) {
    const auto *value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

json::array list_of(const std::vector<std::string> &texts) {
    json::array list;
    for (const std::string &text : texts)
        list.emplace_back(text);
    return list;
}

json::value row_of(const SmallArray::Volume &volume) {
    return {{"name", volume.name},
            {"size", volume.bytes},
            {"serial", volume.serial},
            {"source", nullptr},
            {"created", "2026-01-02T03:04:05Z"}};
}

// name='a*' or name='b'
bool fits(const std::string &filter, const std::string &name) {
    if (filter.empty())
        return true;
    for (std::size_t at = filter.find('\''); at != std::string::npos;) {
        const std::size_t end = filter.find('\'', at + 1);
        if (::fnmatch(filter.substr(at + 1, end - at - 1).c_str(), name.c_str(), 0) == 0)
            return true;
        at = filter.find('\'', end + 1);
    }
    return false;
}

} // namespace

SmallArray::SmallArray(const drv::rest::testing::Identity &identity)
    : server_(identity, [this](Peer &peer) { serve(peer); }) {}

void SmallArray::add_volume(const std::string &name, std::uint64_t bytes, bool is_destroyed) {
    const std::lock_guard lock(mutex_);
    char serial[25];
    std::snprintf(serial, sizeof serial, "9714B5CB91634C47%08X", ++serials_);
    volumes_[name] = {name, serial, bytes, is_destroyed};
}

void SmallArray::add_host(const std::string &name, const std::vector<std::string> &iqns) {
    const std::lock_guard lock(mutex_);
    hosts_[name] = {.name = name, .iqns = iqns};
}

void SmallArray::remove_host(const std::string &name) {
    const std::lock_guard lock(mutex_);
    hosts_.erase(name);
    std::erase_if(connections_, [&](const auto &each) { return each.first.first == name; });
}

void SmallArray::connect(const std::string &host, const std::string &volume) {
    const std::lock_guard lock(mutex_);
    connections_[{host, volume}] = free_lun(host);
}

void SmallArray::lose_answer_of(std::string call) {
    const std::lock_guard lock(mutex_);
    lost_ = std::move(call);
}

void SmallArray::answer_with(std::string call, std::string text) {
    const std::lock_guard lock(mutex_);
    instead_ = {std::move(call), std::move(text)};
}

std::vector<SmallArray::Volume> SmallArray::volumes() const {
    const std::lock_guard lock(mutex_);
    std::vector<Volume> all;
    for (const auto &[name, volume] : volumes_)
        all.push_back(volume);
    return all;
}

std::vector<SmallArray::Host> SmallArray::hosts() const {
    const std::lock_guard lock(mutex_);
    std::vector<Host> all;
    for (const auto &[name, host] : hosts_)
        all.push_back(host);
    return all;
}

std::size_t SmallArray::connections() const {
    const std::lock_guard lock(mutex_);
    return connections_.size();
}

std::vector<std::string> SmallArray::take_calls() {
    const std::lock_guard lock(mutex_);
    return std::exchange(calls_, {});
}

void SmallArray::serve(Peer &peer) {
    while (const auto request = peer.read_request()) {
        const std::string line = request->substr(0, request->find(" HTTP/"));
        const std::string method = line.substr(0, line.find(' '));
        const std::string target = line.substr(method.size() + 1);
        const std::string body = request->substr(request->find("\r\n\r\n") + 4);
        constexpr const char *kCookie = "Set-Cookie: session=only; Path=/; HttpOnly\r\n";
        std::unique_lock lock(mutex_);
        if (target == "/api/api_version") {
            if (!peer.answer(200, versions_))
                return;
            continue;
        }
        const std::size_t question = target.find('?');
        std::vector<std::string> path = split(target.substr(0, question), '/'); // "", api, 1.4, volume ...
        path.erase(path.begin(), path.begin() + 3);
        if (path.front() == "auth") {
            if (!peer.answer(200, R"({"username": "pureuser"})", kCookie))
                return;
            continue;
        }
        json::object parameters;
        if (question != std::string::npos) {
            for (const std::string &pair : split(target.substr(question + 1), '&'))
                parameters[pair.substr(0, pair.find('='))] = decoded(pair.substr(pair.find('=') + 1));
        } else if (!body.empty()) {
            parameters = json::parse(body).as_object();
        }
        std::string call = method + " ";
        for (const std::string &part : path)
            call += (&part == &path.front() ? "" : "/") + part;
        calls_.push_back(call);
        if (!body.empty() && body != "{}")
            calls_.back().append(" ").append(body);
        std::string next_page;
        std::string text;
        int status = 200;
        try {
            text = json::serialize(act(method, path, parameters, next_page));
        } catch (const Refusal &refusal) {
            status = 400;
            text = json::serialize(json::array{json::object{{"ctx", path.back()}, {"msg", refusal.msg}}});
        }
        if (!lost_.empty() && call.starts_with(lost_)) {
            lost_.clear();
            peer.reset();
            return;
        }
        if (!instead_.first.empty() && call.starts_with(instead_.first))
            text = instead_.second;
        const std::string headers =
            next_page.empty() ? kCookie : kCookie + ("x-next-token: " + next_page + "\r\n");
        if (!peer.answer(status, text, headers))
            return;
    }
}

SmallArray::Volume &SmallArray::live(const std::string &name) {
    const auto found = volumes_.find(name);
    if (found == volumes_.end() || found->second.is_destroyed)
        throw Refusal{"Volume does not exist."};
    return found->second;
}

SmallArray::Host &SmallArray::host_called(const std::string &name) {
    const auto found = hosts_.find(name);
    if (found == hosts_.end())
        throw Refusal{"Host does not exist."};
    return found->second;
}

std::uint64_t SmallArray::free_lun(const std::string &host) const {
    for (std::uint64_t lun = 1;; ++lun) {
        const bool is_free = std::ranges::none_of(
            connections_, [&](const auto &each) { return each.first.first == host && each.second == lun; });
        if (is_free)
            return lun;
    }
}

json::value SmallArray::act(const std::string &method, const std::vector<std::string> &path,
                            const Object &parameters, std::string &next_page) {
    if (path[0] == "array") {
        return {
            {"array_name", "small"}, {"id", "1"}, {"version", "5.3.0"}, {"capacity", 1000}, {"total", 10}};
    }
    if (path[0] == "port") {
        json::array ports;
        for (const char *portal : {"192.0.2.1:3260", "192.0.2.2:3260"}) {
            ports.push_back(
                {{"name", "CT0.ETH4"}, {"iqn", "iqn.array"}, {"portal", portal}, {"wwn", nullptr}});
        }
        for (const char *portal : {"192.0.2.3:4420", "192.0.2.4:4420"}) {
            ports.push_back({{"name", "CT0.ETH8"},
                             {"iqn", nullptr},
                             {"portal", portal},
                             {"wwn", nullptr},
                             {"nqn", "nqn.array"}});
        }
        return ports;
    }
    if (path[0] == "pgroup")
        return json::array();
    if (path[0] == "host")
        return host(method, path, parameters);
    if (path.size() == 1)
        return list(parameters, next_page);
    return volume(method, path, parameters);
}

json::value SmallArray::list(const Object &parameters, std::string &next_page) const {
    json::array rows;
    if (parameters.contains("snap"))
        return rows;
    const std::string after = text_of(parameters, "token");
    const std::string limit = text_of(parameters, "limit");
    for (const auto &[name, volume] : volumes_) {
        if (volume.is_destroyed || name <= after || !fits(text_of(parameters, "filter"), name))
            continue;
        rows.push_back(row_of(volume));
        next_page = limit.empty() ? "" : name; // also of the last page, as arrays do
        if (std::to_string(rows.size()) == limit)
            break;
    }
    return rows;
}

json::value SmallArray::volume(const std::string &method, const std::vector<std::string> &path,
                               const Object &parameters) {
    const std::string &name = path[1];
    if (path.size() == 3) {
        json::array rows;
        const Volume &connected = live(name);
        for (const auto &[both, lun] : connections_) {
            if (both.second == name) {
                rows.push_back(
                    {{"name", name}, {"host", both.first}, {"lun", lun}, {"size", connected.bytes}});
            }
        }
        return rows;
    }
    if (method == "GET")
        return parameters.contains("snap") ? json::value(json::array()) : row_of(live(name));
    if (method == "POST") {
        if (volumes_.contains(name))
            throw Refusal{"Volume already exists."};
        char serial[25];
        std::snprintf(serial, sizeof serial, "9714B5CB91634C47%08X", ++serials_);
        volumes_[name] = {name, serial, parameters.at("size").to_number<std::uint64_t>(), false};
        return row_of(volumes_[name]);
    }
    if (method == "PUT") {
        Volume moved = live(name);
        const std::string to = text_of(parameters, "name");
        if (volumes_.contains(to))
            throw Refusal{"Volume already exists."};
        volumes_.erase(name);
        moved.name = to;
        volumes_[to] = moved;
        return {{"name", to}};
    }
    if (volumes_.contains(name) && volumes_[name].is_destroyed)
        throw Refusal{"Volume has been destroyed."};
    live(name).is_destroyed = true;
    return {{"name", name}};
}

json::value SmallArray::host(const std::string &method, const std::vector<std::string> &path,
                             const Object &parameters) {
    const auto texts = [&](std::string_view key) {
        std::vector<std::string> list;
        if (const auto *value = parameters.if_contains(key)) {
            for (const auto &item : value->as_array())
                list.emplace_back(item.as_string()); // throws for a list in the list
        }
        return list;
    };
    const auto row = [&](const Host &each) {
        return json::object{{"name", each.name},
                            {"iqn", list_of(each.iqns)},
                            {"wwn", json::array()},
                            {"nqn", list_of(each.nqns)},
                            {"hgroup", nullptr}};
    };
    if (path.size() == 1) {
        json::array rows;
        for (const auto &[name, each] : hosts_) {
            if (!parameters.contains("all"))
                rows.push_back(row(each));
        }
        for (const auto &[both, lun] : connections_) {
            if (parameters.contains("all")) {
                rows.push_back(
                    {{"name", both.first}, {"vol", both.second}, {"lun", lun}, {"hgroup", nullptr}});
            }
        }
        return rows;
    }
    const std::string &name = path[1];
    if (path.size() == 2 && method == "POST") {
        if (hosts_.contains(name))
            throw Refusal{"Host already exists."};
        hosts_[name] = {.name = name, .iqns = texts("iqnlist"), .nqns = texts("nqnlist")};
        return row(hosts_[name]);
    }
    Host &own = host_called(name);
    if (path.size() == 2) {
        for (const std::string &iqn : texts("addiqnlist"))
            own.iqns.push_back(iqn);
        for (const std::string &nqn : texts("addnqnlist"))
            own.nqns.push_back(nqn);
        if (parameters.contains("host_user")) {
            own.chap_user = text_of(parameters, "host_user");
            own.chap_password = text_of(parameters, "host_password");
        }
        if (parameters.contains("target_user")) {
            own.target_user = text_of(parameters, "target_user");
            own.target_password = text_of(parameters, "target_password");
        }
        return row(own);
    }
    const std::pair both{name, live(path.at(3)).name};
    if (method == "DELETE") {
        if (connections_.erase(both) == 0)
            throw Refusal{"Volume is not connected to this host."};
        return {{"name", name}, {"vol", both.second}};
    }
    if (connections_.contains(both))
        throw Refusal{"Connection already exists."};
    connections_[both] = free_lun(name);
    return {{"name", name}, {"vol", both.second}, {"lun", connections_[both]}};
}

} // namespace flasharray::testing
