#include "sdk/rest/signal_fd.hpp"

#include <cerrno>
#include <sys/eventfd.h>
#include <system_error>

namespace drv::rest {

namespace {

// Only a full counter or a bad descriptor refuses, and neither can be.
void add_one(int fd) noexcept {
    const std::uint64_t one = 1;
    while (::write(fd, &one, sizeof one) < 0 && errno == EINTR) {
    }
}

UniqueFd make(int flags) {
    UniqueFd fd(::eventfd(0, flags | EFD_CLOEXEC | EFD_NONBLOCK));
    if (!fd)
        throw std::system_error(errno, std::generic_category(), "no event descriptor can be made");
    return fd;
}

} // namespace

Event::Event() : fd_(make(0)) {}

void Event::set() noexcept {
    is_set_.store(true, std::memory_order_release); // first: whoever wakes finds it
    add_one(fd_.get());
}

Semaphore::Semaphore(std::uint64_t count) : fd_(make(EFD_SEMAPHORE)) {
    for (std::uint64_t i = 0; i < count; ++i)
        give();
}

bool Semaphore::try_take() const noexcept {
    std::uint64_t one = 0;
    return ::read(fd_.get(), &one, sizeof one) == static_cast<ssize_t>(sizeof one);
}

void Semaphore::give() const noexcept {
    add_one(fd_.get());
}

} // namespace drv::rest
