#include "core/connect/connectors.hpp"
#include "core/connect/local.hpp"

#include <gmock/gmock.h>

namespace drover::connect {
namespace {

TEST(ConnectorsTest, EveryProtocolHasOne) {
    const auto connectors = standard_connectors();
    for (const auto protocol : {Protocol::local, Protocol::iscsi, Protocol::fc, Protocol::nvme_tcp})
        EXPECT_NE(connectors.for_protocol(protocol).value(), nullptr) << to_string(protocol);
}

TEST(ConnectorsTest, AProtocolWithoutConnectorIsNamedWithThoseThereAre) {
    Connectors connectors;
    connectors.add(Protocol::local, std::make_unique<LocalConnector>());
    auto missing = connectors.for_protocol(Protocol::nvme_tcp);
    ASSERT_FALSE(missing.has_value());
    EXPECT_EQ(missing.error().code, Code::unsupported);
    EXPECT_EQ(missing.error().message, "this agent cannot connect volumes by nvme-tcp; it can by: local");
}

} // namespace
} // namespace drover::connect
