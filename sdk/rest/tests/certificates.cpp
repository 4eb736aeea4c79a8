#include "sdk/rest/tests/certificates.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <cstdio>
#include <stdexcept>

namespace drv::rest::testing {

namespace {

void must(bool done, const char *what) {
    if (!done)
        throw std::runtime_error(std::string("openssl: ") + what);
}

void extend(X509 *certificate, X509 *issuer, int what, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(nullptr, &context, what, value);
    must(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, value);
    X509_EXTENSION_free(extension);
}

// Without an issuer it is its own.
Identity make(const std::string &name, const std::string &names, const Identity *issuer, bool is_authority,
              std::chrono::hours valid) {
    static std::atomic<long> serial{1};
    Identity made;
    made.key.reset(EVP_EC_gen("P-256"));
    made.certificate.reset(X509_new());
    X509 *certificate = made.certificate.get();
    must(made.key && certificate != nullptr, "no key");
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
    const long end = std::chrono::duration_cast<std::chrono::seconds>(valid).count();
    X509_gmtime_adj(X509_getm_notBefore(certificate), -48L * 3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), end);
    X509_set_pubkey(certificate, made.key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char *>(name.c_str()), -1, -1, 0);
    X509 *by = issuer != nullptr ? issuer->certificate.get() : certificate;
    X509_set_issuer_name(certificate, X509_get_subject_name(by));
    extend(certificate, by, NID_basic_constraints, is_authority ? "critical,CA:TRUE" : "CA:FALSE");
    if (!names.empty())
        extend(certificate, by, NID_subject_alt_name, names.c_str());
    must(X509_sign(certificate, issuer != nullptr ? issuer->key.get() : made.key.get(), EVP_sha256()) > 0,
         "sign");
    return made;
}

} // namespace

void OpensslDeleter::operator()(X509 *certificate) const noexcept {
    X509_free(certificate);
}
void OpensslDeleter::operator()(EVP_PKEY *key) const noexcept {
    EVP_PKEY_free(key);
}

Identity self_signed(const std::string &names) {
    return make("array alone", names, nullptr, false, std::chrono::hours(24));
}

Authority::Authority(const std::string &name)
    : identity_(make(name, "", nullptr, true, std::chrono::hours(24))) {}

Identity Authority::issue(const std::string &names, std::chrono::hours valid_from_now) const {
    return make("array", names, &identity_, false, valid_from_now);
}

void write_pem(const Identity &identity, const std::filesystem::path &file) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE *)> out(std::fopen(file.c_str(), "w"), &std::fclose);
    must(out && PEM_write_X509(out.get(), identity.certificate.get()) == 1, "write");
}

void write_key(const Identity &identity, const std::filesystem::path &file) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE *)> out(std::fopen(file.c_str(), "w"), &std::fclose);
    must(out &&
             PEM_write_PrivateKey(out.get(), identity.key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
         "write");
}

} // namespace drv::rest::testing
