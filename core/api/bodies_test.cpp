#include "core/api/bodies.hpp"

#include <gmock/gmock.h>

namespace drover {
namespace {

template <typename T>
std::string problem(const Result<T> &result) {
    if (result)
        return "";
    EXPECT_EQ(result.error().code, Code::invalid);
    return result.error().message;
}

TEST(Bodies, a_volume_with_everything) {
    const auto spec =
        read_volume_spec(R"({"name":"v","id":"i","backend":"gold","bytes":18446744073709551615,)"
                         R"("profile":"p","pool":"q","fstype":"xfs","must_exist":true,)"
                         R"("source":{"volume":"w","snapshot":"s"},)"
                         R"("root":{"mode":"0750","uid":0,"gid":4294967294,"subfolder":"data"}})");
    ASSERT_TRUE(spec) << spec.error().message;
    EXPECT_EQ(spec->name, "v");
    EXPECT_EQ(spec->id, "i");
    EXPECT_EQ(spec->backend, "gold");
    EXPECT_EQ(spec->bytes, 18446744073709551615U);
    EXPECT_EQ(spec->profile, "p");
    EXPECT_EQ(spec->pool, "q");
    EXPECT_EQ(spec->fstype, "xfs");
    EXPECT_TRUE(spec->must_exist);
    EXPECT_FALSE(spec->any_shape);
    ASSERT_TRUE(spec->source);
    EXPECT_EQ(spec->source->kind, VolumeSource::Kind::snapshot);
    EXPECT_EQ(spec->source->volume, "w");
    EXPECT_EQ(spec->source->snapshot, "s");
    EXPECT_EQ(spec->root, (RootOptions{.mode = 0750, .uid = 0, .gid = 4294967294, .subfolder = "data"}));
}

TEST(Bodies, a_new_shape_limits_and_what_to_adopt) {
    EXPECT_EQ(read_new_shape(R"({"profile":"p","pool":"q","may_migrate":true})"),
              (NewShape{.profile = "p", .pool = "q", .may_migrate = true}));
    EXPECT_EQ(problem(read_new_shape(R"({"may_migrate":true})")),
              R"("profile" is missing or empty, and so is "pool")");
    EXPECT_EQ(read_limits(R"({"max_iops":100,"max_bytes_per_second":18446744073709551615})"),
              (Limits{.max_iops = 100, .max_bytes_per_second = 18446744073709551615U}));
    EXPECT_EQ(read_limits(R"({"min_iops":1,"burst_iops":2,"max_iops":null})"),
              (Limits{.min_iops = 1, .burst_iops = 2}));
    EXPECT_EQ(read_limits("{}"), Limits());
    EXPECT_EQ(problem(read_limits(R"({"max_iops":0})")),
              R"("max_iops" must be a whole number from 1 to 18446744073709551615)");
    EXPECT_EQ(problem(read_limits(R"({"max_iops":-5})")),
              R"("max_iops" must be a whole number from 1 to 18446744073709551615)");
    EXPECT_EQ(problem(read_limits(R"({"iops":5})")),
              R"(unknown key "iops"; known are max_iops, min_iops, burst_iops, max_bytes_per_second)");
    const auto spec = read_adopt_spec(R"({"backend":"b","handle":"h","name":"n"})");
    ASSERT_TRUE(spec) << spec.error().message;
    EXPECT_EQ(spec->backend + spec->handle + spec->name, "bhn");
    EXPECT_EQ(problem(read_adopt_spec(R"({"name":"n"})")), R"("handle" is missing or empty)");
    EXPECT_EQ(problem(read_snapshot_adopt_spec(R"({"handle":"h","backend":"b"})")),
              R"(unknown key "backend"; known are handle, name)");
}

TEST(Bodies, null_is_as_good_as_absent) {
    const auto spec = read_volume_spec(R"({"name":"v","bytes":null,"source":null,"root":{"mode":null}})");
    ASSERT_TRUE(spec) << spec.error().message;
    EXPECT_FALSE(spec->bytes);
    EXPECT_FALSE(spec->source);
    EXPECT_FALSE(spec->root.mode);
}

TEST(Bodies, a_clone_of_a_volume) {
    const auto spec = read_volume_spec(R"({"name":"v","source":{"volume":"w"}})");
    ASSERT_TRUE(spec);
    EXPECT_EQ(spec->source->kind, VolumeSource::Kind::volume);
}

TEST(Bodies, unknown_keys_are_told_with_the_known) {
    EXPECT_EQ(
        problem(read_volume_spec(R"({"nmae":"v"})")),
        "unknown key \"nmae\": did you mean \"name\"?; known are name, id, backend, bytes, profile, pool, "
        "fstype, source, root, must_exist");
    EXPECT_EQ(problem(read_volume_spec(R"({"name":"v","root":{"mod":"755"}})")),
              "unknown key \"root.mod\": did you mean \"mode\"?; known are mode, uid, gid, subfolder");
    EXPECT_EQ(problem(read_use(R"({"use":"u","x\n":1})")), "unknown key \"x?\"; known are use");
}

TEST(Bodies, wrong_values_are_told_with_their_key) {
    EXPECT_EQ(problem(read_volume_spec("{}")), "\"name\" is missing or empty");
    EXPECT_EQ(problem(read_volume_spec(R"({"name":7})")), "\"name\" must be text");
    for (const char *bytes : {"0", "-1", "1.5", "\"10g\"", "18446744073709551616", "1e3", "true"}) {
        EXPECT_EQ(problem(read_volume_spec(std::string(R"({"name":"v","bytes":)") + bytes + "}")),
                  "\"bytes\" must be a whole number from 1 to 18446744073709551615")
            << bytes;
    }
    EXPECT_EQ(problem(read_volume_spec(R"({"name":"v","fstype":"ntfs"})")), "\"fstype\" must be ext4 or xfs");
    EXPECT_EQ(problem(read_volume_spec(R"({"name":"v","must_exist":1})")),
              "\"must_exist\" must be true or false");
    EXPECT_EQ(problem(read_volume_spec(R"({"name":"v","source":"w"})")), "\"source\" must be an object");
    EXPECT_EQ(problem(read_volume_spec(R"({"name":"v","source":{}})")),
              "\"source.volume\" is missing or empty");
    for (const char *mode : {"75", "0888", "rwx", "07555", "-75"}) {
        EXPECT_EQ(problem(read_volume_spec(std::string(R"({"name":"v","root":{"mode":")") + mode + "\"}}")),
                  "\"root.mode\" must be three or four octal digits as text, such as \"0750\"")
            << mode;
    }
    EXPECT_EQ(problem(read_volume_spec(R"({"name":"v","root":{"uid":4294967295}})")),
              "\"root.uid\" must be a whole number from 0 to 4294967294");
    EXPECT_EQ(problem(read_new_size("{}")), "\"bytes\" is missing");
    EXPECT_EQ(problem(read_use(R"({"use":""})")), "\"use\" is missing or empty");
    EXPECT_EQ(problem(read_use(R"({"use":")" + std::string(256, 'a') + "\"}")),
              "\"use\" is longer than 255 bytes");
}

TEST(Bodies, what_is_no_object_is_refused) {
    EXPECT_EQ(problem(read_use("")), "the request has no body: send a JSON object with the keys use");
    EXPECT_EQ(problem(read_use("[]")), "the request's body is no JSON object");
    EXPECT_THAT(problem(read_use("{")), ::testing::StartsWith("the request's body is no JSON: "));
    std::string deep;
    for (int i = 0; i < 100000; ++i)
        deep += R"({"use":)";
    EXPECT_THAT(problem(read_use(deep)), ::testing::StartsWith("the request's body is no JSON: "));
}

TEST(Bodies, a_snapshot_needs_none) {
    EXPECT_EQ(read_new_snapshot(""), "");
    EXPECT_EQ(read_new_snapshot("{}"), "");
    EXPECT_EQ(read_new_snapshot(R"({"name":"s"})"), "s");
    EXPECT_EQ(problem(read_new_snapshot("x")).substr(0, 30), "the request's body is no JSON:");
}

} // namespace
} // namespace drover
