// An array small enough to be read at once, for what a simulator does not let tests do: say which answer is
// lost, count the calls, put what people would have done by hand. Volumes, hosts and connections; no
// snapshots and no groups, which conformance has.
#pragma once

#include "sdk/rest/tests/tls_server.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flasharray::testing {

class SmallArray {
public:
    explicit SmallArray(const drv::rest::testing::Identity &identity);

    struct Volume {
        std::string name, serial;
        std::uint64_t bytes = 0;
        bool is_destroyed = false;
    };
    struct Host {
        std::string name;
        std::vector<std::string> iqns, nqns;
        std::string chap_user, chap_password, target_user, target_password;
    };

    // ---- What people do by hand; also beside calls. ----
    void add_volume(const std::string &name, std::uint64_t bytes, bool is_destroyed = false);
    void add_host(const std::string &name, const std::vector<std::string> &iqns);
    void remove_host(const std::string &name);
    void connect(const std::string &host, const std::string &volume);

    // The next call that begins so ("POST volume/") is done, and its answer never arrives.
    void lose_answer_of(std::string call);
    // Every answer to such calls is this text instead, status 200.
    void answer_with(std::string call, std::string text);
    void speak(std::string versions) { versions_ = std::move(versions); }

    // ---- What came of it ----
    [[nodiscard]] std::vector<Volume> volumes() const; // also destroyed ones, by name
    [[nodiscard]] std::vector<Host> hosts() const;
    [[nodiscard]] std::size_t connections() const;
    // "POST volume/v1 {...}" since the last look, without logins.
    [[nodiscard]] std::vector<std::string> take_calls();
    [[nodiscard]] std::uint16_t port() const noexcept { return server_.port(); }

private:
    struct Refusal {
        std::string msg;
    };
    using Object = boost::json::object;
    void serve(drv::rest::testing::Peer &peer);
    [[nodiscard]] boost::json::value act(const std::string &method, const std::vector<std::string> &path,
                                         const Object &parameters, std::string &next_page);
    [[nodiscard]] boost::json::value volume(const std::string &method, const std::vector<std::string> &path,
                                            const Object &parameters);
    [[nodiscard]] boost::json::value host(const std::string &method, const std::vector<std::string> &path,
                                          const Object &parameters);
    [[nodiscard]] boost::json::value list(const Object &parameters, std::string &next_page) const;
    [[nodiscard]] Volume &live(const std::string &name);
    [[nodiscard]] Host &host_called(const std::string &name);
    [[nodiscard]] std::uint64_t free_lun(const std::string &host) const;

    mutable std::mutex mutex_;
    std::map<std::string, Volume> volumes_;
    std::map<std::string, Host> hosts_;
    std::map<std::pair<std::string, std::string>, std::uint64_t> connections_; // host, volume: LUN
    std::vector<std::string> calls_;
    std::string lost_;
    std::pair<std::string, std::string> instead_;
    std::string versions_ = R"({"version": ["1.4", "1.7", "1.17"]})";
    unsigned serials_ = 0;
    drv::rest::testing::TlsServer server_; // last: its threads use the rest
};

} // namespace flasharray::testing
