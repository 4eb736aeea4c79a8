#include "conformance/suite/host_shape.hpp"

#include "loader/driver_text.hpp"

#include <cstring>
#include <new>
#include <sys/mman.h>
#include <unistd.h>

namespace drover::conformance {
namespace {

constexpr std::size_t kMaxRecords = 100'000; // of one call or host: a driver that never ends fills no memory
constexpr std::size_t kMaxLine = std::size_t{1} << 16;

std::uint32_t size_of(const HostShape &shape, std::size_t known) {
    return static_cast<std::uint32_t>(known + (shape.tail == HostShape::Tail::none ? 0 : kShapeTail));
}

unsigned char filler(const HostShape &shape) {
    return shape.tail == HostShape::Tail::garbage ? 0xA5 : 0;
}

} // namespace

ArgumentText::ArgumentText(std::string_view text, const HostShape &shape)
    : plain_(shape.guards_text ? std::string_view() : text), size_(text.size()) {
    if (!shape.guards_text)
        return;
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    mapped_ = (size_ + 1 + page - 1) / page * page;
    void *made = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED) // NOLINT: the system's macro casts
        throw std::bad_alloc();
    page_ = static_cast<char *>(made);
    if (size_ != 0)
        std::memcpy(page_, text.data(), size_);
}

// Not unmapped: the next mapping would take its place, and a pointer into it would lead somewhere again.
ArgumentText::~ArgumentText() {
    if (page_ != nullptr)
        ::mprotect(page_, mapped_, PROT_NONE);
}

ShapedHost::ShapedHost(const HostBridge &bridge, const HostShape &shape)
    : bridge_(bridge.get()), block_{*bridge.get(), {}, this} {
    block_.table.struct_size = size_of(shape, sizeof(drv_host_v1));
    block_.table.abi_minor = shape.abi_minor;
    block_.table.log = &ShapedHost::on_log;
    block_.table.log_enabled = &ShapedHost::on_log_enabled;
    block_.tail.fill(filler(shape));
}

std::vector<std::string> ShapedHost::logged() const {
    const std::lock_guard lock(mutex_);
    return logged_;
}

void ShapedHost::on_log(const drv_host_v1 *self, std::int32_t level, drv_str message) noexcept {
    ShapedHost &host = *reinterpret_cast<const Block *>(self)->owner; // NOLINT: the table is its first member
    try {
        const std::lock_guard lock(host.mutex_);
        if (message.data != nullptr && host.logged_.size() < kMaxRecords)
            host.logged_.emplace_back(view_of(message).substr(0, kMaxLine));
    } catch (...) { // out of memory: the line goes on all the same
    }
    host.bridge_->log(host.bridge_, level, message);
}

// Every level: a secret in a line that most hosts drop is a secret in the log of one that does not.
std::uint32_t ShapedHost::on_log_enabled(const drv_host_v1 * /*self*/, std::int32_t /*level*/) noexcept {
    return 1;
}

ShapedCall::ShapedCall(const drv_call *call, const HostShape &shape, bool has_fd)
    : bridge_(call->ops), ops_(shape, *call->ops), block_{*call, {}, this} {
    ops_->progress = &ShapedCall::on_progress;
    if (!has_fd)
        ops_->cancel_fd = [](const drv_call *) -> std::int32_t { return -1; };
    block_.call.struct_size = size_of(shape, sizeof(drv_call));
    block_.call.ops = ops_.get();
    block_.tail.fill(filler(shape));
}

std::vector<std::uint32_t> ShapedCall::progress() const {
    const std::lock_guard lock(mutex_);
    return progress_;
}

void ShapedCall::on_progress(const drv_call *call, std::uint32_t permille, drv_str stage) noexcept {
    ShapedCall &self = *reinterpret_cast<const Block *>(call)->owner; // NOLINT: the call is its first member
    try {
        const std::lock_guard lock(self.mutex_);
        if (self.progress_.size() < kMaxRecords)
            self.progress_.push_back(permille);
    } catch (...) { // as for the log
    }
    self.bridge_->progress(call, permille, stage);
}

} // namespace drover::conformance
