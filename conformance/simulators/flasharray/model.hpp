// What the calls work on: the objects, the rules that the seed sets, the time of the call, and what is still
// to be done to devices when the call has succeeded. One call at a time.
#pragma once

#include "conformance/simulators/flasharray/devices.hpp"
#include "conformance/simulators/flasharray/parameters.hpp"
#include "conformance/simulators/flasharray/refusal.hpp"
#include "conformance/simulators/flasharray/settings.hpp"
#include "conformance/simulators/flasharray/store.hpp"

#include <boost/json/value.hpp>

#include <functional>
#include <vector>

namespace drover::sim::flasharray {

struct Model {
    using Deed = std::function<Result<void>(Devices &)>;

    Store store;
    Seed seed;
    Settings settings;
    Seconds now = 0;      // of this call
    Seconds next_due = 0; // before that nothing is to be eradicated
    std::vector<Deed> deeds;
    Devices *devices = nullptr;

    void then(Deed deed) { deeds.push_back(std::move(deed)); }
};

// One call, as the resources see it.
struct Ask {
    std::string method;            // GET, POST, PUT or DELETE
    std::vector<std::string> path; // behind /api/VERSION/
    const Parameters &parameters;
    Version version = 0;
    Fields *answer_headers = nullptr;     // of the answer
    std::uint64_t most_rows = UINT64_MAX; // of an answer with pages

    [[nodiscard]] bool gets() const { return method == "GET"; }
    [[nodiscard]] bool posts() const { return method == "POST"; }
    [[nodiscard]] bool puts() const { return method == "PUT"; }
    [[nodiscard]] bool removes() const { return method == "DELETE"; }
};

// A path that the version of the call does not have, or a method that it does not have there.
[[noreturn]] inline void refuse_path() {
    throw Refusal{.status = 404, .words = "No such resource."};
}
inline void needs_version(const Ask &ask, Version version) {
    if (ask.version < version)
        refuse_path();
}
// For parameters that came with a version.
inline void needs_version(const Ask &ask, Version version, std::string_view parameter) {
    if (ask.version < version && ask.parameters.has(parameter))
        refuse(parameter, "Unrecognized parameter '" + std::string(parameter) + "'.");
}

// The resources: each answers what lies below its first word of the path, and throws Refusal or Refusals.
[[nodiscard]] boost::json::value answer_array(Model &model, const Ask &ask);
[[nodiscard]] boost::json::value answer_port(Model &model, const Ask &ask);
[[nodiscard]] boost::json::value answer_volume(Model &model, const Ask &ask);
[[nodiscard]] boost::json::value answer_host(Model &model, const Ask &ask);
[[nodiscard]] boost::json::value answer_host_group(Model &model, const Ask &ask);
[[nodiscard]] boost::json::value answer_group(Model &model, const Ask &ask);
[[nodiscard]] boost::json::value answer_container(Model &model, const Ask &ask);

} // namespace drover::sim::flasharray
