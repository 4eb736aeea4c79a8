#include "conformance/report/about_host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <unistd.h>

namespace drover::conformance {
namespace {

TEST(AboutHost, NamesTheMachineAndItsSystem) {
    EXPECT_FALSE(host_name().empty());
    EXPECT_THAT(system_description(), testing::HasSubstr("Linux "));
    EXPECT_THAT(system_description(), testing::Not(testing::HasSubstr("\"")));
}

TEST(AboutHost, HashesAFile) {
    std::string name = testing::TempDir() + "hashed-XXXXXX";
    ::close(::mkstemp(name.data()));
    EXPECT_EQ(sha256_of_file(name), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    std::ofstream(name) << "abc";
    EXPECT_EQ(sha256_of_file(name), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    ::unlink(name.c_str());
    EXPECT_EQ(sha256_of_file(name), "");
    EXPECT_EQ(sha256_of_file("/"), "");
}

} // namespace
} // namespace drover::conformance
