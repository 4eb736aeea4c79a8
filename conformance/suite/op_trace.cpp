#include "conformance/suite/op_trace.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace drover::conformance {

struct OpTrace::Page {
    std::atomic<std::uint32_t> running;
    std::array<char, 64> op;
    std::array<char, 192> subject;
};

namespace {

// Always ends with a NUL, also when the text is cut; a reader never trusts that it does.
template <std::size_t size>
void put(std::array<char, size> &to, std::string_view text) noexcept {
    const std::size_t length = std::min(text.size(), size - 1);
    std::memcpy(to.data(), text.data(), length);
    to[length] = '\0';
}

template <std::size_t size>
std::string_view take(const std::array<char, size> &from) {
    return {from.data(), ::strnlen(from.data(), size)};
}

} // namespace

OpTrace::OpTrace(UniqueFd fd, Page *page) noexcept : fd_(std::move(fd)), page_(page) {}
OpTrace::OpTrace(OpTrace &&other) noexcept
    : fd_(std::move(other.fd_)), page_(std::exchange(other.page_, nullptr)) {}

OpTrace::~OpTrace() {
    if (page_ != nullptr)
        ::munmap(page_, sizeof(Page));
}

Result<OpTrace> OpTrace::map(UniqueFd fd) {
    void *memory = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (memory == MAP_FAILED) // NOLINT: the macro casts
        return fail_errno(errno, "the page that names the running op cannot be mapped");
    return OpTrace(std::move(fd), static_cast<Page *>(memory));
}

Result<OpTrace> OpTrace::make() {
    UniqueFd fd(::memfd_create("drover-conformance-op", MFD_CLOEXEC));
    if (!fd || ::ftruncate(fd.get(), sizeof(Page)) != 0)
        return fail_errno(errno, "the page that names the running op cannot be made");
    return map(std::move(fd));
}

Result<OpTrace> OpTrace::adopt(UniqueFd fd) {
    return map(std::move(fd));
}

void OpTrace::begin(std::string_view op, std::string_view subject) noexcept {
    put(page_->op, op);
    put(page_->subject, subject);
    page_->running.store(1);
}

void OpTrace::end() noexcept {
    page_->running.store(0);
}

void OpTrace::clear() noexcept {
    begin("", "");
    end();
}

std::string OpTrace::last() const {
    std::string text(take(page_->op));
    if (const auto subject = take(page_->subject); !text.empty() && !subject.empty())
        text.append(" of ").append(subject);
    return text;
}

bool OpTrace::is_running() const noexcept {
    return page_->running.load() != 0;
}

} // namespace drover::conformance
