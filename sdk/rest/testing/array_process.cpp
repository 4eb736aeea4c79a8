#include "sdk/rest/testing/array_process.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <poll.h>
#include <stdexcept>
#include <stdlib.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace drv::rest::testing {

namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr std::string_view kReady = "ready https://127.0.0.1:";

} // namespace

ArrayProcess::ArrayProcess(const std::filesystem::path &program, const std::string &vendor,
                           const std::string &seed, std::optional<Shown> shown)
    : shown_(std::move(shown)) {
    std::string name = (std::filesystem::temp_directory_path() / "drover-array-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
        throw std::runtime_error("no folder for the simulator");
    folder_ = name;
    std::ofstream(folder_ / "seed.yml") << seed;
    try {
        start(program, vendor);
    } catch (...) {
        end();
        throw;
    }
}

ArrayProcess::~ArrayProcess() {
    client_.reset();
    end();
}

void ArrayProcess::end() noexcept {
    if (pid_ > 0) {
        ::kill(pid_, SIGTERM);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
        pid_ = -1;
    }
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
}

void ArrayProcess::start(const std::filesystem::path &program, const std::string &vendor) {
    // All that the child needs is made before the fork: after it another thread's lock may be held for ever.
    const std::string seed = folder_ / "seed.yml";
    const std::string pem = certificate();
    const std::string said = folder_ / "said";
    const std::string key = shown_ ? shown_->key.string() : std::string();
    std::vector<const char *> words{program.c_str(), vendor.c_str(), "--listen",
                                    "127.0.0.1:0",   "--seed",       seed.c_str()};
    if (shown_) {
        words.insert(words.end(), {"--tls-cert", pem.c_str(), "--tls-key", key.c_str(), nullptr});
    } else {
        words.insert(words.end(), {"--write-tls-cert", pem.c_str(), nullptr});
    }
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw std::runtime_error("no pipe for the simulator");
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int errors = ::open(said.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        ::dup2(ends[1], STDOUT_FILENO);
        ::dup2(errors, STDERR_FILENO);
        if (::getppid() == parent)
            ::execv(program.c_str(), const_cast<char *const *>(words.data()));
        ::_exit(127);
    }
    ::close(ends[1]);
    const std::string line = pid_ < 0 ? std::string() : first_line(ends[0]);
    ::close(ends[0]);
    if (!line.starts_with(kReady))
        throw std::runtime_error(program.string() + " is not ready: " + line + this->said());
    port_ = static_cast<std::uint16_t>(std::stoi(line.substr(kReady.size())));
    Options options;
    options.address = {"127.0.0.1", port_};
    options.tls.verify = !shown_.has_value();
    options.tls.ca_file = shown_ ? std::string() : pem;
    options.max_body_bytes = std::size_t{256} << 20U;
    client_ = std::make_unique<Client>(Host(host_.get()), options);
}

std::string ArrayProcess::first_line(int fd) {
    std::string line;
    const auto limit = std::chrono::steady_clock::now() + kPatience;
    while (line.empty() || line.back() != '\n') {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(limit - std::chrono::steady_clock::now());
        pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
        char byte = 0;
        if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0 ||
            ::read(fd, &byte, 1) != 1)
            break;
        line += byte;
    }
    return line;
}

std::string ArrayProcess::said() const {
    std::ifstream in(folder_ / "said", std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

boost::json::value ArrayProcess::control(Method method, const std::string &path, const std::string &body) {
    return client_->json(Limit::within(kPatience), {.method = method, .path = "/sim/" + path, .body = body});
}

void ArrayProcess::arm(std::string_view fault) {
    control(Method::post, "faults", std::string(fault));
}

std::uint64_t ArrayProcess::disarm() {
    std::uint64_t hits = 0;
    const boost::json::value armed = control(Method::get, "faults");
    for (const boost::json::value &each : armed.as_array())
        hits += each.at("hit").to_number<std::uint64_t>();
    control(Method::remove, "faults");
    return hits;
}

std::vector<std::string> ArrayProcess::take_calls() {
    const boost::json::value page = control(Method::get, "calls");
    control(Method::remove, "calls");
    std::vector<std::string> calls;
    for (const boost::json::value &each : page.at("calls").as_array()) {
        const std::string path(each.at("path").as_string());
        // "/api/1.19/volume/v1"
        const std::size_t version = path.find('/', 1);
        const std::size_t resource = version == std::string::npos ? version : path.find('/', version + 1);
        if (resource == std::string::npos || path.compare(resource, 6, "/auth/") == 0)
            continue;
        calls.push_back(std::string(each.at("method").as_string()) + " " + path.substr(resource + 1));
    }
    return calls;
}

boost::json::object ArrayProcess::state() {
    return control(Method::get, "state").as_object();
}

} // namespace drv::rest::testing
