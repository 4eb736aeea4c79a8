#include "conformance/report/about_driver.hpp"

#include <gtest/gtest.h>

namespace drover::conformance {
namespace {

const std::string kLoaded = R"({"name":"acme","version":"2.1","vendor":"Acme","abi_major":1,"abi_minor":3,)"
                            R"("extensions":[],"protocols":[],"traits":[]})"
                            "\n";
const std::string kOpen = R"({"name":"acme","version":"2.1","vendor":"Acme","abi_major":1,"abi_minor":3,)"
                          R"("extensions":["drv.extend/1"],"protocols":["iSCSI"],"traits":["thin"]})"
                          "\n";

TEST(AboutDriver, TheLastLineCounts) {
    EXPECT_TRUE(read_about_driver(kLoaded).extensions.empty());
    EXPECT_EQ(read_about_driver(kLoaded).abi_minor, 3U);
    EXPECT_EQ(read_about_driver(kLoaded + kOpen).extensions, std::vector<std::string>{"drv.extend/1"});
    EXPECT_EQ(read_about_driver(kLoaded + kOpen).traits, std::vector<std::string>{"thin"});
}

TEST(AboutDriver, ALineThatWasCutIsPassedOver) {
    EXPECT_EQ(read_about_driver(kLoaded + kOpen.substr(0, 90)), read_about_driver(kLoaded));
}

TEST(AboutDriver, NothingThatTheProcessWroteIsBelieved) {
    for (const std::string lines : {"", "\n\n", "{}", "null", "[1,2]", R"({"name":1})", "\xFF\xFE"})
        EXPECT_EQ(read_about_driver(lines), AboutDriver()) << lines;
    std::string negative = kLoaded;
    negative.replace(negative.find("\"abi_minor\":3"), 13, "\"abi_minor\":-3");
    EXPECT_EQ(read_about_driver(negative), AboutDriver());
}

} // namespace
} // namespace drover::conformance
