#include "conformance/suite/host_shape.hpp"
#include "drover/abi/volume.h"
#include "loader/call_bridge.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace drover::conformance {
namespace {

using testing::ElementsAre;

class QuietHost final : public Host {
public:
    void log(std::string_view /*backend*/, LogLevel /*level*/, std::string_view message) override {
        lines.emplace_back(message);
    }
    [[nodiscard]] bool log_enabled(LogLevel level) const noexcept override { return level >= LogLevel::warn; }
    std::vector<std::string> lines;
};

drv_str text(std::string_view words) {
    return {words.data(), words.size()};
}

constexpr HostShape kGarbage{.tail = HostShape::Tail::garbage};

TEST(HostShape, AStructHasATailOnlyWhenAsked) {
    const Shaped<drv_list_req> plain(HostShape{});
    EXPECT_EQ(plain.get()->struct_size, sizeof(drv_list_req));
    const Shaped<drv_list_req> larger(kGarbage);
    EXPECT_EQ(larger.get()->struct_size, sizeof(drv_list_req) + kShapeTail);
    EXPECT_TRUE(std::all_of(larger.tail().begin(), larger.tail().end(),
                            [](unsigned char each) { return each == 0xA5; }));
}

TEST(HostShape, GuardedTextReadsAsItIsAndThenNotAtAll) {
    const HostShape guarded{.guards_text = true};
    const char *kept = nullptr;
    {
        const ArgumentText held("6c8ff3ab", guarded);
        EXPECT_EQ(std::string(held.get().data, held.get().len), "6c8ff3ab");
        EXPECT_EQ(held.get().data[held.get().len], '\0');
        kept = held.get().data;
    }
    EXPECT_DEATH(static_cast<void>(std::string(kept, 8)), "");
}

TEST(HostShape, TheHostRecordsWhatIsLoggedBeforeItIsMasked) {
    QuietHost host;
    const HostBridge bridge(host, {}, {.values = {}, .secrets = {{"password", "swordfish"}}}, {});
    const ShapedHost shaped(bridge, kGarbage);
    EXPECT_EQ(shaped.get()->struct_size, sizeof(drv_host_v1) + kShapeTail);
    EXPECT_EQ(shaped.get()->log_enabled(shaped.get(), DRV_LOG_DEBUG), 1U);
    shaped.get()->log(shaped.get(), DRV_LOG_DEBUG, text("dropped by the host"));
    shaped.get()->log(shaped.get(), DRV_LOG_WARN, text("password swordfish"));
    EXPECT_THAT(shaped.logged(), ElementsAre("dropped by the host", "password swordfish"));
    EXPECT_THAT(host.lines, ElementsAre("password ***"));
}

TEST(HostShape, TheCallRecordsProgressAndCanBeWithoutADescriptor) {
    CancelSource source;
    const CallContext context{.cancel = &source};
    CallBridge bridge(context, "clone");
    const ShapedCall with(bridge.get(), kGarbage, true);
    const ShapedCall without(bridge.get(), HostShape{}, false);
    EXPECT_GE(with.get()->ops->cancel_fd(with.get()), 0);
    EXPECT_EQ(without.get()->ops->cancel_fd(without.get()), -1);
    EXPECT_EQ(without.get()->ops->cancelled(without.get()), 0U);
    source.cancel();
    EXPECT_EQ(without.get()->ops->cancelled(without.get()), 1U);
    for (const std::uint32_t permille : {10U, 2000U, 5U})
        with.get()->ops->progress(with.get(), permille, text("copying"));
    EXPECT_THAT(with.progress(), ElementsAre(10U, 2000U, 5U));
    EXPECT_EQ(bridge.progress_calls(), 3U);
}

} // namespace
} // namespace drover::conformance
