#include "conformance/simulators/flasharray/flasharray.hpp"

#include "conformance/simulators/flasharray/connections.hpp"
#include "conformance/simulators/flasharray/volumes.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <utility>

namespace drover::sim::flasharray {

namespace {

namespace json = boost::json;

Response answer_json(const json::value &value) {
    return {.body = json::serialize(value)};
}

// Authentication and paths are refused with an object, what is about objects with a list.
Response bare_refusal(unsigned status, std::string_view words) {
    return {.status = status,
            .body = json::serialize(json::object{{"msg", json::string_view(words.data(), words.size())}})};
}

Response refusal_response(const std::vector<Refusal> &refusals) {
    if (refusals.size() == 1 && refusals.front().status != 400)
        return bare_refusal(refusals.front().status, refusals.front().words);
    json::array rows;
    for (const Refusal &each : refusals) {
        rows.push_back({{"pure_err_key", "err.friendly"},
                        {"code", 0},
                        {"ctx", each.context},
                        {"pure_err_code", 1},
                        {"msg", each.words}});
    }
    return {.status = 400, .body = json::serialize(rows)};
}

std::string random_hex(std::size_t digits) {
    std::random_device random;
    std::string text;
    while (text.size() < digits)
        text += fmt::format("{:08X}", random());
    return text.substr(0, digits);
}

std::string random_uuid() {
    std::string hex = lower(random_hex(32));
    hex[12] = '4';
    hex[16] = '8';
    return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                       hex.substr(16, 4), hex.substr(20));
}

} // namespace

DataIdentity data_identity() {
    return {.vendor = "PURE", .product = "FlashArray", .naa_prefix = "624a9370"};
}

FlashArray::FlashArray(Seed seed, Devices &devices, Clock &clock) : clock_(clock), devices_(devices) {
    model_.settings = seed.settings;
    model_.seed = std::move(seed);
    model_.devices = &devices;
}

Result<std::unique_ptr<FlashArray>> FlashArray::open(Seed seed, const std::filesystem::path &state_file,
                                                     Devices &devices, Clock &clock) {
    std::unique_ptr<FlashArray> made(new FlashArray(std::move(seed), devices, clock));
    Store &store = made->model_.store;
    if (auto opened = store.open(state_file); !opened)
        return fail(std::move(opened).error());
    if (store.was_read() && !store.array.id.empty()) {
        clock.set_offset_s(store.array.clock_offset_s);
        made->begin_call();
        if (auto done = made->restore_devices(); !done)
            return fail(std::move(done).error());
        return made;
    }
    store.array.name = made->model_.seed.array_name;
    store.array.id = made->model_.seed.array_id.empty() ? random_uuid() : made->model_.seed.array_id;
    store.array.serial_prefix = random_hex(16);
    if (auto done = made->make_first_objects(); !done)
        return fail(std::move(done).error());
    return made;
}

void FlashArray::begin_call() {
    model_.now = clock_.now();
    model_.deeds.clear();
}

Result<void> FlashArray::make_first_objects() {
    begin_call();
    for (const FirstCall &call : model_.seed.first_calls) {
        const Parameters parameters(call.parameters);
        Fields headers;
        const Ask ask{.method = call.method,
                      .path = segments_of(call.path),
                      .parameters = parameters,
                      .version = kNewestVersion,
                      .answer_headers = &headers};
        try {
            static_cast<void>(answer_resource(ask));
        } catch (const Refusal &refusal) {
            return fail(Code::invalid, fmt::format("the seed's {} cannot be made: {}: {}", call.path,
                                                   refusal.context, refusal.words));
        }
    }
    return finish();
}

Result<void> FlashArray::restore_devices() {
    const Store &store = model_.store;
    for (const auto &[id, volume] : store.volumes.all()) {
        if (auto done = devices_.make(volume); !done)
            return done;
    }
    for (const auto &[id, host] : store.hosts.all()) {
        if (auto done = devices_.set_host(host); !done)
            return done;
    }
    for (const Path &path : all_paths(store)) {
        if (auto done = devices_.connect(*path.host, *path.volume, path.lun); !done)
            return done;
    }
    return {};
}

Result<void> FlashArray::finish() {
    const std::vector<Model::Deed> deeds = std::exchange(model_.deeds, {});
    for (const Model::Deed &deed : deeds) {
        if (auto done = deed(devices_); !done) {
            model_.store.roll_back();
            return done;
        }
    }
    auto done = model_.store.commit();
    if (!done)
        model_.store.roll_back();
    return done;
}

json::value FlashArray::answer_resource(const Ask &ask) {
    const std::string &what = ask.path.at(0);
    if (what == "volume")
        return answer_volume(model_, ask);
    if (what == "host")
        return answer_host(model_, ask);
    if (what == "hgroup")
        return answer_host_group(model_, ask);
    if (what == "pgroup")
        return answer_group(model_, ask);
    if (what == "port")
        return answer_port(model_, ask);
    if (what == "array")
        return answer_array(model_, ask);
    if (what == "pod" || what == "vgroup")
        return answer_container(model_, ask);
    refuse_path();
}

