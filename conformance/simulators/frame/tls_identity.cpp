#include "conformance/simulators/frame/tls_identity.hpp"

#include <fmt/format.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <array>
#include <cstdio>

namespace drover::sim {

namespace {

template <auto Free>
struct Deleter {
    template <class T>
    void operator()(T *it) const noexcept {
        Free(it);
    }
};
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using File = std::unique_ptr<std::FILE, Deleter<std::fclose>>;

constexpr long kValidSeconds = 30L * 24 * 3600;

std::string openssl_reason() {
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    ERR_clear_error();
    return text.data();
}

tl::unexpected<Error> fail_openssl(const std::string &what) {
    return fail(Code::invalid, fmt::format("{}: {}", what, openssl_reason()));
}

bool is_address(const std::string &text) {
    std::array<unsigned char, 16> bytes{};
    return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
           ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

bool extend(X509 *certificate, int what, const std::string &value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str()));
    return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool fill(X509 *certificate, EVP_PKEY *key, const std::string &address) {
    std::uint32_t serial = 0;
    if (RAND_bytes(reinterpret_cast<unsigned char *>(&serial), sizeof serial) != 1)
        return false;
    auto *name = X509_get_subject_name(certificate);
    const std::string common = "drover-array-sim";
    const std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1" +
                              (address.empty() ? "" : (is_address(address) ? ",IP:" : ",DNS:") + address);
    return X509_set_version(certificate, X509_VERSION_3) == 1 &&
           ASN1_INTEGER_set(X509_get_serialNumber(certificate), static_cast<long>(serial >> 1U) + 1) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != nullptr &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), kValidSeconds) != nullptr &&
           X509_set_pubkey(certificate, key) == 1 &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char *>(common.c_str()), -1, -1,
                                      0) == 1 &&
           X509_set_issuer_name(certificate, name) == 1 &&
           extend(certificate, NID_basic_constraints, "critical,CA:TRUE") &&
           extend(certificate, NID_subject_alt_name, names) && X509_sign(certificate, key, EVP_sha256()) > 0;
}

TlsContext make_context() {
    TlsContext context(SSL_CTX_new(TLS_server_method()));
    if (context != nullptr)
        SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    return context;
}

} // namespace

void TlsContextDeleter::operator()(ssl_ctx_st *context) const noexcept {
    SSL_CTX_free(context);
}

Result<TlsContext> make_own_identity(const std::string &address,
                                     const std::filesystem::path &certificate_file) {
    TlsContext context = make_context();
    const Key key(EVP_EC_gen("P-256"));
    const Certificate certificate(X509_new());
    if (context == nullptr || key == nullptr || certificate == nullptr ||
        !fill(certificate.get(), key.get(), address) ||
        SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1)
        return fail_openssl("a certificate could not be made");
    if (!certificate_file.empty()) {
        const File file(std::fopen(certificate_file.c_str(), "we"));
        if (file == nullptr) {
            return fail_errno(
                errno, fmt::format("the certificate cannot be written to {}", certificate_file.native()));
        }
        if (PEM_write_X509(file.get(), certificate.get()) != 1 || std::fflush(file.get()) != 0) {
            return fail_openssl(
                fmt::format("the certificate cannot be written to {}", certificate_file.native()));
        }
    }
    return context;
}

Result<TlsContext> load_identity(const std::filesystem::path &certificate, const std::filesystem::path &key) {
    TlsContext context = make_context();
    if (context == nullptr)
        return fail_openssl("TLS cannot be set up");
    if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1)
        return fail_openssl(fmt::format("{} is no certificate in PEM form", certificate.native()));
    if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
        return fail_openssl(fmt::format("{} is no key in PEM form that fits the certificate", key.native()));
    return context;
}

} // namespace drover::sim
