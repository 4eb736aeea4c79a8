// drover-array-sim as a process of a test or a benchmark of a driver, and what it lets them do to the array
// (docs/array-sim.md): arm faults, count calls, look at what there is. One thread at a time.
#pragma once

#include "drover/sdk/rest/client.hpp"
#include "drover/sdk/testing/fake_host.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace drv::rest::testing {

class ArrayProcess {
public:
    // Starts the simulator of a vendor's array on any port of loopback, with a seed (YAML), and waits until
    // it is ready. Throws std::runtime_error with what it said when it cannot. With `shown` it shows that
    // certificate, PEM files, instead of one of its own; what is good about it is not looked at here.
    struct Shown {
        std::filesystem::path certificate, key;
    };
    ArrayProcess(const std::filesystem::path &program, const std::string &vendor, const std::string &seed,
                 std::optional<Shown> shown = std::nullopt);
    ~ArrayProcess(); // ends it, and waits
    ArrayProcess(const ArrayProcess &) = delete;
    ArrayProcess &operator=(const ArrayProcess &) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::filesystem::path certificate() const {
        return shown_ ? shown_->certificate : folder_ / "array.pem";
    }
    // What it wrote besides the line that it is ready.
    [[nodiscard]] std::string said() const;

    // One call below /sim/. Throws Error for what it refuses.
    boost::json::value control(Method method, const std::string &path, const std::string &body = "");
    // A rule as docs/array-sim.md describes it, as JSON.
    void arm(std::string_view fault);
    // Disarms all; how many calls were hit.
    std::uint64_t disarm();
    // "GET volume/v1" of each call since the last look, without logins and the search for a version.
    std::vector<std::string> take_calls();
    // Every object, without secrets.
    boost::json::object state();

private:
    void start(const std::filesystem::path &program, const std::string &vendor);
    [[nodiscard]] std::string first_line(int fd);
    void end() noexcept;

    std::filesystem::path folder_;
    std::optional<Shown> shown_;
    pid_t pid_ = -1;
    std::uint16_t port_ = 0;
    drv::testing::FakeHost host_;
    std::unique_ptr<Client> client_;
};

} // namespace drv::rest::testing
