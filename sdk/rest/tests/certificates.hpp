// Certificates made while a test runs: nothing that could expire in the repository.
#pragma once

#include <openssl/types.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

namespace drv::rest::testing {

struct OpensslDeleter {
    void operator()(X509 *certificate) const noexcept;
    void operator()(EVP_PKEY *key) const noexcept;
};

struct Identity {
    std::unique_ptr<X509, OpensslDeleter> certificate;
    std::unique_ptr<EVP_PKEY, OpensslDeleter> key;
};

// What a server's certificate is made out for, as openssl writes it: "DNS:localhost,IP:127.0.0.1".
inline constexpr const char *kLoopbackNames = "DNS:localhost,IP:127.0.0.1,IP:::1";

Identity self_signed(const std::string &names);

class Authority {
public:
    explicit Authority(const std::string &name);
    [[nodiscard]] Identity issue(const std::string &names,
                                 std::chrono::hours valid_from_now = std::chrono::hours(24)) const;
    [[nodiscard]] const Identity &identity() const noexcept { return identity_; }

private:
    Identity identity_;
};

void write_pem(const Identity &identity, const std::filesystem::path &file);
void write_key(const Identity &identity, const std::filesystem::path &file);

} // namespace drv::rest::testing
