// The children that call_in_kept_child reuses. Each takes one request at a time from its end of a socket pair
// and ends when the other end closes, so none outlives the process for longer than its call. An idle one
// sleeps in read.
#include "loader/base/child_answer.hpp"
#include "loader/base/child_call.hpp"
#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <optional>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace drover {
namespace {

constexpr std::size_t kMostIdle = 4;
constexpr std::uint64_t kMaxArguments = 1024UL * 1024;

// The child is a fork, so a function lies where it lies in the parent.
struct Request {
    ChildFunction work;
    std::uint64_t bytes; // of the arguments, which follow
};

[[noreturn]] void serve() {
    ::prctl(PR_SET_NAME, "drover-helper");
    for (;;) {
        Request request{};
        if (!child::read_all(child::kFd, &request, sizeof request) || request.bytes > kMaxArguments)
            child::end(true);
        std::string arguments(request.bytes, '\0');
        if (!child::read_all(child::kFd, arguments.data(), arguments.size()))
            child::end(false);
        if (!child::answer(child::kFd, [&] { return request.work(arguments); }))
            child::end(false);
    }
}

class KeptChild {
public:
    KeptChild(pid_t process, UniqueFd line) noexcept : process_(process), line_(std::move(line)) {}
    KeptChild(KeptChild &&other) noexcept
        : process_(std::exchange(other.process_, -1)), line_(std::move(other.line_)) {}
    KeptChild &operator=(KeptChild &&) = delete;
    KeptChild(const KeptChild &) = delete;
    KeptChild &operator=(const KeptChild &) = delete;
    ~KeptChild() {
        line_.reset();
        if (process_ > 0)
            reap(process_);
    }

    static Result<KeptChild> start(std::string_view what) {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
            return fail_errno(errno, fmt::format("{}: making a socket pair", what));
        UniqueFd ours(ends[0]);
        const UniqueFd theirs(ends[1]);
        const pid_t process = ::fork();
        if (process < 0)
            return fail_errno(errno, fmt::format("{}: starting a helper process", what));
        if (process == 0) {
            child::leave_parent_behind(theirs.get());
            serve();
        }
        return KeptChild(process, std::move(ours));
    }

    // It ended while nobody asked it anything: no request can be lost in it.
    [[nodiscard]] bool has_ended() const {
        pollfd look{.fd = line_.get(), .events = POLLIN, .revents = 0};
        return ::poll(&look, 1, 0) != 0;
    }

    // False: nobody is there any more.
    [[nodiscard]] bool tell(ChildFunction work, std::string_view arguments) const {
        const Request request{.work = work, .bytes = arguments.size()};
        std::string bytes(reinterpret_cast<const char *>(&request), sizeof request);
        bytes += arguments;
        std::size_t sent = 0;
        while (sent < bytes.size()) {
            const ssize_t n = ::send(line_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
            if (n < 0 && errno == EINTR)
                continue;
            if (n <= 0)
                return false;
            sent += static_cast<std::size_t>(n);
        }
        return true;
    }
    child::Heard listen(Deadline deadline, Result<std::string> &result) const {
        return child::listen(line_.get(), deadline, result);
    }

    void kill() const noexcept { ::kill(process_, SIGKILL); }
    void disown() noexcept { process_ = -1; }

private:
    pid_t process_;
    UniqueFd line_;
};

// Belongs to the process, as its children do.
class KeptChildren {
public:
    Result<KeptChild> take(std::string_view what) {
        for (;;) {
            std::optional<KeptChild> idle; // one that has ended is reaped outside the lock
            {
                const std::lock_guard lock(mutex_);
                disown_those_of_a_parent();
                if (idle_.empty())
                    break;
                idle.emplace(std::move(idle_.back()));
                idle_.pop_back();
            }
            if (!idle->has_ended())
                return std::move(*idle);
        }
        return KeptChild::start(what);
    }
    Result<void> fill(std::size_t count) {
        const std::lock_guard lock(mutex_);
        disown_those_of_a_parent();
        while (idle_.size() < std::min(count, kMostIdle)) {
            auto started = KeptChild::start("starting helper processes");
            if (!started)
                return fail(std::move(started).error());
            idle_.push_back(std::move(*started));
        }
        return {};
    }
    void give_back(KeptChild &&child) {
        const std::lock_guard lock(mutex_);
        if (idle_.size() < kMostIdle)
            idle_.push_back(std::move(child));
    }

private:
    // This process may itself have been forked from one that had children: they are not ours to ask.
    void disown_those_of_a_parent() {
        if (owner_ == ::getpid())
            return;
        for (KeptChild &child : idle_)
            child.disown();
        idle_.clear();
        owner_ = ::getpid();
    }

    std::mutex mutex_;
    std::vector<KeptChild> idle_;
    pid_t owner_ = ::getpid();
};

KeptChildren &kept_children() {
    static KeptChildren children;
    return children;
}

} // namespace

Result<void> start_kept_children(std::size_t count) {
    return kept_children().fill(count);
}

struct BegunCall::State {
    std::string what;
    Deadline deadline;
    std::optional<KeptChild> child; // nothing: it was waited for
    bool was_told = false;
};

BegunCall::BegunCall(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
BegunCall::BegunCall(BegunCall &&) noexcept = default;
BegunCall::~BegunCall() {
    if (state_ && state_->child)
        state_->child->kill();
}

Result<std::string> BegunCall::wait() {
    KeptChild child = std::move(*state_->child);
    state_->child.reset();
    Result<std::string> result;
    switch (state_->was_told ? child.listen(state_->deadline, result) : child::Heard::nothing) {
    case child::Heard::answer:
        kept_children().give_back(std::move(child));
        return result;
    case child::Heard::nothing:
        child.kill();
        return child::no_answer(state_->what);
    case child::Heard::too_late:
        child.kill();
        return child::took_too_long(state_->what);
    }
    return child::no_answer(state_->what);
}

Result<BegunCall> begin_in_kept_child(std::string_view what, Deadline deadline, ChildFunction work,
                                      std::string_view arguments) {
    if (arguments.size() > kMaxArguments)
        return fail(Code::internal, fmt::format("{}: its arguments are too long", what));
    auto kept = kept_children().take(what);
    if (!kept)
        return fail(std::move(kept).error());
    const bool was_told = kept->tell(work, arguments);
    return BegunCall(std::make_unique<BegunCall::State>(BegunCall::State{
        .what = std::string(what), .deadline = deadline, .child = std::move(*kept), .was_told = was_told}));
}

Result<std::string> call_in_kept_child(std::string_view what, Deadline deadline, ChildFunction work,
                                       std::string_view arguments) {
    auto begun = begin_in_kept_child(what, deadline, work, arguments);
    if (!begun)
        return fail(std::move(begun).error());
    return begun->wait();
}

std::string join_fields(std::initializer_list<std::string_view> fields) {
    std::string text;
    for (const auto field : fields)
        text.append(std::to_string(field.size())).append(1, ':').append(field);
    return text;
}

std::vector<std::string> split_fields(std::string_view text) {
    std::vector<std::string> fields;
    while (!text.empty()) {
        std::size_t size = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
        const auto begin = static_cast<std::size_t>(end - text.data()) + 1;
        if (error != std::errc() || begin > text.size() || *end != ':' || size > text.size() - begin)
            return {};
        fields.emplace_back(text.substr(begin, size));
        text.remove_prefix(begin + size);
    }
    return fields;
}

} // namespace drover
