// Copies of sparse files, without a driver around them.
#include "copy.hpp"
#include "drover/sdk/testing/fake_host.hpp"
#include "files.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <unistd.h>

namespace loopback {
namespace {

constexpr std::uint64_t kMiB = 1U << 20U;

class Copy : public ::testing::Test {
protected:
    static Fd temporary() {
        std::string name = (std::filesystem::temp_directory_path() / "drover-copy-XXXXXX").string();
        Fd file(::mkostemp(name.data(), O_CLOEXEC));
        ::unlink(name.c_str());
        return file;
    }
    static void put(const Fd &file, std::uint64_t at, const std::string &bytes) {
        ASSERT_EQ(::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(at)),
                  static_cast<ssize_t>(bytes.size()));
    }
    static std::string look(const Fd &file, std::uint64_t at, std::size_t length) {
        std::string bytes(length, '?');
        EXPECT_EQ(::pread(file.get(), bytes.data(), length, static_cast<off_t>(at)),
                  static_cast<ssize_t>(length));
        return bytes;
    }
    static std::uint64_t used(const Fd &file) {
        return static_cast<std::uint64_t>(status_of(file.get(), "").st_blocks) * 512;
    }
    drv::testing::FakeHost host;
    drv::testing::FakeCall fake;
    drv::detail::CallScope scope{fake.get(), host.get()};
    drv::Call &call = scope.call();
    Fd from = temporary();
    Fd to = temporary();
};

TEST_F(Copy, KeepsHolesAndSize) {
    ASSERT_EQ(::ftruncate(from.get(), 512 * kMiB), 0);
    put(from, 100 * kMiB, std::string(9 * kMiB, 'a'));
    put(from, 511 * kMiB, "end");
    copy_image(call, from.get(), to.get(), 512 * kMiB, false, "copying");
    EXPECT_EQ(look(to, 108 * kMiB, 3), "aaa");
    EXPECT_EQ(look(to, 109 * kMiB, 3), std::string(3, '\0'));
    EXPECT_EQ(look(to, 511 * kMiB, 3), "end");
    EXPECT_EQ(status_of(to.get(), "").st_size, static_cast<off_t>(512 * kMiB));
    EXPECT_LT(used(to), 12 * kMiB);
    EXPECT_EQ(fake.progress.back().first, 1000U);
}

TEST_F(Copy, EmptyAndFullFiles) {
    ASSERT_EQ(::ftruncate(from.get(), 4 * kMiB), 0);
    copy_image(call, from.get(), to.get(), 4 * kMiB, true, "copying");
    EXPECT_EQ(look(to, 4 * kMiB - 1, 1), std::string(1, '\0'));
    put(from, 0, std::string(4 * kMiB, 'b'));
    Fd other = temporary();
    copy_image(call, from.get(), other.get(), 4 * kMiB, true, "copying");
    EXPECT_EQ(look(other, 4 * kMiB - 2, 2), "bb");
}

TEST_F(Copy, SourceThatIsTooShortIsAnError) {
    put(from, 0, std::string(kMiB, 'b'));
    EXPECT_NO_THROW(copy_image(call, from.get(), to.get(), kMiB, false, "copying"));
    ASSERT_EQ(::ftruncate(from.get(), 0), 0);
    copy_image(call, from.get(), to.get(), kMiB, false, "copying"); // all of it is a hole
    EXPECT_EQ(status_of(to.get(), "").st_size, static_cast<off_t>(kMiB));
}

TEST_F(Copy, CancelledInTheMiddle) {
    put(from, 0, std::string(40 * kMiB, 'b'));
    fake.cancel_at_permille = 400;
    EXPECT_THROW(copy_image(call, from.get(), to.get(), 40 * kMiB, false, "copying"), drv::Error);
    EXPECT_LT(fake.progress.back().first, 700U);
}

TEST_F(Copy, ReservedSizeTakesTheSpace) {
    set_size(call, to.get(), 0, 8 * kMiB, true);
    EXPECT_GE(used(to), 8 * kMiB);
    set_size(call, from.get(), 0, 8 * kMiB, false);
    EXPECT_EQ(used(from), 0U);
}

} // namespace
} // namespace loopback
