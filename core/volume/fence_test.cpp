// Cutting off another node, on a backend that two nodes share; and what the backend says of its pools.
#include "core/volume/testing/forwarding_driver.hpp"
#include "core/volume/testing/world.hpp"

#include <gmock/gmock.h>

namespace drover {
namespace {

using ::testing::ElementsAre;
using testing::ForwardingDriver;
using ::testing::HasSubstr;
using testing::World;

constexpr std::uint64_t kMiB = 1U << 20U;

// A backend on which two nodes have volumes, as an array has it.
class FencingDriver final : public ForwardingDriver {
public:
    using ForwardingDriver::ForwardingDriver;

    bool offers(std::string_view extension) const noexcept override {
        return extension == "drv.fence/1" || ForwardingDriver::offers(extension);
    }
    Result<std::vector<BackendVolume>> fence(const CallContext &, std::string_view node_id) override {
        asked.emplace_back(node_id);
        if (refusal)
            return fail(*refusal);
        return held;
    }

    Result<std::vector<BackendStats>> pool_stats(const CallContext &) override { return pools; }

    std::vector<BackendStats> pools;
    std::vector<std::string> asked;
    std::vector<BackendVolume> held;
    std::optional<Error> refusal;
};

struct Fencing {
    std::shared_ptr<FencingDriver> driver;
    World world{{.wrap = [this](std::shared_ptr<Driver> inner) {
        driver = std::make_shared<FencingDriver>(std::move(inner));
        return driver;
    }}};

    Result<std::vector<FencedView>> fence(const std::string &node, std::vector<std::string> backends = {}) {
        std::promise<Result<std::vector<FencedView>>> ended;
        operation = world.volumes().fence(node, std::move(backends), {},
                                          [&](auto result) { ended.set_value(std::move(result)); });
        return ended.get_future().get();
    }
    std::string operation;
};

TEST(Fence, NamesTheVolumesThatTheNodeHad) {
    Fencing f;
    const auto volume = f.world.create("db", 16 * kMiB);
    ASSERT_TRUE(volume) << volume.error().message;
    f.driver->held = {{.id = "0b0f3c1e-0000-4000-8000-000000000001"}, {.id = volume->id}};
    const auto fenced = f.fence("node-b");
    ASSERT_TRUE(fenced) << fenced.error().message;
    ASSERT_EQ(fenced->size(), 1U);
    EXPECT_EQ(fenced->front().backend, volume->backend);
    EXPECT_THAT(fenced->front().volumes, ElementsAre("0b0f3c1e-0000-4000-8000-000000000001", "db"));
    EXPECT_THAT(f.driver->asked, ElementsAre("node-b"));
    const auto ended = f.world.volumes().operation(f.operation);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->stage,
              "backend " + volume->backend + ": it had 0b0f3c1e-0000-4000-8000-000000000001, db");
}

TEST(Fence, RefusesThisNodeOddNamesAndUnknownBackendsBeforeAnythingIsDone) {
    Fencing f;
    auto fenced = f.fence("node-a");
    ASSERT_FALSE(fenced);
    EXPECT_EQ(fenced.error().code, Code::invalid);
    EXPECT_THAT(fenced.error().message, HasSubstr("is this node"));
    fenced = f.fence("no de");
    ASSERT_FALSE(fenced);
    EXPECT_EQ(fenced.error().code, Code::invalid);
    fenced = f.fence("node-b", {f.world.backends().default_backend(), "nowhere"});
    ASSERT_FALSE(fenced);
    EXPECT_EQ(fenced.error().code, Code::not_found);
    EXPECT_TRUE(f.driver->asked.empty());
}

TEST(Fence, SaysOnWhichBackendANodeIsNotFenced) {
    Fencing f;
    f.driver->refusal = Error{.code = Code::conflict, .message = "its host object is shared"};
    const auto fenced = f.fence("node-b");
    ASSERT_FALSE(fenced);
    EXPECT_EQ(fenced.error().code, Code::conflict);
    EXPECT_EQ(fenced.error().message, "node node-b is not fenced on backend " +
                                          f.world.backends().default_backend() +
                                          ": its host object is shared");
}

TEST(Stats, AreThoseOfTheDriversPools) {
    Fencing f;
    f.driver->pools = {{.id = "fast", .used_bytes = 1, .total_bytes = 10}};
    std::promise<Result<std::vector<BackendStats>>> ended;
    f.world.volumes().pool_stats("", {}, [&](auto result) { ended.set_value(std::move(result)); });
    const auto pools = ended.get_future().get();
    ASSERT_TRUE(pools) << pools.error().message;
    EXPECT_EQ(*pools, f.driver->pools);
}

TEST(Stats, OfABackendWithoutPoolsAreNone) {
    World world; // loopback has none
    std::promise<Result<std::vector<BackendStats>>> ended;
    world.volumes().pool_stats("", {}, [&](auto result) { ended.set_value(std::move(result)); });
    const auto pools = ended.get_future().get();
    ASSERT_TRUE(pools) << pools.error().message;
    EXPECT_TRUE(pools->empty());
}

} // namespace
} // namespace drover
