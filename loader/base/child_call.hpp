// Runs a function in a forked child, for system calls that can hang for ever on dead storage (open, read,
// mount, umount, fsync): a thread stuck in one cannot be given up, a child can. The child shares nothing that
// it writes: what it returns is the text it gives back, and what it changed in the kernel.
#pragma once

#include "loader/base/deadline.hpp"
#include "loader/base/error.hpp"

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace drover {

// Calls `work` in a child and gives its result (up to 1 MiB). At the deadline the child is killed and left
// behind, to be reaped whenever the kernel lets go of it: Code::deadline with state_unknown, "<what> took too
// long".
//
// `work` must not take locks that other threads may hold (so no logging), must not start threads and must
// open what it needs itself: every descriptor above 2 is closed in the child.
Result<std::string> call_in_child(std::string_view what, Deadline deadline,
                                  const std::function<Result<std::string>()> &work);

// The same for what is called often. Forking a process of many threads costs a millisecond, of which most is
// the copy of its page tables; so the child is kept for the next call, and gets a plain function of this
// program and its arguments as text. A child that was late, or died, is replaced. The rules for `work` are
// those above; also it must leave nothing behind (an open descriptor, a changed working directory).
using ChildFunction = Result<std::string> (*)(std::string_view arguments);
Result<std::string> call_in_kept_child(std::string_view what, Deadline deadline, ChildFunction work,
                                       std::string_view arguments);

// Starts children until `count` (at most 4) wait for their first call. To be called while the process has no
// other threads: what another one holds locked at the fork (an allocator, where it is not glibc's own) stays
// locked in the child for ever. Those that have to be started later, none the less, are replacements.
Result<void> start_kept_children(std::size_t count);

// The same, begun: the caller may do something else, or begin another one, before it waits. One that is not
// waited for is given up when this ends, and its child killed.
class BegunCall {
public:
    BegunCall(BegunCall &&) noexcept;
    BegunCall &operator=(BegunCall &&) = delete;
    BegunCall(const BegunCall &) = delete;
    BegunCall &operator=(const BegunCall &) = delete;
    ~BegunCall();

    Result<std::string> wait(); // once

private:
    struct State;
    explicit BegunCall(std::unique_ptr<State> state) noexcept;
    friend Result<BegunCall> begin_in_kept_child(std::string_view what, Deadline deadline, ChildFunction work,
                                                 std::string_view arguments);
    std::unique_ptr<State> state_;
};
Result<BegunCall> begin_in_kept_child(std::string_view what, Deadline deadline, ChildFunction work,
                                      std::string_view arguments);

// Arguments as one text, for the way into a child and back; any bytes. What no join_fields made splits into
// nothing.
std::string join_fields(std::initializer_list<std::string_view> fields);
std::vector<std::string> split_fields(std::string_view text);

// Waits for an ended or killed child, without blocking the caller for long: one that the kernel holds on to
// is left to a thread of its own.
void reap(pid_t child);

} // namespace drover
