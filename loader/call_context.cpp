#include "loader/call_context.hpp"

#include "loader/base/unique_fd.hpp"

#include <atomic>
#include <cerrno>
#include <sys/eventfd.h>

namespace drover {

// cancel() and fd() may race: each publishes its own part and then looks at the other's, both in the one
// order of seq_cst, so at least one of them sees both and raises the descriptor. Raising it twice does no
// harm.
struct CancelSource::State {
    std::atomic<bool> cancelled = false;
    std::atomic<int> fd = -1;
};

namespace {

void raise_event(int fd) noexcept {
    const int saved = errno;
    const std::uint64_t one = 1;
    while (::write(fd, &one, sizeof one) < 0 && errno == EINTR) {
    }
    errno = saved;
}

} // namespace

CancelSource::CancelSource() : state_(std::make_unique<State>()) {}

CancelSource::~CancelSource() {
    const UniqueFd owned(state_->fd.load());
}

void CancelSource::cancel() noexcept {
    state_->cancelled.store(true);
    if (const int fd = state_->fd.load(); fd >= 0)
        raise_event(fd);
}

bool CancelSource::is_cancelled() const noexcept {
    return state_->cancelled.load(std::memory_order_acquire);
}

int CancelSource::fd() noexcept {
    int current = state_->fd.load();
    if (current < 0) {
        UniqueFd made(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        if (!made)
            return -1;
        if (state_->fd.compare_exchange_strong(current, made.get()))
            current = made.release();
    }
    if (state_->cancelled.load())
        raise_event(current);
    return current;
}

} // namespace drover
