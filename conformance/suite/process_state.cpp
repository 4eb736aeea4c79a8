#include "conformance/suite/process_state.hpp"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <thread>
#include <unistd.h>

namespace drover::conformance {
namespace {

namespace fs = std::filesystem;

// The numbered entries of a folder in /proc. Entries may go while they are read.
std::set<int> numbers_in(const fs::path &folder) {
    std::set<int> numbers;
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        const std::string name = at->path().filename().string();
        int number = 0;
        const auto [rest, wrong] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (wrong == std::errc() && rest == name.data() + name.size())
            numbers.insert(number);
    }
    return numbers;
}

fs::path folder_of(pid_t process) {
    return fs::path("/proc") / (process == 0 ? "self" : std::to_string(process));
}

} // namespace

bool ProcessState::can_see(pid_t process) {
    std::error_code error;
    const fs::directory_iterator fds(folder_of(process) / "fd", error);
    return !error;
}

ProcessState ProcessState::of(pid_t process) {
    const fs::path folder = folder_of(process);
    ProcessState state;
    for (const int fd : numbers_in(folder / "fd")) {
        std::error_code error;
        const fs::path leads_to = fs::read_symlink(folder / "fd" / std::to_string(fd), error);
        if (!error) // the descriptor of the listing itself is closed by now
            state.fds.emplace(fd, leads_to.string());
    }
    state.threads = numbers_in(folder / "task");
    for (const int thread : state.threads) {
        std::ifstream list(folder / "task" / std::to_string(thread) / "children");
        for (int child = 0; list >> child;)
            state.children.insert(child);
    }
    return state;
}

std::vector<std::string> ProcessState::added_since(const ProcessState &before) const {
    std::vector<std::string> added;
    for (const auto &[fd, leads_to] : fds) {
        const auto old = before.fds.find(fd);
        if (old == before.fds.end() || old->second != leads_to)
            added.push_back(fmt::format("descriptor {} ({})", fd, leads_to));
    }
    for (const int thread : threads) {
        if (!before.threads.contains(thread))
            added.push_back(fmt::format("thread {}", thread));
    }
    for (const int child : children) {
        if (before.children.contains(child))
            continue;
        std::string name = "?";
        std::ifstream(fmt::format("/proc/{}/comm", child)) >> name;
        added.push_back(fmt::format("child process {} ({})", child, name));
    }
    return added;
}

std::vector<std::string> left_behind(const ProcessState &before, Deadline deadline, pid_t process) {
    while (true) {
        auto added = ProcessState::of(process).added_since(before);
        if (added.empty() || deadline.has_passed())
            return added;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

} // namespace drover::conformance
