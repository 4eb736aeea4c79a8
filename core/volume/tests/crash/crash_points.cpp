#include "core/volume/tests/crash/crash_points.hpp"

#include <array>
#include <atomic>
#include <csignal>
#include <new>
#include <stdexcept>
#include <sys/mman.h>
#include <unistd.h>

namespace drover::crash {

namespace {
constexpr std::size_t kMostPoints = 8192;
constexpr std::size_t kNever = ~std::size_t{0};
} // namespace

struct Trace::Shared {
    std::atomic<bool> armed = false;
    std::atomic<std::size_t> count = 0;
    std::size_t die_at = kNever;
    bool die_at_point = false;
    Point point{};
    std::array<Point, kMostPoints> points{};
};

namespace {
// The trace of this process: one at a time, made by main.
std::atomic<Trace *> g_trace = nullptr;
void (*g_lose)() = nullptr;
} // namespace

std::string to_string(const Point &point) {
    return std::string(to_string(point.step)) + (point.moment == Moment::before ? ", before" : ", after");
}

Trace::Trace() {
    void *memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        throw std::bad_alloc();
    shared_ = new (memory) Shared();
    g_trace = this;
}

Trace::~Trace() {
    g_trace = nullptr;
    ::munmap(shared_, sizeof(Shared));
}

void Trace::reset() {
    reset(kNever);
}

void Trace::reset(std::size_t die_at) {
    shared_->armed = false;
    shared_->count = 0;
    shared_->die_at = die_at;
    shared_->die_at_point = false;
}

void Trace::reset(const Point &die_at) {
    reset(kNever);
    shared_->die_at_point = true;
    shared_->point = die_at;
}

void Trace::arm() {
    shared_->armed = true;
}

void Trace::disarm() {
    shared_->armed = false;
}

std::vector<Point> Trace::passed() const {
    const std::size_t count = shared_->count;
    if (count > kMostPoints)
        throw std::runtime_error("more crash points passed than can be noted: raise kMostPoints");
    return {shared_->points.begin(), shared_->points.begin() + static_cast<std::ptrdiff_t>(count)};
}

void on_death(void (*lose)()) {
    g_lose = lose;
}

void pass(Step step, Moment moment) noexcept {
    const Trace *trace = g_trace;
    if (trace == nullptr || !trace->shared_->armed)
        return;
    Trace::Shared &shared = *trace->shared_;
    const std::size_t mine = shared.count.fetch_add(1);
    const Point here{.step = step, .moment = moment};
    if (mine < kMostPoints)
        shared.points[mine] = here;
    if (mine == shared.die_at || (shared.die_at_point && shared.point == here)) {
        if (g_lose != nullptr)
            g_lose();
        ::kill(::getpid(), SIGKILL);
        for (;;)
            ::pause();
    }
}

} // namespace drover::crash

namespace drover {

void reached(Step step, Moment moment) noexcept {
    crash::pass(step, moment);
}

} // namespace drover
