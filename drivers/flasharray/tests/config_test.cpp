#include "drivers/flasharray/config.hpp"
#include "drover/sdk/testing/fake_host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flasharray {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class FlashArrayConfig : public ::testing::Test {
protected:
    FlashArrayConfig() {
        host.config["pure_ip"] = "192.0.2.1";
        host.secrets["pure_api_token"] = "661f9687-0b1e-7b0d-e07d-1e776d50f9eb";
    }
    Config read() { return read_config(drv::Host(host.get())); }
    std::string refused() {
        try {
            read();
        } catch (const drv::Error &error) {
            EXPECT_EQ(error.code, drv::Code::invalid);
            for (const auto &[key, secret] : host.secrets)
                EXPECT_TRUE(secret.empty() || error.message.find(secret) == std::string::npos) << key;
            return error.message;
        }
        return "accepted";
    }
    drv::testing::FakeHost host;
};

TEST_F(FlashArrayConfig, TheLeastThatIsNeeded) {
    const Config config = read();
    EXPECT_EQ(config.address, (drv::rest::Address{"192.0.2.1", 443}));
    EXPECT_EQ(config.api_token, "661f9687-0b1e-7b0d-e07d-1e776d50f9eb");
    EXPECT_EQ(config.protocol, Protocol::iscsi);
    EXPECT_TRUE(config.manages_hosts);
    EXPECT_FALSE(config.chap);
    EXPECT_FALSE(config.verify_https);
    EXPECT_EQ(config.ca_file, "");
    EXPECT_EQ(host.logged(DRV_LOG_WARN), "");
}

TEST_F(FlashArrayConfig, EverythingAtOnce) {
    host.config = {{"pure_ip", "[2001:db8::1]:8443"},     {"pure_storage_protocol", "iscsi"},
                   {"pure_manage_purity_hosts", "false"}, {"pure_chap_host_user", "node"},
                   {"pure_verify_https", "true"},         {"pure_ssl_cert", "/etc/drover/pure.pem"}};
    host.secrets["pure_chap_host_password"] = "twelve-chars";
    const Config config = read();
    EXPECT_EQ(config.address, (drv::rest::Address{"2001:db8::1", 8443}));
    EXPECT_FALSE(config.manages_hosts);
    ASSERT_TRUE(config.chap);
    EXPECT_EQ(config.chap->user, "node");
    EXPECT_EQ(config.chap->password, "twelve-chars");
    EXPECT_TRUE(config.verify_https);
    EXPECT_EQ(config.ca_file, "/etc/drover/pure.pem");
    EXPECT_EQ(host.logged(DRV_LOG_WARN), "");
}

TEST_F(FlashArrayConfig, TheProtocolIsOneOfThreeInAnyCase) {
    host.config["pure_storage_protocol"] = "Fibre_Channel";
    EXPECT_EQ(read().protocol, Protocol::fibre_channel);
    host.config["pure_storage_protocol"] = "Nvme_Tcp";
    EXPECT_EQ(read().protocol, Protocol::nvme_tcp);
    host.config["pure_storage_protocol"] = "NFS";
    EXPECT_EQ(refused(), "configuration key \"pure_storage_protocol\" is \"NFS\"; expected ISCSI, "
                         "FIBRE_CHANNEL or NVME_TCP");
    host.config["pure_storage_protocol"] = "";
    EXPECT_THAT(refused(), HasSubstr("expected ISCSI, FIBRE_CHANNEL or NVME_TCP"));
}

TEST_F(FlashArrayConfig, ChapHasBothKeysOrNone) {
    host.config["pure_chap_host_user"] = "node";
    EXPECT_THAT(refused(), HasSubstr("\"pure_chap_host_password\" is missing"));
    host.config.erase("pure_chap_host_user");
    host.secrets["pure_chap_host_password"] = "twelve-chars";
    EXPECT_THAT(refused(), HasSubstr("\"pure_chap_host_user\" is missing"));
    host.config["pure_chap_host_user"] = "node";
    for (const std::string &password :
         {std::string("eleven-char"), std::string("with blanks in it"), std::string(256, 'x')}) {
        host.secrets["pure_chap_host_password"] = password;
        EXPECT_THAT(refused(), HasSubstr("12 to 255 characters without blanks"));
    }
}

