// A FlashArray behind its REST API 1.x: finds the version that both speak, keeps a session, and turns
// refusals into RefusedError. Knows no volumes; used by any number of threads.
#pragma once

#include "drivers/flasharray/config.hpp"
#include "drivers/flasharray/rest_version.hpp"
#include "drover/sdk/rest/client.hpp"

#include <boost/json/object.hpp>

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flasharray {

class Array {
public:
    // Connects to nothing yet; throws Error(invalid) for a CA file that cannot be used. `host` is used until
    // the array is gone.
    Array(drv::Host host, const Config &config);

    // One call, as `GET volume/v1`. Parameters travel in the query of a GET, else in the body. Logs in when
    // there is no session, again and once more after 401; finds the version again and asks once more after
    // 450. Throws RefusedError, and Error as drv::rest::Client::json.
    boost::json::value call(const drv::rest::Limit &limit, drv::rest::Method method,
                            std::string_view resource, const boost::json::object &parameters = {});
    // How many rows a list will have. Few are asked for at once: pages end with an empty one, which is a call
    // more. An array that gives them in pages all the same is followed through all of them.
    enum class Rows { few, many };
    // All rows of a list, page after page where the version has pages. `parameters` as in `call`. Throws
    // Error(internal) for what is no list, and for pages without an end.
    std::vector<boost::json::value> list(const drv::rest::Limit &limit, std::string_view resource, Rows rows,
                                         const boost::json::object &parameters = {});
    // The version that is spoken; asks the array the first time.
    [[nodiscard]] RestVersion version(const drv::rest::Limit &limit);
    // Ends the session, for close. Never throws.
    void log_out(const drv::rest::Limit &limit) noexcept;

private:
    struct Answer {
        boost::json::value value;
        std::string next_page; // empty: this was the last
    };
    Answer ask(const drv::rest::Limit &limit, drv::rest::Method method, std::string_view resource,
               const boost::json::object &parameters);
    [[nodiscard]] boost::json::value read(const drv::rest::Request &request,
                                          const drv::rest::Response &response) const;
    [[nodiscard]] drv::rest::SessionRules session_rules();
    [[nodiscard]] RestVersion version_by(const drv::rest::Send &send);
    // True when the array offers another one now than `used`.
    [[nodiscard]] bool find_version_again(const drv::rest::Limit &limit, RestVersion used);

    const std::string api_token_;
    std::mutex mutex_;
    std::optional<RestVersion> version_;
    drv::rest::Client client_;
};

// "volume/v1": for names that people or the array chose. Throws Error(invalid) for one that would be another
// path.
[[nodiscard]] std::string resource(std::string_view kind, std::string_view name);

} // namespace flasharray
