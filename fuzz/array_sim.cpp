// Calls to a simulated FlashArray that somebody has logged in to: lines of "METHOD address body". Each is
// answered as the API does, with JSON, and whatever was asked, the objects fit together.
#include "conformance/simulators/flasharray/flasharray.hpp"
#include "fuzz/check.hpp"

#include <boost/json/parse.hpp>

#include <set>

namespace {

using namespace drover;
using fuzz::require;
namespace json = boost::json;

std::set<std::uint64_t> ids_of(const json::object &state, const char *kind) {
    std::set<std::uint64_t> ids;
    for (const auto &each : state.at(kind).as_array()) {
        require(ids.insert(each.at("id").to_number<std::uint64_t>()).second, "an id is used once", kind);
    }
    ids.insert(0);
    return ids;
}

void check_state(const json::object &state) {
    const auto volumes = ids_of(state, "volume");
    const auto hosts = ids_of(state, "host");
    const auto groups = ids_of(state, "hgroup");
    std::set<std::pair<std::uint64_t, std::uint64_t>> luns;
    for (const auto &each : state.at("connection").as_array()) {
        const auto host = each.at("host").to_number<std::uint64_t>();
        require(volumes.contains(each.at("volume").to_number<std::uint64_t>()), "what is connected is there");
        require(hosts.contains(host), "a connection's host is there");
        require(groups.contains(each.at("group").to_number<std::uint64_t>()),
                "a connection's host group is there");
        require(host == 0 || luns.emplace(host, each.at("lun").to_number<std::uint64_t>()).second,
                "a host has a LUN once");
    }
    std::set<json::string> serials;
    std::set<json::string> names;
    for (const auto &each : state.at("volume").as_array()) {
        require(serials.insert(each.at("serial").as_string()).second, "a serial is used once");
        require(names.insert(each.at("name").as_string()).second, "a name is used once");
        require(volumes.contains(each.at("parent").to_number<std::uint64_t>()),
                "a snapshot's volume is there");
        require(each.at("size").to_number<std::uint64_t>() % 512 == 0, "a volume is made of sectors");
    }
    for (const auto &each : state.at("pgroup").as_array()) {
        for (const auto &member : each.at("volumes").as_array())
            require(volumes.contains(member.to_number<std::uint64_t>()), "a group's member is there");
    }
}

void check_answer(const sim::Response &response, const sim::Request &request) {
    static const std::set<unsigned> kStatuses{200, 400, 401, 403, 404, 450};
    require(kStatuses.contains(response.status), "the array has so many kinds of answers", request.target);
    boost::system::error_code error;
    const auto value = json::parse(response.body, error);
    require(!error, "an answer is JSON", response.body);
    require(response.status != 400 || value.is_array() || value.as_object().contains("msg"),
            "a refusal has words", response.body);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    sim::Clock clock;
    const auto plane = sim::make_data_plane("none");
    const sim::VolumeFiles files{{}};
    sim::flasharray::Devices devices(**plane, files);
    const sim::flasharray::Seed seed = sim::flasharray::default_seed();
    const auto array = sim::flasharray::FlashArray::open(seed, {}, devices, clock);
    require(array.has_value(), "an array without a file opens");

    json::object notes;
    sim::Request login{.method = "POST",
                       .path = "/api/1.19/auth/session",
                       .body = R"({"api_token": ")" + seed.users.front().api_token + "\"}"};
    const sim::Response session = (*array)->answer(login, false, notes);
    require(session.status == 200, "the token is good");
    const std::string cookie = session.headers.front().second;

    std::string_view rest = fuzz::text_of(data, size);
    while (!rest.empty()) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        const auto first = line.find(' ');
        const auto second = first == std::string_view::npos ? first : line.find(' ', first + 1);
        sim::Request request{.method = std::string(line.substr(0, first)), .headers = {{"Cookie", cookie}}};
        if (first != std::string_view::npos) {
            request.target =
                line.substr(first + 1, second == std::string_view::npos ? second : second - first - 1);
        }
        if (second != std::string_view::npos)
            request.body = line.substr(second + 1);
        if (!sim::read_target(request))
            continue; // the server refuses it
        check_answer((*array)->answer(request, false, notes), request);
        check_state((*array)->state().as_object());
    }
    return 0;
}
