#include "conformance/suite/process_settings.hpp"

#include <fmt/format.h>

#include <array>
#include <clocale>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

namespace drover::conformance {
namespace {

std::string members(const sigset_t &set) {
    std::string text;
    for (int signal = 1; signal < NSIG; ++signal) {
        if (sigismember(&set, signal) == 1)
            text += fmt::format("{}{}", text.empty() ? "" : " ", signal);
    }
    return text;
}

} // namespace

Settled working_directory() {
    std::error_code error;
    const auto path = std::filesystem::current_path(error);
    return {{"the working directory", error ? error.message() : path.native()}};
}

// Read from the kernel: umask() itself can only be asked by changing it.
Settled file_mask() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("Umask:"))
            return {{"the umask", line.substr(line.find_first_not_of(" \t", 6))}};
    }
    return {};
}

Settled locale_settings() {
    const char *name = std::setlocale(LC_ALL, nullptr);
    return {{"the locale", name != nullptr ? name : "none"},
            {"the locale of the thread", ::uselocale(nullptr) == LC_GLOBAL_LOCALE ? "global" : "its own"}};
}

Settled environment() {
    Settled all;
    for (char **entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string text = *entry;
        const auto equals = text.find('=');
        all.emplace("the environment's " + text.substr(0, equals),
                    equals == std::string::npos ? "" : "\"" + text.substr(equals + 1) + "\"");
    }
    return all;
}

Settled signal_handlers() {
    Settled all;
    for (int signal = 1; signal < NSIG; ++signal) {
        struct sigaction action {};
        if (::sigaction(signal, nullptr, &action) != 0)
            continue;
        // An address says nothing to people, but its change does.
        std::uintptr_t address = 0;
        static_assert(sizeof address == sizeof action.sa_handler);
        std::memcpy(&address, &action.sa_handler, sizeof address);
        const std::string handler = address == 0   ? "default"
                                    : address == 1 ? "ignored"
                                                   : fmt::format("handled at {:#x}", address);
        all.emplace(fmt::format("the handler of signal {} ({})", signal, ::strsignal(signal)),
                    fmt::format("{}, flags {:#x}", handler, static_cast<unsigned>(action.sa_flags)));
    }
    return all;
}

Settled signal_mask() {
    sigset_t set;
    sigemptyset(&set);
    ::pthread_sigmask(SIG_BLOCK, nullptr, &set);
    return {{"the list of blocked signals", "[" + members(set) + "]"}};
}

Settled limits() {
    Settled all;
    for (int resource = 0; resource < static_cast<int>(RLIM_NLIMITS); ++resource) {
        rlimit limit{};
        if (::getrlimit(static_cast<__rlimit_resource_t>(resource), &limit) == 0) {
            all.emplace(fmt::format("resource limit {}", resource),
                        fmt::format("{} of {}", limit.rlim_cur, limit.rlim_max));
        }
    }
    return all;
}

std::vector<std::string> differences(const Settled &before, const Settled &after) {
    std::vector<std::string> all;
    for (const auto &[name, value] : before) {
        const auto now = after.find(name);
        if (now == after.end()) {
            all.push_back(fmt::format("{} was {} and is gone", name, value));
        } else if (now->second != value) {
            all.push_back(fmt::format("{} was {} and is {}", name, value, now->second));
        }
    }
    for (const auto &[name, value] : after) {
        if (!before.contains(name))
            all.push_back(fmt::format("{} is new: {}", name, value));
    }
    return all;
}

} // namespace drover::conformance
