// While it lives, Ctrl-C (SIGINT) and SIGTERM print a text on stderr and end the program with 130: what the
// agent has begun goes on without us, and the user must be told so.
#pragma once

#include <csignal>
#include <string_view>

namespace drover::cli {

class InterruptNotice {
public:
    // One at a time in a process. Text beyond 512 bytes is cut.
    explicit InterruptNotice(std::string_view text);
    ~InterruptNotice();
    InterruptNotice(const InterruptNotice &) = delete;
    InterruptNotice &operator=(const InterruptNotice &) = delete;

private:
    struct sigaction old_interrupt_ {};
    struct sigaction old_terminate_ {};
};

} // namespace drover::cli
