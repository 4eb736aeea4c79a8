#include "core/cli/interrupt_notice.hpp"

#include "core/cli/failure.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <unistd.h>

namespace drover::cli {
namespace {

// Only what a signal handler may read: filled before the handler is installed.
std::array<char, 512> notice;
std::size_t notice_length = 0;

extern "C" void say_and_leave(int) {
    const auto written = ::write(STDERR_FILENO, notice.data(), notice_length);
    static_cast<void>(written);
    ::_exit(static_cast<int>(Exit::interrupted));
}

} // namespace

InterruptNotice::InterruptNotice(std::string_view text) {
    notice_length = std::min(text.size(), notice.size());
    std::copy_n(text.begin(), notice_length, notice.begin());
    struct sigaction action {};
    action.sa_handler = say_and_leave;
    ::sigaction(SIGINT, &action, &old_interrupt_);
    ::sigaction(SIGTERM, &action, &old_terminate_);
}

InterruptNotice::~InterruptNotice() {
    ::sigaction(SIGINT, &old_interrupt_, nullptr);
    ::sigaction(SIGTERM, &old_terminate_, nullptr);
}

} // namespace drover::cli
