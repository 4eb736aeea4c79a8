// Arrays whose certificate is not in order, through the driver: what it says, and that nothing was sent to
// such an array; and that each works by what the operator page tells to do. sdk/rest/tests/trust_test.cpp has
// the other ways to be wrong.
#include "every_op.hpp"
#include "sdk/rest/tests/fixture.hpp"

#include <functional>

namespace flasharray::testing {
namespace {

using drv::rest::testing::ArrayProcess;
using drv::rest::testing::authority;
using drv::rest::testing::Folder;
using drv::rest::testing::Identity;
using drv::rest::testing::kLoopbackNames;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kId = "0b9c3f6e-6f8d-4f0b-9a51-2f7f1f0e9c11";

class FlashArrayCertificate : public ::testing::Test {
protected:
    // An array that shows this.
    [[nodiscard]] ArrayProcess array_with(const Identity &identity) const {
        write_pem(identity, folder.path / "shown.pem");
        write_key(identity, folder.path / "shown.key");
        return ArrayProcess(ARRAY_SIM, "flasharray", seed_of_tests(""),
                            ArrayProcess::Shown{folder.path / "shown.pem", folder.path / "shown.key"});
    }
    // With the authority that issued the test's certificates, which is all right with it.
    [[nodiscard]] OpenedDriver::Keys keys(const ArrayProcess &array) const {
        write_pem(authority().identity(), folder.path / "ca.pem");
        OpenedDriver::Keys keys = keys_for(array);
        keys["pure_ssl_cert"] = (folder.path / "ca.pem").string();
        return keys;
    }
    static void expect_refused(ArrayProcess &array, const OpenedDriver::Keys &keys,
                               const ::testing::Matcher<const std::string &> &words) {
        OpenedDriver driver("a", keys);
        for (const auto &op : std::initializer_list<std::function<Outcome()>>{
                 [&] { return driver.probe(); }, [&] { return driver.create(kId, kMiB); },
                 [&] { return driver.destroy(kId); }, [&] { return driver.list(); },
                 [&] { return driver.attach(kId); }}) {
            const Outcome outcome = op();
            EXPECT_EQ(outcome.status, DRV_E_UNREACHABLE) << outcome.message;
            EXPECT_THAT(outcome.message, words);
            EXPECT_FALSE(outcome.is_state_unknown()) << "nothing was sent: " << outcome.message;
        }
        EXPECT_THAT(array.take_calls(), IsEmpty());
    }
    static void expect_works(ArrayProcess &array, const OpenedDriver::Keys &keys) {
        OpenedDriver driver("a", keys);
        for (const Outcome &each : {driver.probe(), driver.create(kId, kMiB), driver.attach(kId),
                                    driver.detach(kId), driver.destroy(kId)})
            EXPECT_TRUE(each.is_ok()) << each.message;
        EXPECT_EQ(array.said(), "");
    }

    Folder folder;
};

TEST_F(FlashArrayCertificate, AnExpiredOneIsNamedWithWhatToDo) {
    ArrayProcess array = array_with(authority().issue(kLoopbackNames, std::chrono::hours(-1)));
    expect_refused(array, keys(array),
                   AllOf(HasSubstr("127.0.0.1:" + std::to_string(array.port())),
                         HasSubstr("its certificate (of CN=array, issued by CN=authority of the tests)"),
                         HasSubstr("certificate has expired"), HasSubstr("renew it on the array")));
    auto without = keys(array);
    without["pure_verify_https"] = "false";
    without.erase("pure_ssl_cert");
    expect_works(array, without);
}

TEST_F(FlashArrayCertificate, ASelfSignedOneIsNamedWithWhatToDo) {
    ArrayProcess array = array_with(drv::rest::testing::self_signed(kLoopbackNames));
    const auto words =
        AllOf(HasSubstr("its certificate (of CN=array alone, issued by CN=array alone)"),
              HasSubstr("self-signed certificate"), HasSubstr("into the file that pure_ssl_cert names"));
    expect_refused(array, keys(array), words); // another authority
    auto with_the_system = keys(array);
    with_the_system.erase("pure_ssl_cert");
    expect_refused(array, with_the_system, words);
    auto with_its_own = keys(array);
    with_its_own["pure_ssl_cert"] = array.certificate().string();
    expect_works(array, with_its_own);
    auto without = keys(array);
    without["pure_verify_https"] = "false";
    without.erase("pure_ssl_cert");
    expect_works(array, without);
}

TEST_F(FlashArrayCertificate, OneOfTheGivenAuthorityWorks) {
    ArrayProcess array = array_with(drv::rest::testing::array_identity());
    expect_works(array, keys(array));
}

} // namespace
} // namespace flasharray::testing
