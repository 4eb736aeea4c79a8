#include "locks.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <fcntl.h>
#include <vector>

namespace loopback {
namespace {

constexpr char kFile[] = "locks";
constexpr std::chrono::seconds kPatience{10};
constexpr std::chrono::milliseconds kLongestPause{20};

// FNV-1a. Two names on one byte only wait for each other needlessly.
off_t offset_of(std::string_view name) {
    std::uint64_t hash = 14695981039346656037U;
    for (const char c : name)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    return static_cast<off_t>(hash >> 2U);
}

struct Place {
    off_t offset;
    bool exclusive;
};

bool take(int fd, const Place &place) {
    struct flock range {};
    range.l_type = place.exclusive ? F_WRLCK : F_RDLCK;
    range.l_whence = SEEK_SET;
    range.l_start = place.offset;
    range.l_len = 1;
    while (::fcntl(fd, F_OFD_SETLK, &range) != 0) {
        if (errno == EAGAIN || errno == EACCES)
            return false;
        if (errno != EINTR)
            throw failure("cannot lock", kFile, errno);
    }
    return true;
}

} // namespace

Fd Locks::open() const {
    auto file = open_file(root_, kFile, O_RDWR | O_CREAT);
    if (!file)
        throw drv::Error(drv::Code::unreachable, "root_path is gone");
    return std::move(*file);
}

Fd Locks::lock(const drv::Call &call, const std::vector<Want> &wants, std::string_view subject) const {
    std::vector<Place> places;
    places.reserve(wants.size());
    for (const Want &want : wants)
        places.push_back({offset_of(want.name), want.exclusive});
    // One order for everybody, so that no two wait for each other. The stronger of two on one byte is taken
    // last.
    std::sort(places.begin(), places.end(), [](const Place &a, const Place &b) {
        return a.offset != b.offset ? a.offset < b.offset : a.exclusive < b.exclusive;
    });
    Fd file = open();
    const auto end = std::chrono::steady_clock::now() + kPatience;
    for (const Place &place : places) {
        for (std::chrono::milliseconds pause{1}; !take(file.get(), place);
             pause = std::min(pause * 2, kLongestPause)) {
            if (std::chrono::steady_clock::now() >= end) {
                throw drv::Error(drv::Code::conflict, "another operation is working on " +
                                                          std::string(subject) + "; try again later")
                    .retryable();
            }
            if (!call.wait_for(pause))
                call.throw_if_cancelled();
        }
    }
    return file;
}

std::optional<Fd> Locks::try_lock(const std::vector<std::string> &names) const {
    Fd file = open();
    for (const std::string &name : names) {
        if (!take(file.get(), {offset_of(name), true}))
            return std::nullopt;
    }
    return file;
}

} // namespace loopback
