// The ABI's promise: what a released minor said of sizes, offsets, types and values is true for ever. And
// that the check of this promise is itself worth something.
//
// `abi_layout_test --print` writes the layout of today's headers, which is how the file of a new minor is
// made.
#include "abi/tests/layout.hpp"
#include "drover/abi/version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <regex>
#include <set>

namespace drover::abi {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string read_file(const std::filesystem::path &path) {
    std::ifstream in(path);
    EXPECT_TRUE(in) << path;
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string minor_name() {
    return "v" + std::to_string(DRV_ABI_MAJOR) + "." + std::to_string(DRV_ABI_MINOR);
}

std::vector<std::filesystem::path> golden_files() {
    std::vector<std::filesystem::path> files;
    for (const auto &entry : std::filesystem::directory_iterator(DROVER_ABI_GOLDEN)) {
        if (entry.path().extension() == ".layout")
            files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

// ---- Today's headers ----

TEST(Layout, EveryReleasedMinorStillHolds) {
    ASSERT_FALSE(golden_files().empty());
    for (const auto &file : golden_files())
        EXPECT_THAT(breaches(parse(read_file(file)), layout_now()), IsEmpty()) << file;
}

TEST(Layout, TheFileOfThisMinorIsComplete) {
    const auto file = std::filesystem::path(DROVER_ABI_GOLDEN) / (minor_name() + ".layout");
    ASSERT_TRUE(std::filesystem::exists(file))
        << "a new minor needs its file: abi_layout_test --print > " << file;
    // The other way round: of what is there today, what does the file not know?
    EXPECT_THAT(breaches(layout_now(), parse(read_file(file))), IsEmpty())
        << "something was added since " << file << " was written. A minor that was released is never edited: "
        << "count DRV_ABI_MINOR up and print a new file";
}

// No padding, and no field forgotten in layout_now.cpp: each begins where the one before it ends.
TEST(Layout, FieldsCoverEveryStructWithoutAGap) {
    for (const Struct &each : layout_now().structs) {
        std::uint64_t end = 0;
        for (const Field &field : each.fields) {
            EXPECT_EQ(field.offset, end) << each.name << '.' << field.name;
            end = field.offset + field.size;
        }
        EXPECT_EQ(end, each.size) << each.name;
    }
}

TEST(Layout, AStructIsFrozenOrBeginsWithItsSize) {
    for (const Struct &each : layout_now().structs) {
        ASSERT_FALSE(each.fields.empty()) << each.name;
        EXPECT_EQ(each.is_frozen, each.fields.front().name != "struct_size") << each.name;
    }
}

// Structs, constants and ids that the headers define and layout_now.cpp does not list.
TEST(Layout, EveryNameOfTheHeadersIsListed) {
    const Layout layout = layout_now();
    std::set<std::string> listed{"DRV_ABI_MINOR", "DRV_EXPORT", "DRV_HAS"}; // these say nothing of layout
    for (const Struct &each : layout.structs)
        listed.insert(each.name);
    for (const Value &each : layout.values)
        listed.insert(each.name);
    const std::regex definition(
        R"(struct (drv_\w+) \{|\b(DRV_\w+)\s*= *\d|#define (DRV_\w+)|typedef \w+ (drv_\w+);)");
    std::size_t seen = 0;
    for (const auto &entry : std::filesystem::recursive_directory_iterator(DROVER_ABI_INCLUDE)) {
        if (entry.path().extension() != ".h")
            continue;
        const std::string text = read_file(entry.path());
        for (std::sregex_iterator at(text.begin(), text.end(), definition), end; at != end; ++at) {
            for (std::size_t group = 1; group < at->size(); ++group) {
                if (!(*at)[group].matched)
                    continue;
                ++seen;
                EXPECT_TRUE(listed.contains((*at)[group].str())) << (*at)[group] << " in " << entry.path();
            }
        }
    }
    EXPECT_GT(seen, layout.structs.size()); // the expression still finds them
}

TEST(Layout, TextAndBack) {
    EXPECT_EQ(parse(render(layout_now())), layout_now());
}

// ---- The checker ----

Layout sample() {
    return {.structs = {{.name = "drv_pair",
                         .is_frozen = true,
                         .size = 16,
                         .fields = {{"a", 0, 8, "u64"}, {"b", 8, 8, "u64"}}},
                        {.name = "drv_table",
                         .is_frozen = false,
                         .size = 24,
                         .fields = {{"struct_size", 0, 4, "u32"},
                                    {"reserved", 4, 4, "u32"},
                                    {"first", 8, 8, "i32(u64)"},
                                    {"second", 16, 8, "i32(u64)"}}}},
            .values = {{"constant", "DRV_ONE", "1"}, {"text", "DRV_EXT_IT", "drv.it/1"}}};
}

Struct &table(Layout &layout) {
    return layout.structs[1];
}

TEST(Breaches, NothingChanged) {
    EXPECT_THAT(breaches(sample(), sample()), IsEmpty());
}

TEST(Breaches, AppendingIsAllowed) {
    Layout layout = sample();
    table(layout).fields.push_back({"third", 24, 8, "i32(u64)"});
    table(layout).size = 32;
    layout.structs.push_back(
        {.name = "drv_new", .is_frozen = true, .size = 8, .fields = {{"x", 0, 8, "u64"}}});
    layout.values.push_back({"constant", "DRV_TWO", "2"});
    EXPECT_THAT(breaches(sample(), layout), IsEmpty());
    EXPECT_THAT(breaches(layout, sample()), ElementsAre(HasSubstr("had size 32"), HasSubstr("third"),
                                                        HasSubstr("drv_new"), HasSubstr("DRV_TWO")));
}

TEST(Breaches, ASwapNamesBothSlots) {
    Layout layout = sample();
    auto &fields = table(layout).fields;
    std::swap(fields[2].name, fields[3].name);
    EXPECT_THAT(
        breaches(sample(), layout),
        ElementsAre("drv_table.first was at 8 size 8 and is at 16 size 8; there is now drv_table.second",
                    "drv_table.second was at 16 size 8 and is at 8 size 8; there is now drv_table.first"));
}

TEST(Breaches, InsertingInTheMiddle) {
    Layout layout = sample();
    table(layout).fields[3].offset = 24;
    table(layout).fields.insert(table(layout).fields.begin() + 3, {"between", 16, 8, "i32(u64)"});
    table(layout).size = 32;
    EXPECT_THAT(breaches(sample(), layout),
                ElementsAre(HasSubstr("drv_table.second was at 16"), HasSubstr("drv_table.between is new")));
}

TEST(Breaches, RemovingAndRenaming) {
    Layout layout = sample();
    table(layout).fields[3].name = "renamed";
    EXPECT_THAT(breaches(sample(), layout),
                ElementsAre("drv_table.second was at 16 size 8 and is gone; there is now drv_table.renamed",
                            HasSubstr("drv_table.renamed is new")));
    layout = sample();
    layout.structs.pop_back();
    layout.values.clear();
    EXPECT_THAT(breaches(sample(), layout),
                ElementsAre("drv_table is gone", "constant DRV_ONE is gone", "text DRV_EXT_IT is gone"));
}

TEST(Breaches, AnotherTypeOfTheSameSize) {
    Layout layout = sample();
    table(layout).fields[2].type = "i32(i64)";
    EXPECT_THAT(breaches(sample(), layout), ElementsAre("drv_table.first was a i32(u64) and is a i32(i64)"));
}

TEST(Breaches, AFrozenStructMayNotGrow) {
    Layout layout = sample();
    layout.structs[0].fields.push_back({"c", 16, 8, "u64"});
    layout.structs[0].size = 24;
    EXPECT_THAT(breaches(sample(), layout),
                ElementsAre("drv_pair had size 16 and has 24",
                            "drv_pair.c is new, at 16 size 8: the struct is frozen"));
}

// A field in what was padding: the size stays, so DRV_HAS cannot tell the versions apart.
TEST(Breaches, AFieldInsideTheOldSize) {
    Layout before = sample();
    table(before).fields.pop_back();
    EXPECT_THAT(breaches(before, sample()),
                ElementsAre("drv_table.second is new, at 16 size 8: new fields come behind the old end, 24"));
}

TEST(Breaches, FrozenOrNotIsForEver) {
    Layout layout = sample();
    layout.structs[0].is_frozen = false;
    table(layout).is_frozen = true;
    EXPECT_THAT(breaches(sample(), layout),
                ElementsAre("drv_pair is no longer frozen", "drv_table has become frozen"));
}

TEST(Breaches, AnotherValue) {
    Layout layout = sample();
    layout.values[0].value = "3";
    layout.values[1].value = "drv.it/2";
    EXPECT_THAT(breaches(sample(), layout), ElementsAre("constant DRV_ONE was 1 and is 3",
                                                        "text DRV_EXT_IT was drv.it/1 and is drv.it/2"));
}

TEST(Parse, RefusesWhatItDidNotWrite) {
    for (const char *wrong :
         {"struct drv_x melting size 8", "struct drv_x frozen size", "struct drv_x frozen size 8 9",
          "field drv_x.a at 0 size 8 u64", "field a at 0 size 8 u64", "slot drv_x.a at 0",
          "struct drv_x frozen size -8", "constant DRV_ONE"}) {
        EXPECT_THROW(static_cast<void>(parse(std::string("# comment\n") + wrong + "\n")), std::runtime_error)
            << wrong;
    }
}

} // namespace
} // namespace drover::abi

int main(int argc, char **argv) {
    if (argc == 2 && std::string_view(argv[1]) == "--print") {
        std::cout
            << "# The driver ABI " << drover::abi::minor_name()
            << ": every size, offset, type and value, as gcc and clang see them on 64-bit Linux.\n"
            << "# Once this minor is released the file is never edited: each line must be true of every\n"
            << "# later minor of the same major (abi/tests/layout_test.cpp).\n\n"
            << drover::abi::render(drover::abi::layout_now());
        return std::cout.flush() ? 0 : 1;
    }
    ::testing::InitGoogleMock(&argc, argv);
    return RUN_ALL_TESTS();
}