TEST_F(FlashArrayConfig, TheArrayProvesItselfOnlyToNodesThatDoAndWithAnotherPassword) {
    host.config["pure_chap_target_user"] = "array";
    EXPECT_THAT(refused(), HasSubstr("\"pure_chap_target_password\" is missing"));
    host.secrets["pure_chap_target_password"] = "other-twelve";
    EXPECT_THAT(refused(), HasSubstr("set pure_chap_host_user and pure_chap_host_password too"));
    host.config["pure_chap_host_user"] = "node";
    host.secrets["pure_chap_host_password"] = "other-twelve";
    EXPECT_THAT(refused(), HasSubstr("nothing is proven"));
    host.secrets["pure_chap_host_password"] = "twelve-chars";
    const Config config = read();
    ASSERT_TRUE(config.target_chap);
    EXPECT_EQ(config.target_chap->user, "array");
    EXPECT_EQ(config.target_chap->password, "other-twelve");
    host.secrets["pure_chap_target_password"] = "eleven-char";
    EXPECT_THAT(refused(), HasSubstr("12 to 255 characters without blanks"));
    host.secrets["pure_chap_target_password"] = "other-twelve";
    host.config.erase("pure_chap_target_user");
    EXPECT_THAT(refused(), HasSubstr("\"pure_chap_target_user\" is missing"));
}

TEST_F(FlashArrayConfig, WhatHasNoEffectIsWarnedOf) {
    host.config["pure_storage_protocol"] = "FIBRE_CHANNEL";
    host.config["pure_chap_host_user"] = "node";
    host.secrets["pure_chap_host_password"] = "twelve-chars";
    host.config["pure_ssl_cert"] = "/etc/drover/pure.pem";
    EXPECT_FALSE(read().chap);
    EXPECT_THAT(host.logged(DRV_LOG_WARN), HasSubstr("have no effect with FIBRE_CHANNEL"));
    EXPECT_THAT(host.logged(DRV_LOG_WARN), HasSubstr("pure_ssl_cert has no effect"));
    host.config["pure_chap_target_user"] = "array";
    host.secrets["pure_chap_target_password"] = "other-twelve";
    EXPECT_FALSE(read().target_chap);
    host.config["pure_storage_protocol"] = "NVME_TCP";
    host.config["pure_iscsi_cidr"] = "10.0.0.0/8";
    EXPECT_TRUE(read().networks.empty());
    EXPECT_THAT(host.logged(DRV_LOG_WARN), HasSubstr("have no effect with NVME_TCP"));
    EXPECT_THAT(host.logged(DRV_LOG_WARN), HasSubstr("pure_iscsi_cidr has no effect with NVME_TCP"));
    EXPECT_THAT(host.logged(DRV_LOG_WARN), HasSubstr("pure_chap_target_* have no effect"));
    EXPECT_THAT(host.logged(DRV_LOG_WARN), Not(HasSubstr("twelve")));
}

TEST_F(FlashArrayConfig, AddressAndTokenHaveToBeThere) {
    host.config["pure_ip"] = "https://array/";
    EXPECT_THAT(refused(), HasSubstr("\"pure_ip\" cannot be used"));
    host.config["pure_ip"] = "";
    EXPECT_THAT(refused(), HasSubstr("\"pure_ip\" cannot be used"));
    host.config["pure_ip"] = "array";
    host.secrets["pure_api_token"] = "";
    EXPECT_THAT(refused(), HasSubstr("\"pure_api_token\" is empty"));
}

TEST_F(FlashArrayConfig, WhatIsSecretIsDeclaredAsSuch) {
    for (const drv_config_key &key : kConfigKeys) {
        const std::string_view name = drv::view_of(key.name);
        const bool is_secret = name == "pure_api_token" || name == "pure_chap_host_password" ||
                               name == "pure_chap_target_password";
        EXPECT_EQ((key.flags & DRV_KEY_SECRET) != 0, is_secret) << name;
        EXPECT_EQ((key.flags & DRV_KEY_REQUIRED) != 0, name == "pure_ip" || name == "pure_api_token") << name;
    }
}

} // namespace
} // namespace flasharray
