#include "core/volume/workers.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace drover {

namespace {
constexpr std::chrono::seconds kIdleBeforeLeaving{10};
using Clock = std::chrono::steady_clock;
using Act = std::function<void()>;
struct Job {
    Act act;
    AtStop at_stop;
};
} // namespace

// Shared with the threads, which are detached: a thread that a hung backend never gives back must not keep
// the process from ending. Whoever holds the last reference frees it.
struct Workers::State : std::enable_shared_from_this<Workers::State> {
    struct Lane {
        std::unordered_map<std::string, std::deque<Job>> queues; // of keys that have waiting or running work
        std::deque<std::string> runnable;                        // keys with waiting work and none running
        std::condition_variable work;
        std::size_t threads = 0;
        std::size_t idle = 0;

        void drop_what_may_be(std::deque<Job> &dropped) {
            for (auto &[key, jobs] : queues) {
                const auto first = std::stable_partition(
                    jobs.begin(), jobs.end(), [](const Job &job) { return job.at_stop == AtStop::run; });
                std::move(first, jobs.end(), std::back_inserter(dropped));
                jobs.erase(first, jobs.end());
            }
            // A key without jobs is in `queues` only while one of its jobs runs.
            std::erase_if(runnable, [&](const std::string &key) {
                const auto queue = queues.find(key);
                if (!queue->second.empty())
                    return false;
                queues.erase(queue);
                return true;
            });
        }
    };

    explicit State(std::size_t limit) : threads_per_lane(limit) {}

    void enqueue(const std::string &lane_name, const std::string &key, Job job) {
        // The caller holds the mutex.
        Lane &lane = lanes[lane_name];
        auto [queue, is_new] = lane.queues.try_emplace(key);
        queue->second.push_back(std::move(job));
        ++pending_jobs;
        if (!is_new)
            return; // the running or runnable key will get to it
        lane.runnable.push_back(key);
        if (lane.idle >= lane.runnable.size()) {
            lane.work.notify_one();
        } else if (lane.threads < threads_per_lane) {
            ++lane.threads;
            ++all_threads;
            std::thread([self = shared_from_this(), &lane] { self->run(lane); }).detach();
        }
    }

    void run(Lane &lane) {
        std::unique_lock lock(mutex);
        for (;;) {
            if (lane.runnable.empty()) {
                ++lane.idle;
                const bool got_work = lane.work.wait_for(lock, kIdleBeforeLeaving,
                                                         [&] { return stopping || !lane.runnable.empty(); });
                --lane.idle;
                if (lane.runnable.empty() && (stopping || !got_work))
                    break;
            }
            const std::string key = std::move(lane.runnable.front());
            lane.runnable.pop_front();
            auto queue = lane.queues.find(key);
            Job job = std::move(queue->second.front());
            queue->second.pop_front();
            ++running;
            lock.unlock();
            job.act();
            job.act = nullptr; // its captures go before the next job of the key starts
            lock.lock();
            --running;
            --pending_jobs;
            queue = lane.queues.find(key);
            if (queue->second.empty()) {
                lane.queues.erase(queue);
            } else {
                lane.runnable.push_back(key);
            }
            if (stopping)
                ended.notify_all();
        }
        --lane.threads;
        --all_threads;
        ended.notify_all();
    }

    void run_timers() {
        std::unique_lock lock(mutex);
        while (!stopping) {
            if (timers.empty()) {
                timer_running = false; // the next post_after starts another
                break;
            }
            const auto first = timers.begin();
            if (first->first > Clock::now()) {
                const auto when = first->first;
                timer_work.wait_until(lock, when);
                continue;
            }
            Timer timer = std::move(first->second);
            timers.erase(first);
            enqueue(timer.lane, timer.key, {std::move(timer.act), AtStop::drop});
        }
        --all_threads;
        ended.notify_all();
    }

    struct Timer {
        std::string lane, key;
        Act act;
    };

    mutable std::mutex mutex;
    std::condition_variable ended;
    std::condition_variable timer_work;
    std::map<std::string, Lane> lanes; // never erased: threads keep references
    std::multimap<Clock::time_point, Timer> timers;
    const std::size_t threads_per_lane;
    std::size_t pending_jobs = 0;
    std::size_t running = 0;
    std::size_t all_threads = 0;
    bool timer_running = false;
    bool stopping = false;
};

Workers::Workers(std::size_t threads_per_lane) : state_(std::make_shared<State>(threads_per_lane)) {}

Workers::~Workers() {
    stop(std::chrono::hours(24 * 365));
}

void Workers::post(const std::string &lane, const std::string &key, Act job, AtStop at_stop) {
    const std::lock_guard lock(state_->mutex);
    if (!state_->stopping)
        state_->enqueue(lane, key, {std::move(job), at_stop});
}

void Workers::post_after(std::chrono::nanoseconds delay, const std::string &lane, const std::string &key,
                         Act job) {
    const std::lock_guard lock(state_->mutex);
    if (state_->stopping)
        return;
    state_->timers.emplace(Clock::now() + delay, State::Timer{lane, key, std::move(job)});
    if (state_->timer_running) {
        state_->timer_work.notify_one();
        return;
    }
    state_->timer_running = true;
    ++state_->all_threads;
    std::thread([self = state_] { self->run_timers(); }).detach();
}

std::size_t Workers::pending() const {
    const std::lock_guard lock(state_->mutex);
    return state_->pending_jobs;
}

bool Workers::stop(std::chrono::nanoseconds limit) {
    std::deque<Job> dropped; // goes outside the lock: captures may post
    std::unique_lock lock(state_->mutex);
    state_->stopping = true;
    state_->timers.clear();
    state_->timer_work.notify_all();
    for (auto &[name, lane] : state_->lanes) {
        lane.drop_what_may_be(dropped);
        lane.work.notify_all();
    }
    state_->pending_jobs -= dropped.size();
    const bool ended = state_->ended.wait_for(lock, limit, [&] { return state_->all_threads == 0; });
    lock.unlock();
    return ended;
}

} // namespace drover