Response FlashArray::log_in(const Request &request, const Parameters &parameters, const std::string &what,
                            json::object &notes) {
    const auto &users = model_.seed.users;
    const auto find = [&](auto fits) -> const User * {
        const auto it = std::ranges::find_if(users, fits);
        return it == users.end() ? nullptr : &*it;
    };
    if (what == "apitoken" && request.method == "POST") {
        const auto name = parameters.text("username");
        const auto password = parameters.text("password");
        const User *user = find([&](const User &each) {
            return !each.password.empty() && name == each.name && password == each.password;
        });
        if (user == nullptr || user->api_token.empty())
            return bare_refusal(400, "invalid credentials");
        return answer_json(json::object{{"api_token", user->api_token}});
    }
    if (what == "session" && request.method == "POST") {
        const auto token = parameters.text("api_token");
        const auto name = parameters.text("username");
        const auto password = parameters.text("password");
        const User *user = find([&](const User &each) {
            return token ? !each.api_token.empty() && token == each.api_token
                         : !each.password.empty() && name == each.name && password == each.password;
        });
        if (user == nullptr)
            return bare_refusal(401, "invalid credentials");
        Response response = answer_json(json::object{{"username", user->name}});
        response.headers.emplace_back("Set-Cookie", set_cookie(sessions_.begin(*user, model_.now)));
        notes["user"] = user->name;
        return response;
    }
    if (what == "session" && request.method == "DELETE") {
        const std::string_view cookie = request.header("Cookie");
        const Session *session = sessions_.use(cookie, model_.now, model_.settings.idle_timeout_s);
        if (session == nullptr)
            return bare_refusal(401, "Not authenticated.");
        Response response = answer_json(json::object{{"username", session->user.name}});
        sessions_.end(cookie);
        response.headers.emplace_back("Set-Cookie", set_cookie(""));
        return response;
    }
    return bare_refusal(404, "No such resource.");
}

Response FlashArray::dispatch(const Request &request, bool pretend, json::object &notes) {
    std::vector<std::string> path = segments_of(request.path);
    if (path.size() == 2 && path[0] == "api" && path[1] == "api_version") {
        json::array versions;
        for (const Version version : model_.settings.versions)
            versions.emplace_back(fmt::format("1.{}", version));
        return answer_json(json::object{{"version", std::move(versions)}});
    }
    if (path.size() < 3 || path[0] != "api")
        return bare_refusal(404, "No such resource.");
    const auto version = parse_version(path[1]);
    if (!version || std::ranges::find(model_.settings.versions, *version) == model_.settings.versions.end())
        return bare_refusal(450, fmt::format("REST version {} is not supported.", path[1]));
    path.erase(path.begin(), path.begin() + 2);
    const Parameters parameters(request);
    if (path[0] == "auth")
        return log_in(request, parameters, path.size() == 2 ? path[1] : "", notes);

    const std::string_view cookie = request.header("Cookie");
    const Session *session = sessions_.use(cookie, model_.now, model_.settings.idle_timeout_s);
    if (session == nullptr)
        return bare_refusal(401, "Not authenticated.");
    notes["user"] = session->user.name;
    notes["session"] = session->number;
    if (session->user.role == Role::readonly && request.method != "GET")
        return bare_refusal(403, "The user's role does not permit this operation.");
    Fields headers{{"Set-Cookie", set_cookie(cookie_of(cookie))}};
    Response response;
    try {
        const Ask ask{.method = request.method,
                      .path = std::move(path),
                      .parameters = parameters,
                      .version = *version,
                      .answer_headers = &headers,
                      .most_rows = *version >= 7 ? model_.settings.most_rows : UINT64_MAX};
        response = answer_json(answer_resource(ask));
        notes["unread"] = parameters.unread();
        if (pretend) {
            model_.store.roll_back();
        } else if (auto done = finish(); !done) {
            response = bare_refusal(500, done.error().message);
        }
    } catch (Refusal &refusal) {
        model_.store.roll_back();
        response = refusal_response({std::move(refusal)});
    } catch (const Refusals &refusals) {
        model_.store.roll_back();
        response = refusal_response(refusals.all);
    }
    response.headers.insert(response.headers.end(), headers.begin(), headers.end());
    return response;
}

Response FlashArray::answer(const Request &request, bool pretend, json::object &notes) {
    const std::lock_guard lock(mutex_);
    begin_call();
    try {
        eradicate_due(model_);
        if (auto done = finish(); !done)
            return bare_refusal(500, done.error().message);
        return dispatch(request, pretend, notes);
    } catch (Refusal &refusal) { // of the body, or of a log-in's parameters
        return refusal_response({std::move(refusal)});
    } catch (...) {
        model_.store.roll_back();
        throw;
    }
}

void FlashArray::end_sessions() {
    const std::lock_guard lock(mutex_);
    sessions_.end_all();
}

json::value FlashArray::state() {
    const std::lock_guard lock(mutex_);
    json::object out = model_.store.to_json(false);
    out["sessions"] = sessions_.list();
    return out;
}

Result<void> FlashArray::set(const json::object &settings) {
    const std::lock_guard lock(mutex_);
    model_.next_due = 0;
    return model_.settings.set(settings);
}

void FlashArray::clock_moved() {
    const std::lock_guard lock(mutex_);
    begin_call();
    model_.next_due = 0;
    model_.store.array.clock_offset_s = clock_.offset_s();
    eradicate_due(model_);
    if (auto done = finish(); !done)
        std::fprintf(stderr, "drover-array-sim: %s\n", done.error().message.c_str());
}

} // namespace drover::sim::flasharray
