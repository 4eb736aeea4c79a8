#include "core/volume/identity.hpp"

#include <gtest/gtest.h>

namespace drover {
namespace {

// Values of RFC 4122's own example name space for DNS, as other implementations give them.
TEST(Identity, NamesBecomeTheUuidsOfTheStandard) {
    constexpr std::string_view kDns = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    EXPECT_EQ(uuid_v5(kDns, "python.org"), "886313e1-3b8a-5372-9b90-0c9aee199e5d");
    EXPECT_EQ(uuid_v5(kDns, "www.example.com"), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    EXPECT_TRUE(is_uuid(kDefaultClusterId));
}

TEST(Identity, UuidsAreToldFromOtherTexts) {
    EXPECT_TRUE(is_uuid(random_uuid()));
    EXPECT_NE(random_uuid(), random_uuid());
    EXPECT_FALSE(is_uuid(""));
    EXPECT_FALSE(is_uuid("886313E1-3B8A-5372-9B90-0C9AEE199E5D"));
    EXPECT_FALSE(is_uuid("886313e1-3b8a-5372-9b90-0c9aee199e5"));
    EXPECT_FALSE(is_uuid("886313e1x3b8a-5372-9b90-0c9aee199e5d"));
}

} // namespace
} // namespace drover
