#include "conformance/suite/case_file.hpp"

#include <gmock/gmock.h>

namespace drover::conformance {
namespace {

using testing::HasSubstr;

CaseFile good(std::string_view text) {
    auto file = parse_case_file(text, "case.yml", "/tmp/run");
    EXPECT_TRUE(file) << render(file ? std::vector<Problem>{} : file.error());
    return file ? std::move(*file) : CaseFile{};
}

std::string wrong(std::string_view text) {
    const auto file = parse_case_file(text, "case.yml", "/tmp/run");
    return file ? "no problem was found" : render(file.error());
}

TEST(CaseFile, TheSmallestHasGoodDefaults) {
    const CaseFile file = good("version: 1\nkeys:\n");
    EXPECT_TRUE(file.backend.keys.empty());
    EXPECT_EQ(file.small_bytes, 64U << 20U);
    EXPECT_GT(file.grown_bytes, file.small_bytes);
    EXPECT_NE(file.nodes[0].id, file.nodes[1].id);
    EXPECT_EQ(file.fstype, "ext4");
    EXPECT_FALSE(file.is_shared);
}

TEST(CaseFile, EveryKeyIsRead) {
    const CaseFile file = good(R"(version: 1
keys:
  root_path: "{scratch}/a/{scratch}"
  portals: [10.0.0.1, "{scratch}"]
bad-keys: {root_path: /nowhere}
sizes: {small: 1GiB, grown: 2g}
nodes:
  - {id: here, initiators: {iqn: iqn.1993-08.org.debian:01:a, wwpn: [a, b]}}
  - {id: there}
profiles: [gold]
pool: p1
filesystem: xfs
shared: yes
skip:
  - {id: core.list.*, reason: slow}
  - {id: core.probe, reason: no}
)");
    ASSERT_EQ(file.backend.keys.size(), 2U);
    EXPECT_EQ(file.backend.keys[0].value.texts[0].reveal(), "/tmp/run/a//tmp/run");
    EXPECT_EQ(file.backend.keys[1].value.texts[1].reveal(), "/tmp/run");
    EXPECT_EQ(file.bad_keys.at(0).value.texts[0].reveal(), "/nowhere");
    EXPECT_EQ(file.small_bytes, 1U << 30U);
    EXPECT_EQ(file.grown_bytes, 2ULL << 30U);
    EXPECT_EQ(file.nodes[0].id, "here");
    EXPECT_EQ(file.nodes[0].initiators.size(), 3U);
    EXPECT_EQ(file.nodes[1].id, "there");
    EXPECT_EQ(file.profiles, std::vector<std::string>{"gold"});
    EXPECT_EQ(file.pool, "p1");
    EXPECT_EQ(file.fstype, "xfs");
    EXPECT_TRUE(file.is_shared);
    EXPECT_TRUE(file.skips.at(0).matches("core.list.all"));
    EXPECT_FALSE(file.skips.at(0).matches("core.listing"));
    EXPECT_TRUE(file.skips.at(1).matches("core.probe"));
    EXPECT_FALSE(file.skips.at(1).matches("core.probes"));
}

TEST(CaseFile, TheDatasetSectionOfAnAgentYmlCanBePasted) {
    const CaseFile file = good("version: 1\ndataset:\n  backend: loopback\n  root_path: /x\n");
    ASSERT_EQ(file.backend.keys.size(), 1U);
    EXPECT_EQ(file.backend.keys[0].name, "root_path");
}

TEST(CaseFile, MistakesAreToldWithTheirPlace) {
    EXPECT_THAT(wrong("version: 2\nkeys:\n"),
                HasSubstr("case.yml:1:10: error: version: this program reads version 1"));
    EXPECT_THAT(wrong("keys:\n"), HasSubstr("version: missing"));
    EXPECT_THAT(wrong("version: 1\n"), HasSubstr("keys: missing"));
    EXPECT_THAT(wrong("version: 1\nkeys:\nsize: 1\n"), HasSubstr("size: unknown key; did you mean sizes?"));
    EXPECT_THAT(wrong("version: 1\nkeys:\nkeys:\n"), HasSubstr("keys: given twice"));
    EXPECT_THAT(wrong("version: 1\nkeys: {a: 1}\ndataset: {a: 1}\n"), HasSubstr("give one of them"));
    EXPECT_THAT(wrong("version: 1\nkeys: [a]\n"), HasSubstr("expected a mapping"));
    EXPECT_THAT(wrong("version: 1\nkeys:\nsizes: {small: 10}\n"), HasSubstr("at least 16MiB"));
    EXPECT_THAT(wrong("version: 1\nkeys:\nsizes: {small: 1GiB, grown: 1GiB}\n"),
                HasSubstr("sizes.grown: must be larger"));
    EXPECT_THAT(wrong("version: 1\nkeys:\nnodes: [{id: a}, {id: a}]\n"), HasSubstr("different ids"));
    EXPECT_THAT(wrong("version: 1\nkeys:\nnodes: [{id: a}]\n"), HasSubstr("expected two"));
    EXPECT_THAT(wrong("version: 1\nkeys:\nfilesystem: btrfs\n"), HasSubstr("expected ext4 or xfs"));
    EXPECT_THAT(wrong("version: 1\nkeys:\nskip: [{id: core.probe}]\n"),
                HasSubstr("needs an id and a reason"));
    EXPECT_THAT(wrong("version: [\n"), HasSubstr("case.yml"));
    EXPECT_THAT(wrong(""), HasSubstr("expected a mapping"));
}

TEST(CaseFile, TheFilesOfThisRepositoryAreRight) {
    for (const char *name : {"loopback.yml", "cfile.yml"}) {
        const auto file = load_case_file(std::filesystem::path(DROVER_CONFORMANCE_FOLDER) / name, "/tmp/run");
        EXPECT_TRUE(file) << render(file ? std::vector<Problem>{} : file.error());
    }
}

} // namespace
} // namespace drover::conformance
