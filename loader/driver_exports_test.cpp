#include "loader/driver_exports.hpp"
#include "loader/elf_exports.hpp"
#include "loader/testing/driver_folder.hpp"

#include <gmock/gmock.h>

#include <cstring>
#include <elf.h>

namespace drover {
namespace {

using ::testing::HasSubstr;

void replace_all(std::string &bytes, std::string_view from, std::string_view to) {
    ASSERT_EQ(from.size(), to.size());
    for (auto at = bytes.find(from); at != std::string::npos; at = bytes.find(from, at + 1))
        bytes.replace(at, to.size(), to);
}

TEST(DriverExports, NamesThatAreShownCannotBreakTheLine) {
    const testing::DriverFolder folder;
    std::string bytes = testing::bytes_of(testing::fixture_path("many-exports"));
    replace_all(bytes, "fixture_a", "fi\x1b[2J\n\xff\x7f");
    const auto checked = check_driver_exports(folder.write("x", bytes));
    ASSERT_FALSE(checked);
    EXPECT_THAT(checked.error().message, HasSubstr(" fi [2J \xEF\xBF\xBD, fixture_b, "));
    EXPECT_EQ(checked.error().message.find_first_of("\x1b\n\x7f"), std::string::npos);
}

TEST(DriverExports, ASecondSymbolTableIsRefused) {
    const testing::DriverFolder folder;
    std::string bytes = testing::bytes_of(testing::fixture_path("good"));
    Elf64_Ehdr header;
    std::memcpy(&header, bytes.data(), sizeof header);
    Elf64_Shdr dynamic_symbols{};
    for (unsigned i = 0; i < header.e_shnum; ++i) {
        Elf64_Shdr section;
        std::memcpy(&section, bytes.data() + header.e_shoff + i * sizeof section, sizeof section);
        if (section.sh_type == SHT_DYNSYM)
            dynamic_symbols = section;
    }
    ASSERT_EQ(dynamic_symbols.sh_type, Elf64_Word{SHT_DYNSYM});
    // Over the first one, which is always empty.
    std::memcpy(bytes.data() + header.e_shoff, &dynamic_symbols, sizeof dynamic_symbols);
    const auto twice = read_exports(folder.write("x", bytes));
    ASSERT_FALSE(twice);
    EXPECT_THAT(twice.error().message,
                HasSubstr("it has two dynamic symbol tables; install the driver again"));
}

} // namespace
} // namespace drover
