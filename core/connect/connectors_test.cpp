#include "core/connect/connectors.hpp"

#include <gmock/gmock.h>

namespace drover::connect {
namespace {

TEST(ConnectorsTest, LocalIsThere) {
    const auto connectors = standard_connectors();
    EXPECT_NE(connectors.for_protocol(Protocol::local).value(), nullptr);
}

TEST(ConnectorsTest, AProtocolWithoutConnectorIsNamedWithThoseThereAre) {
    const auto connectors = standard_connectors();
    auto missing = connectors.for_protocol(Protocol::nvme_tcp);
    ASSERT_FALSE(missing.has_value());
    EXPECT_EQ(missing.error().code, Code::unsupported);
    EXPECT_EQ(missing.error().message, "this agent cannot connect volumes by nvme-tcp; it can by: local");
}

} // namespace
} // namespace drover::connect
