#include "loader/base/unique_fd.hpp"
#include "loader/elf_exports.hpp"
#include "loader/testing/driver_folder.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <functional>
#include <sys/wait.h>
#include <unistd.h>

namespace drover {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

std::string why_not(const testing::DriverFolder &folder, const std::string &bytes) {
    const auto result = read_exports(folder.write("x", bytes));
    return result ? "readable" : result.error().message;
}

// The same walk for thousands of damaged files, in a process of its own: it must end by itself, and well.
void expect_no_crash(const std::function<void()> &body) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        ::alarm(100);
        body();
        ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "wait status " << status;
}

void overwrite(const std::filesystem::path &file, std::uint64_t offset, const void *bytes,
               std::size_t count) {
    const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
    if (::pwrite(fd.get(), bytes, count, static_cast<off_t>(offset)) != static_cast<ssize_t>(count))
        ::_exit(3);
}

TEST(ElfExports, FindsTheEntry) {
    const auto exports = read_exports(testing::fixture_path("good"));
    ASSERT_TRUE(exports.has_value()) << exports.error().message;
    EXPECT_THAT(*exports, Contains(ExportedSymbol{.name = "drv_entry_v1", .is_function = true}));
}

TEST(ElfExports, RefusesWhatIsNoSharedObject) {
    const testing::DriverFolder folder;
    const std::string file = folder.file("x").native();
    const std::string not_elf =
        file + " is not an ELF shared object: a driver is a .so built for this machine";
    EXPECT_EQ(why_not(folder, ""), not_elf);
    EXPECT_EQ(why_not(folder, "#!/bin/sh\nexit 0\n"), not_elf);
    EXPECT_EQ(why_not(folder, std::string("\x7F") + "ELF"), not_elf);

    const std::string good = testing::bytes_of(testing::fixture_path("good"));
    std::string other = good;
    other[offsetof(Elf64_Ehdr, e_type)] = ET_EXEC;
    EXPECT_EQ(why_not(folder, other),
              file + " is not an ELF shared object but a program: link the driver with -shared");
    other[offsetof(Elf64_Ehdr, e_type)] = ET_REL;
    EXPECT_THAT(why_not(folder, other), HasSubstr("but an object file"));
}

TEST(ElfExports, RefusesOtherArchitecturesByName) {
    const testing::DriverFolder folder;
    std::string bytes = testing::bytes_of(testing::fixture_path("good"));
    Elf64_Half machine = EM_S390;
    std::memcpy(bytes.data() + offsetof(Elf64_Ehdr, e_machine), &machine, sizeof machine);
    EXPECT_THAT(why_not(folder, bytes),
                HasSubstr("has the wrong architecture: it is built for S/390, this agent "
                          "runs on "));
    bytes[EI_CLASS] = ELFCLASS32;
    machine = EM_386;
    std::memcpy(bytes.data() + offsetof(Elf64_Ehdr, e_machine), &machine, sizeof machine);
    EXPECT_THAT(why_not(folder, bytes), HasSubstr("it is built for 32-bit x86 (a 32-bit file), this agent"));
}

TEST(ElfExports, RefusesFoldersPipesAndAbsentFiles) {
    const testing::DriverFolder folder;
    EXPECT_THAT(read_exports(folder.path()).error().message, HasSubstr("is not a regular file"));
    const auto pipe = folder.path() / "pipe.so";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_THAT(read_exports(pipe).error().message, HasSubstr("is not a regular file"));
    EXPECT_EQ(read_exports(folder.file("absent")).error().code, Code::not_found);
}

// Every length near a table's border, and a spread of the others. A file cut anywhere must be refused: dlopen
// would map it and die at the first access.
TEST(ElfExports, RefusesAFileCutAnywhere) {
    const testing::DriverFolder folder;
    const auto file = folder.put("good");
    const auto size = std::filesystem::file_size(file);
    expect_no_crash([&] {
        for (std::uintmax_t length = size - 1; length > 0; length -= std::min<std::uintmax_t>(length, 37)) {
            std::filesystem::resize_file(file, length);
            if (read_exports(file).has_value()) {
                std::fprintf(stderr, "cut to %ju of %ju bytes and not refused\n", length, size);
                ::_exit(1);
            }
        }
    });
}

TEST(ElfExports, SurvivesFlippedBitsAndWildNumbers) {
    const testing::DriverFolder folder;
    const auto file = folder.put("good");
    const std::string good = testing::bytes_of(file);
    Elf64_Ehdr header;
    std::memcpy(&header, good.data(), sizeof header);
    const std::uint64_t sections_end = header.e_shoff + std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr);
    ASSERT_LE(sections_end, good.size());

    expect_no_crash([&] {
        std::uint64_t random = 88172645463325252U; // xorshift: the same damage every time
        const auto next = [&] {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            return random;
        };
        for (int round = 0; round < 6000; ++round) {
            // A third each: the header and program headers, the section table, anywhere.
            const std::uint64_t begin = round % 3 == 1 ? header.e_shoff : 0;
            const std::uint64_t ends[] = {1024, sections_end, good.size()};
            std::uint64_t at = begin + next() % (ends[round % 3] - begin);
            at &= ~std::uint64_t{7};
            const std::size_t count = std::min<std::size_t>(8, good.size() - at);
            std::uint64_t word = 0;
            std::memcpy(&word, good.data() + at, count);
            const std::uint64_t wild[] = {
                word ^ 1ULL << next() % 64, ~0ULL, 0, next(), good.size() - 1, 1ULL << 63};
            overwrite(file, at, &wild[next() % 6], count);
            static_cast<void>(read_exports(file));
            overwrite(file, at, good.data() + at, count);
        }
        if (!read_exports(file).has_value())
            ::_exit(2);
    });
}

} // namespace
} // namespace drover
