#include "loader/testing/open_fixture.hpp"

#include <gmock/gmock.h>

namespace drover {
namespace {

using testing::DriverFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::RecordingHost;
using testing::try_open;
using testing::with;

struct OpenTest : ::testing::Test {
    Error refusal(BackendSettings settings, const std::string &fixture = "good",
                  const CallContext &call = {}) {
        auto result = try_open(folder, fixture, host, std::move(settings), call);
        return result ? Error{.message = "opened"} : result.error();
    }
    DriverFolder folder;
    RecordingHost host;
};

TEST_F(OpenTest, OpensAndClosesWithTheObject) {
    auto opened = try_open(folder, "good", host);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    EXPECT_EQ((*opened)->backend(), "array-1");
    EXPECT_EQ((*opened)->description().name, "good");
    EXPECT_THAT(host.messages(), ElementsAre());
    opened->reset();
    EXPECT_THAT(host.messages(), ElementsAre("closed"));
}

TEST_F(OpenTest, OneLibraryServesSeveralBackends) {
    auto first = try_open(folder, "good", host, with("rows", "1"));
    auto second = try_open(folder, "good", host, with("rows", "2"));
    std::size_t rows = 0;
    const Driver::Visitor count = [&](BackendVolume &&) { return ++rows > 0; };
    ASSERT_TRUE((*first)->list({}, count).has_value());
    ASSERT_TRUE((*second)->list({}, count).has_value());
    EXPECT_EQ(rows, 3U);
}

TEST_F(OpenTest, RefusesKeysThatWereNotDeclaredOrAreMissing) {
    EXPECT_EQ(refusal(with("colour", "red")).message,
              "backend \"array-1\": the driver does not declare it (driver \"good\"): key \"colour\"");
    EXPECT_EQ(refusal(with("password", "hunter22")).message,
              "backend \"array-1\": a secret was given as a plain value (driver \"good\"): key \"password\"");
    EXPECT_EQ(refusal({}, "serial").message,
              "backend \"array-1\": a required key is missing (driver \"serial\"): key \"address\"");
    BackendSettings open_secret;
    open_secret.secrets.emplace("rows", "1");
    EXPECT_THAT(refusal(open_secret).message, HasSubstr("does not declare it as a secret"));
}

TEST_F(OpenTest, CarriesTheDriversOwnReason) {
    const Error error = refusal(with("opening", "refuse"));
    EXPECT_EQ(error.code, Code::auth);
    EXPECT_EQ(error.message, "the array refused the login");
    EXPECT_EQ(refusal(with("opening", "no-instance")).message,
              "driver bug: open answered OK without giving an instance");
}

TEST_F(OpenTest, EndsAtItsDeadline) {
    CallContext call;
    call.deadline = Deadline::after(std::chrono::milliseconds(30));
    EXPECT_EQ(refusal(with("opening", "block"), "good", call).message, "stopped while blocking");
}

} // namespace
} // namespace drover
