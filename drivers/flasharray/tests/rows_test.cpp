// What is read of an array's answers, and what is refused with a reason.
#include "drivers/flasharray/networks.hpp"
#include "drivers/flasharray/profiles.hpp"
#include "drivers/flasharray/rows.hpp"
#include "drover/sdk/error.hpp"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flasharray {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class Read>
auto read(const char *text, const Read &reader) {
    const auto value = boost::json::parse(text);
    return reader(Json(value, "GET test"));
}
template <class Read>
std::string problem(const char *text, const Read &reader) {
    try {
        static_cast<void>(read(text, reader));
    } catch (const drv::Error &error) {
        EXPECT_EQ(error.code, drv::Code::internal) << text;
        return error.message;
    }
    return "accepted";
}

TEST(FlashArrayRows, AVolume) {
    const VolumeRow row = read(R"({"name": "V", "size": 1048576, "serial": "9714B5CB91634C470002B2C8",
        "source": null, "created": "2016-03-01T10:20:30Z", "time_remaining": 86000})",
                               volume_row);
    EXPECT_EQ(row.name, "V");
    EXPECT_EQ(row.serial, "9714b5cb91634c470002b2c8");
    EXPECT_EQ(row.source, "");
    EXPECT_EQ(row.bytes, 1048576U);
    EXPECT_EQ(row.created_unix_ns, 1456827630000000000U);
    EXPECT_EQ(row.seconds_left, 86000U);
}

TEST(FlashArrayRows, WhatIsNoVolumeIsSaidToBeNone) {
    const auto of = [](const char *text) { return problem(text, volume_row); };
    EXPECT_THAT(of(R"({"size": 512, "serial": "9714B5CB91634C470002B2C8"})"), HasSubstr("name"));
    EXPECT_THAT(of(R"({"name": 5, "size": 512, "serial": "9714B5CB91634C470002B2C8"})"), HasSubstr("name"));
    EXPECT_THAT(of(R"({"name": "v", "size": "10G", "serial": "9714B5CB91634C470002B2C8"})"),
                HasSubstr("size"));
    EXPECT_THAT(of(R"({"name": "v", "size": -1, "serial": "9714B5CB91634C470002B2C8"})"), HasSubstr("size"));
    EXPECT_THAT(of(R"({"name": "v", "size": 513, "serial": "9714B5CB91634C470002B2C8"})"), HasSubstr("513"));
    EXPECT_THAT(of(R"({"name": "v", "size": 9007199254740992, "serial": "9714B5CB91634C470002B2C8"})"),
                HasSubstr("size that no volume can have"));
    EXPECT_THAT(of(R"({"name": "v", "size": 512, "serial": "9714"})"), HasSubstr("24 hex digits"));
    EXPECT_THAT(of(R"({"name": "v\n", "size": 512, "serial": "9714B5CB91634C470002B2C8"})"),
                HasSubstr("name"));
}

TEST(FlashArrayRows, NameMeansTheVolumeInOneAnswerAndTheHostInTheOther) {
    const ConnectionRow one =
        read(R"({"host": "H", "name": "V", "lun": 3, "size": 512})", connection_of_volume);
    const ConnectionRow other =
        read(R"({"name": "H", "vol": "V", "lun": 3, "hgroup": null})", connection_of_host);
    for (const ConnectionRow &row : {one, other}) {
        EXPECT_EQ(row.host, "H");
        EXPECT_EQ(row.volume, "V");
        EXPECT_EQ(row.lun, 3U);
    }
    EXPECT_FALSE(read(R"({"name": "H", "iqn": [], "wwn": [], "vol": null, "lun": null})", connection_of_all));
    EXPECT_THROW(static_cast<void>(read("{}", connection_of_all)), drv::Error)
        << "is no host without a connection";
    EXPECT_THAT(problem(R"({"name": "H", "vol": "V", "lun": 20000})", connection_of_host), HasSubstr("LUN"));
    EXPECT_THAT(problem(R"({"name": "H", "vol": "V", "lun": null})", connection_of_host), HasSubstr("lun"));
}

TEST(FlashArrayRows, WwnsAreReadInEveryForm) {
    const HostRow row =
        read(R"({"name": "H", "iqn": ["iqn.1"], "wwn": ["5001438012345678", "50:01:43:80:12:34:56:7A"],
        "hgroup": null})",
             host_row);
    EXPECT_THAT(row.wwns, ElementsAre("5001438012345678", "500143801234567a"));
    EXPECT_THAT(row.iqns, ElementsAre("iqn.1"));
    EXPECT_THAT(row.nqns, ElementsAre()) << "older versions have none";
    EXPECT_THAT(problem(R"({"name": "H", "iqn": [], "wwn": ["none"]})", host_row), HasSubstr("WWN"));
}

