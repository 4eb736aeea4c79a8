// What goes back from a child over its descriptor: a Result<std::string> as bytes. Private to this folder.
#pragma once

#include "loader/base/deadline.hpp"
#include "loader/base/error.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace drover::child {

// In the child: closes what it must not keep, and forgets the parent's signal handlers. `fd` becomes kFd.
inline constexpr int kFd = 3;
void leave_parent_behind(int fd);
// Runs the work, whatever it throws, and writes what came of it. False: nobody reads.
bool answer(int fd, const std::function<Result<std::string>()> &work);
// Ends the child and nothing else. Not even _exit: what sanitizers run in it speaks of the parent's threads.
[[noreturn]] void end(bool good);

bool write_all(int fd, const void *data, std::size_t size);
bool read_all(int fd, void *data, std::size_t size); // false: it ended before

// In the parent.
enum class Heard { answer, nothing, too_late }; // nothing: the child closed its end, or answered nonsense
Heard listen(int fd, Deadline deadline, Result<std::string> &result);
tl::unexpected<Error> no_answer(std::string_view what);
tl::unexpected<Error> took_too_long(std::string_view what);

} // namespace drover::child
