// An agent that answers as it is told, on a real socket, and `drover` run against it in this process.
#pragma once

#include "core/cli/cli.hpp"
#include "core/http/testing/loop_thread.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <sstream>
#include <stdexcept>

namespace drover::cli::testing {

class Folder {
public:
    Folder() {
        std::string pattern = "/tmp/drover-cli-test-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr)
            throw std::runtime_error("no folder for the test");
        path_ = pattern;
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder &) = delete;
    Folder &operator=(const Folder &) = delete;
    [[nodiscard]] const std::filesystem::path &path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

class FakeAgent {
public:
    FakeAgent() {
        loop_.serve({.socket = socket()},
                    [this](const http::Request &request, const http::Responder &responder) {
                        answer(request, responder);
                    });
    }

    [[nodiscard]] std::filesystem::path socket() const { return folder_.path() / "api.sock"; }

    // "GET /v2/volumes" -> what it answers; several: one after the other, the last one for ever.
    void on(const std::string &request, unsigned status, const std::string &body) {
        const std::scoped_lock lock(mutex_);
        answers_[request].push_back({.status = status, .body = body});
    }
    // A request whose answer never comes.
    void never_answers(const std::string &request) {
        const std::scoped_lock lock(mutex_);
        silent_.push_back(request);
    }
    void fails(const std::string &request, unsigned status, const std::string &code,
               const std::string &message) {
        on(request, status,
           R"({"error":{"code":")" + code + R"(","message":")" + message + R"(","retryable":false}})");
    }
    // An act that ends at once, with this result.
    void acts(const std::string &request, const std::string &kind, const std::string &volume,
              const std::string &result_id) {
        on(request, 202,
           R"({"id":"op1","kind":")" + kind + R"(","volume":")" + volume +
               R"(","done":true,"permille":1000,"stage":"","started_at":null,"ended_at":null,"error":null,"result_id":")" +
               result_id + R"("})");
    }

    // Returns when this request, without its body, has come; false if it did not within a minute.
    [[nodiscard]] bool was_asked(const std::string &request) const {
        std::unique_lock lock(mutex_);
        return came_.wait_for(lock, std::chrono::minutes(1),
                              [&] { return std::ranges::find(names_, request) != names_.end(); });
    }
    // "METHOD target body", in the order they came.
    [[nodiscard]] std::vector<std::string> requests() const {
        const std::scoped_lock lock(mutex_);
        return requests_;
    }
    [[nodiscard]] std::vector<std::string> preferences() const {
        const std::scoped_lock lock(mutex_);
        return preferences_;
    }

private:
    void answer(const http::Request &request, const http::Responder &responder) {
        const std::scoped_lock lock(mutex_);
        const auto name = request.method + " " + request.target;
        requests_.push_back(name + (request.body.empty() ? "" : " " + request.body));
        names_.push_back(name);
        came_.notify_all();
        preferences_.emplace_back(request.header("Prefer"));
        if (std::ranges::find(silent_, name) != silent_.end()) {
            held_.push_back(responder);
            return;
        }
        const auto found = answers_.find(name);
        if (found == answers_.end()) {
            responder.respond({.status = 404,
                               .body = R"({"error":{"code":"not-found","message":"nothing at )" + name +
                                       R"(","retryable":false}})",
                               .headers = {}});
            return;
        }
        responder.respond(found->second.front());
        if (found->second.size() > 1)
            found->second.pop_front();
    }

    Folder folder_;
    mutable std::mutex mutex_;
    mutable std::condition_variable came_;
    std::map<std::string, std::deque<http::Response>> answers_;
    std::vector<std::string> silent_;
    std::vector<http::Responder> held_;
    std::vector<std::string> names_; // of requests_
    std::vector<std::string> requests_;
    std::vector<std::string> preferences_;
    http::testing::LoopThread loop_; // last: its thread uses all of the above
};

struct Outcome {
    Exit exit = Exit::ok;
    std::string out;
    std::string err;
};

// Now is always 2026-03-01T12:00:00Z.
struct Terminal {
    bool out_is_terminal = false;
    bool err_is_terminal = false;
    std::map<std::string, std::string> variables;

    [[nodiscard]] Outcome run(const std::vector<std::string> &arguments) const {
        std::ostringstream out;
        std::ostringstream err;
        const Surroundings around{.out = out,
                                  .err = err,
                                  .out_is_terminal = out_is_terminal,
                                  .err_is_terminal = err_is_terminal,
                                  .variable = [this](const char *name) -> std::optional<std::string> {
                                      const auto found = variables.find(name);
                                      return found == variables.end() ? std::nullopt
                                                                      : std::optional(found->second);
                                  },
                                  .now = [] { return *parse_moment("2026-03-01T12:00:00Z"); },
                                  .connect = connect_api};
        const auto exit = cli::run(arguments, around);
        return {exit, out.str(), err.str()};
    }
};

inline Outcome run_on(const FakeAgent &agent, const std::vector<std::string> &arguments) {
    return Terminal{.variables = {{"DROVER_SOCKET", agent.socket().native()}}}.run(arguments);
}

// Two volumes as the API shows them.
inline const std::string kData =
    R"({"id":"6f1c0f2e-5d0a-4b8e-9c38-0d6a5f0f3a11","name":"data","backend":"loopback","backend_id":"lo-1","status":"in-use",)"
    R"("bytes":10737418240,"profile":"gold","pool":"","fstype":"ext4","fs_uuid":"0b1c","mountpoint":"/flocker/data",)"
    R"("device":"/dev/loop7","node":"node-1","uses":2,"created_at":"2026-03-01T09:00:00Z","created_by_us":true,)"
    R"("source":"","error":null,"operation":""})";
inline const std::string kBroken =
    R"({"id":"11111111-5d0a-4b8e-9c38-0d6a5f0f3a11","name":"broken-volume","backend":"array1","backend_id":"","status":"error",)"
    R"("bytes":1610612736,"profile":"","pool":"","fstype":"xfs","fs_uuid":"","mountpoint":"","device":"","node":"",)"
    R"("uses":0,"created_at":null,"created_by_us":false,"source":"",)"
    R"("error":{"code":"unreachable","message":"array1: no answer from 192.0.2.10","since":"2026-03-01T11:55:00Z",)"
    R"("next_retry_at":"2026-03-01T12:00:20Z"},"operation":""})";
inline const std::string kVolumes = R"({"volumes":[)" + kBroken + "," + kData + "]}";
inline const std::string kMonday =
    R"({"id":"snap-1","name":"monday","volume_id":"6f1c0f2e-5d0a-4b8e-9c38-0d6a5f0f3a11","volume":"data","backend":"loopback",)"
    R"("bytes":10737418240,"created_at":"2026-02-28T12:00:00Z","filesystem_consistent":true,"status":"ready"})";
inline const std::string kSnapshots = R"({"snapshots":[)" + kMonday + "]}";

} // namespace drover::cli::testing