TEST(FlashArrayRows, FromNvmeOnHostsAndPortsHaveNqns) {
    EXPECT_THAT(
        read(R"({"name": "H", "iqn": [], "wwn": [], "nqn": ["nqn.1"], "hgroup": null})", host_row).nqns,
        ElementsAre("nqn.1"));
    const PortRow port = read(R"({"name": "CT0.ETH8", "iqn": null, "portal": "10.0.0.1:4420", "wwn": null,
        "nqn": "nqn.array", "failover": null})",
                              port_row);
    EXPECT_EQ(port.nqn, "nqn.array");
    EXPECT_EQ(port.portal, "10.0.0.1:4420");
    EXPECT_EQ(port.iqn, "");
    EXPECT_THAT(
        problem(R"({"name": "P", "iqn": null, "portal": "10.0.0.1:4420", "wwn": null, "nqn": 3})", port_row),
        HasSubstr("nqn"));
}

TEST(FlashArrayRows, EmptyListsMayBeNull) {
    EXPECT_TRUE(read(R"({"name": "G", "volumes": null})", group_row).volumes.empty());
    EXPECT_THAT(read(R"({"name": "G", "volumes": ["a", "b"]})", group_row).volumes, ElementsAre("a", "b"));
    EXPECT_THAT(problem(R"({"name": "G", "volumes": "a"})", group_row), HasSubstr("volumes"));
}

TEST(FlashArrayRows, SpaceIsAnObjectOrAListOfOne) {
    for (const char *text : {R"({"capacity": 100, "total": 40.0, "data_reduction": 2.5})",
                             R"([{"capacity": 100, "total": 40, "data_reduction": 2.5}])"}) {
        const SpaceRow row = read(text, [](const Json &answer) { return space_row(only_row(answer)); });
        EXPECT_EQ(row.capacity, 100U);
        EXPECT_EQ(row.total, 40U);
        EXPECT_DOUBLE_EQ(*row.data_reduction, 2.5);
        EXPECT_FALSE(row.provisioned);
    }
    EXPECT_THAT(problem(R"({"capacity": -5})", space_row), HasSubstr("number"));
}

TEST(FlashArrayRows, NoLimitIsNullOrNothingOrZero) {
    for (const char *text :
         {R"({"name": "v"})", R"({"name": "v", "iops_limit": null, "bandwidth_limit": 0})"}) {
        const LimitsRow row = read(text, limits_row);
        EXPECT_FALSE(row.iops || row.bytes_per_second) << text;
    }
    EXPECT_EQ(read(R"({"name": "v", "iops_limit": 500})", limits_row).iops, 500U);
}

TEST(FlashArrayRows, TimesOfAnotherFormAreUnknown) {
    EXPECT_EQ(unix_ns_of("1970-01-01T00:00:01Z"), 1'000'000'000U);
    for (const char *time : {"", "Tue Mar  1 10:20:30 2016", "2016-13-01T00:00:00Z", "2016-02-30T00:00:00Z",
                             "2016-02-01T24:00:00Z", "2016-02-01 00:00:00Z", "1969-01-01T00:00:00Z"})
        EXPECT_EQ(unix_ns_of(time), DRV_UNKNOWN) << time;
}

TEST(FlashArrayNetworks, ChoosePortals) {
    EXPECT_TRUE(Network::parse("10.1.0.0/16")->has_portal("10.1.2.3:3260"));
    EXPECT_FALSE(Network::parse("10.1.0.0/16")->has_portal("10.2.2.3:3260"));
    EXPECT_TRUE(Network::parse("0.0.0.0/0")->has_portal("192.0.2.1:3260"));
    EXPECT_TRUE(Network::parse("192.0.2.1")->has_portal("192.0.2.1:3260"));
    EXPECT_TRUE(Network::parse("fd00::/64")->has_portal("[fd00::5]:3260"));
    EXPECT_FALSE(Network::parse("fd00::/64")->has_portal("[fd01::5]:3260"));
    EXPECT_FALSE(Network::parse("0.0.0.0/0")->has_portal("[fd01::5]:3260"));
    for (const char *text : {"", "10.1.0.0/33", "10.1.0.0/", "10.1.0.0/x", "10.1/16", "host", "fd00::/129"})
        EXPECT_FALSE(Network::parse(text)) << text;
}

TEST(FlashArrayProfiles, AreSetsOfLimits) {
    const auto rules = parse_profiles({"gold=iops:20k,bandwidth:400M", "silver=bandwidth:100MiB"});
    ASSERT_EQ(rules.size(), 2U);
    EXPECT_EQ(rules[0].name, "gold");
    EXPECT_EQ(rules[0].limits, (VolumeLimits{20000, std::uint64_t{400} << 20U}));
    EXPECT_EQ(rules[1].limits, (VolumeLimits{std::nullopt, std::uint64_t{100} << 20U}));
    for (const char *text : {"gold", "=iops:500", "gold=", "gold=iops:", "gold=iops:99", "gold=iops:5x",
                             "gold=iops:500,iops:600", "gold=bandwidth:1K", "gold=latency:5",
                             "gold=iops:99999999999999999999", "gold=bandwidth:99999999T"})
        EXPECT_THROW(static_cast<void>(parse_profiles({text})), drv::Error) << text;
    EXPECT_THROW(static_cast<void>(parse_profiles({"a=iops:500", "a=iops:600"})), drv::Error);
    EXPECT_THROW(static_cast<void>(parse_profiles({"a=iops:500", "b=iops:500"})), drv::Error);
}

} // namespace
} // namespace flasharray
