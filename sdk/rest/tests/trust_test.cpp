// Which arrays a client talks to.
#include "sdk/rest/tests/fixture.hpp"

#include <openssl/ssl.h>

#include <fstream>

namespace drv::rest::testing {
namespace {

using ::testing::HasSubstr;

class TrustTest : public RestTest {
protected:
    Error error_with(const Identity &identity, const Options &like) {
        TlsServer server(identity, always(200, "x"));
        Options options = like;
        options.address.port = server.port();
        Client client(the_host(), options);
        Error error = error_of([&] { return client.send(patience(), post("/", "{}")); });
        EXPECT_EQ(error.code, Code::unreachable);
        EXPECT_FALSE(error.is_state_unknown());
        EXPECT_EQ(server.connections(), 1) << "a certificate does not get better by trying again";
        return error;
    }
};

TEST_F(TrustTest, ACertificateOfTheAuthorityForThisAddressIsTrusted) {
    TlsServer server(array_identity(), always(200, "x"));
    for (const char *name : {"127.0.0.1", "localhost"}) {
        auto options = options_for(server);
        options.address.host = name;
        Client client(the_host(), options);
        EXPECT_EQ(client.send(patience(), get("/")).status, 200) << name;
    }
}

TEST_F(TrustTest, TheArraysOwnCertificateMayBeTheOneThatIsTrusted) {
    const Identity identity = self_signed(kLoopbackNames);
    write_pem(identity, folder.path / "own.pem");
    TlsServer server(identity, always(200, "x"));
    auto options = options_for(server);
    options.tls.ca_file = (folder.path / "own.pem").string();
    Client client(the_host(), options);
    EXPECT_EQ(client.send(patience(), get("/")).status, 200);
}

TEST_F(TrustTest, SelfSigned) {
    auto options = options_for(0);
    options.tls.ca_file_key = "pure_ssl_cert";
    EXPECT_THAT(
        error_with(self_signed(kLoopbackNames), options).message,
        HasSubstr("its certificate (of CN=array alone, issued by CN=array alone) is not trusted: "
                  "self-signed certificate; put the array's certificate, or that of the authority that "
                  "issued it, into the file that pure_ssl_cert names"));
}

TEST_F(TrustTest, OfAnAuthorityThatOnlySomebodyElseTrusts) {
    EXPECT_THAT(error_with(Authority("stranger").issue(kLoopbackNames), options_for(0)).message,
                HasSubstr("issued by CN=stranger) is not trusted"));
    // The system's store does not know the authority of a test either.
    auto options = options_for(0);
    options.tls.ca_file.clear();
    EXPECT_THAT(error_with(array_identity(), options).message, HasSubstr("is not trusted"));
}

TEST_F(TrustTest, Expired) {
    EXPECT_THAT(error_with(authority().issue(kLoopbackNames, std::chrono::hours(-1)), options_for(0)).message,
                HasSubstr("certificate has expired; renew it on the array"));
}

TEST_F(TrustTest, ForAnotherName) {
    EXPECT_THAT(error_with(authority().issue("DNS:other.example.com,IP:192.0.2.1"), options_for(0)).message,
                HasSubstr("it is not made out for 127.0.0.1"));
    auto options = options_for(0);
    options.address.host = "localhost";
    EXPECT_THAT(error_with(authority().issue("DNS:other.example.com,IP:127.0.0.1"), options).message,
                HasSubstr("it is not made out for localhost"));
}

TEST_F(TrustTest, NothingIsCheckedOnlyWhenAskedForAndWarnedOf) {
    TlsServer server(self_signed("DNS:whatever"), always(200, "x"));
    auto options = options_for(server);
    options.tls = {.verify = false, .ca_file = "", .verify_key = "pure_verify_https"};
    Client client(the_host(), options);
    EXPECT_EQ(client.send(patience(), get("/")).status, 200);
    EXPECT_EQ(client.send(patience(), get("/")).status, 200);
    const std::string warnings = host.logged(DRV_LOG_WARN);
    EXPECT_THAT(warnings, HasSubstr("is not checked, because the configuration says so (pure_verify_https)"));
    EXPECT_EQ(std::ranges::count(warnings, '\n'), 1);
}

TEST_F(TrustTest, TlsOlderThan12IsRefused) {
    TlsServer server(array_identity(), always(200, "x"), {.newest_version = TLS1_1_VERSION});
    Client client(the_host(), options_for(server));
    EXPECT_THAT(error_of([&] { return client.send(patience(), get("/")); }).message,
                HasSubstr("no TLS connection: "));
}

TEST_F(TrustTest, Tls12IsEnough) {
    TlsServer server(array_identity(), always(200, "x"), {.newest_version = TLS1_2_VERSION});
    Client client(the_host(), options_for(server));
    EXPECT_EQ(client.send(patience(), get("/")).status, 200);
}

TEST_F(TrustTest, ACaFileThatIsNoneIsAnErrorAtOnce) {
    auto options = options_for(1);
    options.tls.ca_file = (folder.path / "none.pem").string();
    options.tls.ca_file_key = "pure_ssl_cert";
    Error error = error_of([&] { const Client client(the_host(), options); });
    EXPECT_EQ(error.code, Code::invalid);
    EXPECT_EQ(error.message, "pure_ssl_cert: the certificates in " + options.tls.ca_file +
                                 " cannot be used: it does not exist");
    std::ofstream(options.tls.ca_file) << "garbage";
    error = error_of([&] { const Client client(the_host(), options); });
    EXPECT_THAT(error.message, HasSubstr("it is no PEM file with certificates"));
}

} // namespace
} // namespace drv::rest::testing
