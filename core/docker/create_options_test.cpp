#include "core/docker/create_options.hpp"

#include <gmock/gmock.h>

namespace drover {
namespace {

using Options = std::vector<std::pair<std::string, std::string>>;

std::string problem(const Options &options) {
    VolumeSpec spec;
    const auto applied = apply_create_options(options, spec);
    if (applied)
        return "";
    EXPECT_EQ(applied.error().code, Code::invalid);
    return applied.error().message;
}

TEST(CreateOptions, fill_the_specification) {
    VolumeSpec spec;
    ASSERT_TRUE(apply_create_options({{"size", "10g"},
                                      {"profile", "gold"},
                                      {"fstype", "xfs"},
                                      {"pool", "p1"},
                                      {"mode", "0750"},
                                      {"uid", "1000"},
                                      {"gid", "0"},
                                      {"subfolder", "data"}},
                                     spec));
    EXPECT_EQ(spec.bytes, std::uint64_t{10} << 30);
    EXPECT_EQ(spec.profile, "gold");
    EXPECT_EQ(spec.fstype, "xfs");
    EXPECT_EQ(spec.pool, "p1");
    EXPECT_EQ(spec.root, (RootOptions{.mode = 0750, .uid = 1000, .gid = 0, .subfolder = "data"}));
    EXPECT_FALSE(spec.source);
}

TEST(CreateOptions, name_a_volume_or_a_snapshot_as_source) {
    VolumeSpec clone;
    ASSERT_TRUE(apply_create_options({{"from", "v"}}, clone));
    EXPECT_EQ(clone.source->kind, VolumeSource::Kind::volume);
    EXPECT_EQ(clone.source->volume, "v");
    VolumeSpec of_snapshot;
    ASSERT_TRUE(apply_create_options({{"from", "v@monday"}}, of_snapshot));
    EXPECT_EQ(of_snapshot.source->kind, VolumeSource::Kind::snapshot);
    EXPECT_EQ(of_snapshot.source->volume, "v");
    EXPECT_EQ(of_snapshot.source->snapshot, "monday");
}

TEST(CreateOptions, refuse_unknown_ones_and_list_the_known) {
    EXPECT_EQ(problem({{"sise", "10g"}}),
              "unknown option \"sise\": did you mean \"size\"?; known are size, profile, "
              "fstype, pool, mode, uid, gid, subfolder, from");
    EXPECT_EQ(problem({{"Size", "10g"}}),
              "unknown option \"Size\": did you mean \"size\"?; known are size, profile, "
              "fstype, pool, mode, uid, gid, subfolder, from");
    EXPECT_EQ(problem({{"o\n\x01", "x"}}),
              "unknown option \"o??\"; known are size, profile, fstype, pool, mode, uid, "
              "gid, subfolder, from");
}

TEST(CreateOptions, refuse_values_that_cannot_be) {
    EXPECT_EQ(problem({{"size", "ten"}}),
              "option size: \"ten\" is not a size: write a number and a unit, such as "
              "10GiB, 512M or 1.5t");
    EXPECT_EQ(problem({{"size", "0"}}),
              "option size: a volume of size 0 cannot be made: give a size such as 10GiB");
    EXPECT_EQ(problem({{"fstype", "btrfs"}}),
              "option fstype: \"btrfs\" is no known filesystem: use ext4 or xfs");
    for (const char *mode : {"", "75", "0888", "rwx", "77777", "-755", "0x1ff", "75 5"}) {
        EXPECT_THAT(problem({{"mode", mode}}),
                    ::testing::HasSubstr("is no mode: use octal digits such as 0750"));
    }
    for (const char *id : {"", "-1", "root", "4294967295", "4294967296", "1.5", " 1"}) {
        EXPECT_THAT(problem({{"uid", id}}), ::testing::HasSubstr("is no numeric id: use digits such as 1000"))
            << id;
    }
    for (const char *source : {"", "@", "v@", "@s"})
        EXPECT_THAT(problem({{"from", source}}), ::testing::HasSubstr("names no source"));
    EXPECT_EQ(problem({{"profile", ""}}), "option profile: it is empty: leave it out, or give it a value");
}

} // namespace
} // namespace drover
