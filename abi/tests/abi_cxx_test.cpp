// DRV_HAS between sides that were compiled with different minors, and that C and C++ see the same structs.
#include "abi/tests/abi_c11.h"
#include "abi/tests/layout.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <memory>
#include <sys/mman.h>
#include <unistd.h>

namespace drover::abi {
namespace {

// A record of an older, smaller minor that ends where memory ends: to read behind it is to crash.
class AtTheEnd {
public:
    explicit AtTheEnd(std::uint32_t struct_size) : page_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) {
        void *memory = ::mmap(nullptr, 2 * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED || ::mprotect(static_cast<char *>(memory) + page_, page_, PROT_NONE) != 0)
            throw std::bad_alloc();
        memory_ = static_cast<char *>(memory);
        std::memcpy(memory_ + page_ - struct_size, &struct_size, sizeof struct_size);
        record_ = memory_ + page_ - struct_size;
    }
    ~AtTheEnd() { ::munmap(memory_, 2 * page_); }
    AtTheEnd(const AtTheEnd &) = delete;
    AtTheEnd &operator=(const AtTheEnd &) = delete;

    template <class T>
    const T *as() const {
        return reinterpret_cast<const T *>(record_); // NOLINT: what a caller of another minor passes
    }

private:
    std::size_t page_;
    char *memory_ = nullptr;
    char *record_ = nullptr;
};

constexpr std::uint32_t kWithoutResolve = offsetof(drv_ops_v1, resolve);
constexpr std::uint32_t kWithoutFreeBytes = offsetof(drv_caps, free_bytes);

TEST(Has, AFieldOfTheOthersVersionIsThere) {
    const drv_ops_v1 ops{.struct_size = sizeof ops};
    EXPECT_TRUE(DRV_HAS(&ops, drv_ops_v1, probe));
    EXPECT_TRUE(DRV_HAS(&ops, drv_ops_v1, resolve)); // the slot is there, and NULL
    EXPECT_TRUE(abi_c11_has_resolve(&ops));
}

TEST(Has, AnOlderSideHasNotWhatCameLater) {
    const AtTheEnd ops(kWithoutResolve);
    EXPECT_TRUE(DRV_HAS(ops.as<drv_ops_v1>(), drv_ops_v1, get));
    EXPECT_FALSE(DRV_HAS(ops.as<drv_ops_v1>(), drv_ops_v1, resolve));
    EXPECT_FALSE(abi_c11_has_resolve(ops.as<drv_ops_v1>()));
    const AtTheEnd caps(kWithoutFreeBytes);
    EXPECT_TRUE(DRV_HAS(caps.as<drv_caps>(), drv_caps, total_bytes));
    EXPECT_FALSE(DRV_HAS(caps.as<drv_caps>(), drv_caps, free_bytes));
    EXPECT_FALSE(abi_c11_has_free_bytes(caps.as<drv_caps>()));
}

TEST(Has, ANewerSideIsLarger) {
    const AtTheEnd ops(sizeof(drv_ops_v1) + 64);
    EXPECT_TRUE(DRV_HAS(ops.as<drv_ops_v1>(), drv_ops_v1, resolve));
    EXPECT_TRUE(abi_c11_has_resolve(ops.as<drv_ops_v1>()));
}

// Half a field is no field.
TEST(Has, TheWholeFieldCounts) {
    for (std::uint32_t size = kWithoutFreeBytes; size < sizeof(drv_caps); size += 4) {
        const drv_caps caps{.struct_size = size};
        EXPECT_FALSE(DRV_HAS(&caps, drv_caps, free_bytes)) << size;
    }
    const drv_caps zero{};
    EXPECT_FALSE(DRV_HAS(&zero, drv_caps, protocols));
}

TEST(Sizes, AreTheSameInC) {
    std::map<std::string, std::uint64_t> in_c;
    for (const abi_c11_size *each = abi_c11_sizes; each->name != nullptr; ++each)
        in_c.emplace(each->name, each->bytes);
    std::map<std::string, std::uint64_t> in_cxx;
    for (const Struct &each : layout_now().structs)
        in_cxx.emplace(each.name, each.size);
    EXPECT_EQ(in_c, in_cxx);
}

} // namespace
} // namespace drover::abi
