// What was asked and how it was answered, for tests to assert on. Kept in memory, the newest 100,000, and
// with
// --journal also as one line of JSON each in a file. Secrets are replaced by *** before anything is kept. Any
// thread.
#pragma once

#include "conformance/simulators/frame/message.hpp"
#include "loader/base/error.hpp"
#include "loader/base/unique_fd.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <mutex>

namespace drover::sim {

struct Call {
    const Request *request = nullptr;
    const Reply *reply = nullptr;
    boost::json::array faults; // ids of the rules that struck
    boost::json::object notes; // what the vendor's part adds: the user, parameters that it did not read
    std::chrono::microseconds took{0};
};

class Journal {
public:
    // Appends to the file from now on.
    Result<void> write_to(const std::filesystem::path &file);

    void add(const Call &call);
    void clear();

    struct Page {
        boost::json::array calls;
        std::uint64_t next = 0; // the `since` of the next question
    };
    // Calls numbered `since` and above. Waits up to `patience` for the first of them.
    [[nodiscard]] Page since(std::uint64_t since, std::chrono::milliseconds patience) const;
    // Ends every waiting; for the end of the program.
    void stop_waiting();

    static constexpr std::size_t kKept = 100'000;

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable added_;
    UniqueFd file_;
    std::deque<boost::json::object> calls_;
    std::uint64_t next_ = 1; // the number of the next call
    bool is_ending_ = false;
};

// The body as JSON with secrets masked; other text as its length. "password", "api_token" and the like are
// secret.
[[nodiscard]] boost::json::value masked_body(const std::string &body);

} // namespace drover::sim
