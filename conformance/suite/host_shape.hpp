// How the host looks to a driver beyond what this ABI minor says: larger structs with something behind the
// fields that the driver knows, a newer minor, text that is really gone when the call returns. A driver must
// not notice. Also the two tables that the suite listens through: the host's log and a call's progress.
#pragma once

#include "drover/abi/call.h"
#include "drover/abi/host.h"
#include "loader/host_bridge.hpp"
#include "loader/host_text.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace drover::conformance {

inline constexpr std::size_t kShapeTail = 64;

struct HostShape {
    enum class Tail { none, zeros, garbage };
    Tail tail = Tail::none;
    std::uint16_t abi_minor = DRV_ABI_MINOR;
    bool guards_text =
        false; // ids, names and tokens lie on pages that nobody can read once the call returned
};

// One struct of the ABI, as a host of that shape hands it out.
template <typename T>
class Shaped {
public:
    explicit Shaped(const HostShape &shape, const T &value = T{}) : block_{value, {}} {
        const bool has_tail = shape.tail != HostShape::Tail::none;
        block_.value.struct_size = static_cast<std::uint32_t>(sizeof(T) + (has_tail ? kShapeTail : 0));
        block_.tail.fill(shape.tail == HostShape::Tail::garbage ? 0xA5 : 0);
        static_assert(offsetof(Block, tail) == sizeof(T), "the tail follows at once");
    }
    T *operator->() noexcept { return &block_.value; }
    [[nodiscard]] const T *get() const noexcept { return &block_.value; }
    [[nodiscard]] T *get() noexcept { return &block_.value; }
    [[nodiscard]] const std::array<unsigned char, kShapeTail> &tail() const noexcept { return block_.tail; }

private:
    struct Block {
        T value;
        std::array<unsigned char, kShapeTail> tail;
    };
    Block block_;
};

// Text on its way to a driver.
class ArgumentText {
public:
    ArgumentText(std::string_view text, const HostShape &shape);
    ~ArgumentText();
    ArgumentText(const ArgumentText &) = delete;
    ArgumentText &operator=(const ArgumentText &) = delete;
    [[nodiscard]] drv_str get() const noexcept {
        return page_ != nullptr ? drv_str{page_, size_} : plain_.get();
    }

private:
    HostText plain_;
    char *page_ = nullptr;
    std::size_t size_ = 0;
    std::size_t mapped_ = 0;
};

// The table that a driver gets as its host: the bridge's, and a record of every line it logs, before secrets
// are masked.
class ShapedHost {
public:
    ShapedHost(const HostBridge &bridge, const HostShape &shape);
    ShapedHost(const ShapedHost &) = delete;
    ShapedHost &operator=(const ShapedHost &) = delete;
    [[nodiscard]] const drv_host_v1 *get() const noexcept { return &block_.table; }
    [[nodiscard]] std::vector<std::string> logged() const;

private:
    struct Block {
        drv_host_v1 table;
        std::array<unsigned char, kShapeTail> tail;
        ShapedHost *owner;
    };
    static void on_log(const drv_host_v1 *self, std::int32_t level, drv_str message) noexcept;
    static std::uint32_t on_log_enabled(const drv_host_v1 *self, std::int32_t level) noexcept;

    const drv_host_v1 *bridge_;
    Block block_;
    mutable std::mutex mutex_;
    std::vector<std::string> logged_;
};

// The table that a driver gets as its call.
class ShapedCall {
public:
    // With `has_fd` false, cancel_fd answers -1, as a host without descriptors does.
    ShapedCall(const drv_call *call, const HostShape &shape, bool has_fd);
    ShapedCall(const ShapedCall &) = delete;
    ShapedCall &operator=(const ShapedCall &) = delete;
    [[nodiscard]] const drv_call *get() const noexcept { return &block_.call; }
    // Everything that was said to `progress`, in order.
    [[nodiscard]] std::vector<std::uint32_t> progress() const;

private:
    struct Block {
        drv_call call;
        std::array<unsigned char, kShapeTail> tail;
        ShapedCall *owner;
    };
    static void on_progress(const drv_call *call, std::uint32_t permille, drv_str stage) noexcept;

    const drv_call_ops *bridge_;
    Shaped<drv_call_ops> ops_;
    Block block_;
    mutable std::mutex mutex_;
    std::vector<std::uint32_t> progress_;
};

} // namespace drover::conformance
