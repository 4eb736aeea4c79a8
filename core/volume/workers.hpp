// Runs work that may block. Jobs with one key run one after the other, in the order they came; jobs with
// different keys run at the same time, on threads that come when they are needed and go when they were idle
// for a while. A job that hangs holds up its own key only, until every thread of its lane is taken: a lane (a
// backend) has a limit, so one backend cannot take the threads of another.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace drover {

// What becomes of a job that has not begun when the workers are told to stop.
enum class AtStop { drop, run };

class Workers {
public:
    // At most `threads_per_lane` jobs of one lane run at a time.
    explicit Workers(std::size_t threads_per_lane = 64);
    // As stop, without a limit.
    ~Workers();
    Workers(const Workers &) = delete;
    Workers &operator=(const Workers &) = delete;

    // The job must not throw. From any thread; a job posted after shutdown began is dropped. AtStop::run is
    // for what was promised to somebody already, and short.
    void post(const std::string &lane, const std::string &key, std::function<void()> job,
              AtStop at_stop = AtStop::drop);
    // Not before `delay` has passed; then as post. Costs nothing while it waits.
    void post_after(std::chrono::nanoseconds delay, const std::string &lane, const std::string &key,
                    std::function<void()> job);

    // Jobs that wait or run now, of all lanes.
    [[nodiscard]] std::size_t pending() const;
    // Refuses new jobs, drops those that have not begun unless they are to run, and returns when none runs
    // any more, or at the limit: false.
    bool stop(std::chrono::nanoseconds limit);

private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace drover
