// What a call costs when the driver runs in a process of its own, beside what the kernel takes for the same
// messages between two processes that do nothing with them.
#include "bench/processes.hpp"
#include "bench/scenario.hpp"
#include "loader/base/unique_fd.hpp"
#include "loader/isolated.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace drover::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char *kOp = "loader.isolated.op";
constexpr const char *kList = "loader.isolated.list10k";
constexpr const char *kReady = "loader.isolated.ready";

constexpr std::uint64_t kRows = 10000;
constexpr int kRounds = 9; // the best counts: what else the machine does only ever adds
constexpr int kCallsPerRound = 4000;
// What a get and its answer are on the wire, and a listing of the driver's 10,000 rows.
constexpr std::size_t kCallBytes = 176;
constexpr std::size_t kAnswerBytes = 288;
constexpr std::size_t kBatchBytes = 60U << 10;
constexpr std::size_t kListBytes = kRows * 256;

class QuietHost final : public Host {
public:
    void log(std::string_view /*backend*/, LogLevel /*level*/, std::string_view /*message*/) override {}
    [[nodiscard]] bool log_enabled(LogLevel level) const noexcept override { return level >= LogLevel::info; }
};

class Isolated {
public:
    Isolated(const Workplace &workplace, std::uint64_t rows) {
        IsolationOptions options;
        options.program = build_folder() / "bin" / "drover-driver-host";
        auto library = load_isolated(workplace.path() / "drivers" / "memory.so", options, {});
        if (!library)
            throw std::runtime_error(library.error().message);
        OpenRequest request{.backend = "memory", .agent_version = "1", .node_id = "bench", .settings = {}};
        request.settings.values.emplace("rows", std::to_string(rows));
        auto opened = open_isolated(*library, std::move(request), host_, {});
        if (!opened)
            throw std::runtime_error(opened.error().message);
        driver_ = std::move(*opened);
    }
    [[nodiscard]] Driver &driver() const { return *driver_; }
    [[nodiscard]] CallContext call() {
        return {.deadline = Deadline::after(std::chrono::minutes(1)),
                .request_id = "4f9c1e0a-7b52-4f57-9a38-0d6c1d2b3a44",
                .cancel = &cancel_};
    }

private:
    QuietHost host_;
    CancelSource cancel_;
    std::unique_ptr<Driver> driver_;
};

bool move(int fd, std::size_t bytes, bool is_sending) {
    static std::array<char, kBatchBytes> buffer{};
    while (bytes > 0) {
        const std::size_t part = std::min(bytes, buffer.size());
        const ssize_t moved =
            is_sending ? ::send(fd, buffer.data(), part, MSG_NOSIGNAL) : ::recv(fd, buffer.data(), part, 0);
        if (moved <= 0)
            return false;
        bytes -= static_cast<std::size_t>(moved);
    }
    return true;
}

// A process that answers every message of one size with one of another size.
class Echo {
public:
    explicit Echo(std::size_t answer_bytes) : answer_bytes_(answer_bytes) {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
            throw std::runtime_error("no sockets");
        near_ = UniqueFd(ends[0]);
        const UniqueFd far(ends[1]);
        child_ = ::fork();
        if (child_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            near_.reset();
            while (move(far.get(), kCallBytes, false) && move(far.get(), answer_bytes_, true)) {
            }
            ::_exit(0);
        }
    }
    ~Echo() {
        near_.reset();
        ::waitpid(child_, nullptr, 0);
    }
    Echo(const Echo &) = delete;
    Echo &operator=(const Echo &) = delete;
    void round_trip() const {
        if (!move(near_.get(), kCallBytes, true) || !move(near_.get(), answer_bytes_, false))
            throw std::runtime_error("the other process is gone");
    }

private:
    std::size_t answer_bytes_;
    UniqueFd near_;
    pid_t child_ = -1;
};

// The median of the round whose median is the least, in ns.
template <typename Body>
double median_ns(int rounds, int calls, const Body &body) {
    double best = 0;
    for (int round = 0; round < rounds; ++round) {
        std::vector<double> times;
        times.reserve(static_cast<std::size_t>(calls));
        for (int i = 0; i < calls; ++i) {
            const auto began = Clock::now();
            body();
            times.push_back(std::chrono::duration<double, std::nano>(Clock::now() - began).count());
        }
        const auto middle = times.begin() + calls / 2;
        std::nth_element(times.begin(), middle, times.end());
        best = round == 0 ? *middle : std::min(best, *middle);
    }
    return best;
}

Figure measure_op(const Workplace &workplace) {
    Isolated isolated(workplace, 1);
    const std::string id = "00000000-0000-4000-8000-000000000000";
    const double value = median_ns(kRounds, kCallsPerRound, [&] {
        if (!isolated.driver().get(isolated.call(), id))
            throw std::runtime_error("get failed");
    });
    const Echo echo(kAnswerBytes);
    const double floor = median_ns(kRounds, kCallsPerRound, [&] { echo.round_trip(); });
    return {.name = kOp,
            .unit = "us",
            .value = value / 1e3,
            .beside = floor / 1e3,
            .budget = Budget{Budget::Of::value, 6},
            .what = "get of one volume, p50, driver in a process of its own; beside: the same bytes to a "
                    "process that answers at once"};
}

Figure measure_list(const Workplace &workplace) {
    Isolated isolated(workplace, kRows);
    const double value = median_ns(kRounds, 9, [&] {
        std::vector<BackendVolume> rows;
        rows.reserve(kRows);
        const auto listed = isolated.driver().list(isolated.call(), [&](BackendVolume &&row) {
            rows.push_back(std::move(row));
            return true;
        });
        if (!listed || rows.size() != kRows)
            throw std::runtime_error("the listing is not complete");
    });
    const Echo echo(kListBytes);
    const double floor = median_ns(kRounds, 9, [&] { echo.round_trip(); });
    return {.name = kList,
            .unit = "ms",
            .value = value / 1e6,
            .beside = floor / 1e6,
            .budget = Budget{Budget::Of::value, 3},
            .what = "list 10,000 volumes into values, driver in a process of its own; beside: about as many "
                    "bytes from another process, not looked at"};
}

Figure measure_ready(const Workplace &workplace) {
    double value = 0;
    for (int round = 0; round < kRounds * 3; ++round) {
        const auto began = Clock::now();
        Isolated isolated(workplace, 0);
        if (!isolated.driver().probe(isolated.call()))
            throw std::runtime_error("probe failed");
        const double took = std::chrono::duration<double, std::milli>(Clock::now() - began).count();
        value = round == 0 ? took : std::min(value, took);
    }
    double floor = 0;
    for (int round = 0; round < kRounds; ++round) {
        const double took = std::chrono::duration<double, std::milli>(run({"/bin/true"})).count();
        floor = round == 0 ? took : std::min(floor, took);
    }
    return {.name = kReady,
            .unit = "ms",
            .value = value,
            .beside = floor,
            .budget = Budget{Budget::Of::value, 3},
            .what = "from nothing to the first answer of a driver in its own process; beside: /bin/true, "
                    "started and ended"};
}

std::vector<Figure> measure(const Workplace &workplace, const Wanted &wanted) {
    std::vector<Figure> figures;
    if (wanted(kOp))
        figures.push_back(measure_op(workplace));
    if (wanted(kList))
        figures.push_back(measure_list(workplace));
    if (wanted(kReady))
        figures.push_back(measure_ready(workplace));
    return figures;
}

} // namespace

Scenario isolated_scenario() {
    return {.names = {kOp, kList, kReady}, .measure = &measure};
}

} // namespace drover::bench
