#include "sdk/rest/tls_context.hpp"

#include "drover/sdk/error.hpp"
#include "sdk/rest/socket_bio.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace drv::rest {

namespace {

std::string name_in(const X509_NAME *name) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
    if (!out || name == nullptr || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253) < 0)
        return "?";
    char *data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return {data, static_cast<std::size_t>(std::max(size, 0L))};
}

// The handshake ends before a certificate that is refused becomes the connection's: here it is still to be
// seen.
int look(int is_good, X509_STORE_CTX *check) {
    const auto *ssl =
        static_cast<const SSL *>(X509_STORE_CTX_get_ex_data(check, SSL_get_ex_data_X509_STORE_CTX_idx()));
    const X509 *certificate = X509_STORE_CTX_get_current_cert(check);
    if (is_good == 0 && ssl != nullptr && certificate != nullptr) {
        auto *whose = static_cast<std::string *>(SSL_get_app_data(ssl));
        try {
            *whose = " (of " + name_in(X509_get_subject_name(certificate)) + ", issued by " +
                     name_in(X509_get_issuer_name(certificate)) + ")";
        } catch (const std::bad_alloc &) { // then the reason has to do without
        }
    }
    return is_good;
}

} // namespace

void SslDeleter::operator()(SSL *ssl) const noexcept {
    SSL_free(ssl);
}
void SslDeleter::operator()(SSL_CTX *context) const noexcept {
    SSL_CTX_free(context);
}

std::string openssl_problem() {
    const unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    if (code == 0)
        return "no reason given";
    if (const char *reason = ERR_reason_error_string(code); reason != nullptr)
        return reason;
    std::array<char, 256> text{};
    ERR_error_string_n(code, text.data(), text.size());
    return text.data();
}

TlsContext::TlsContext(TlsOptions options)
    : options_(std::move(options)), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX *context = context_.get();
    if (context == nullptr || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
        throw Error(Code::internal, "OpenSSL cannot be used: " + openssl_problem());
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (!options_.verify) {
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
        return;
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, look);
    if (options_.ca_file.empty()) {
        if (SSL_CTX_set_default_verify_paths(context) != 1)
            throw Error(Code::internal, "the system's certificates cannot be used: " + openssl_problem());
        return;
    }
    ERR_clear_error();
    if (SSL_CTX_load_verify_file(context, options_.ca_file.c_str()) != 1) {
        std::error_code error;
        const bool there = std::filesystem::exists(options_.ca_file, error);
        const std::string why =
            there ? "it is no PEM file with certificates, or may not be read (" + openssl_problem() + ")"
                  : "it does not exist";
        ERR_clear_error();
        throw Error(Code::invalid, options_.ca_file_key + ": the certificates in " + options_.ca_file +
                                       " cannot be used: " + why);
    }
    // The file may hold the array's own certificate, or an authority that is not the topmost.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
}

Ssl TlsContext::make(const Address &address, int fd, std::string &whose) const {
    Ssl ssl(SSL_new(context_.get()));
    if (!ssl)
        throw Error(Code::internal, "OpenSSL cannot make a connection: " + openssl_problem());
    BIO *bio = make_socket_bio(fd);
    if (bio == nullptr)
        throw Error(Code::internal, "OpenSSL cannot make a connection: " + openssl_problem());
    SSL_set_bio(ssl.get(), bio, bio);
    SSL_set_connect_state(ssl.get());
    SSL_set_app_data(ssl.get(), &whose);
    X509_VERIFY_PARAM *check = SSL_get0_param(ssl.get());
    bool is_set = true;
    if (address.is_ip()) {
        is_set = X509_VERIFY_PARAM_set1_ip_asc(check, address.host.c_str()) == 1;
    } else {
        X509_VERIFY_PARAM_set_hostflags(check, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        is_set = X509_VERIFY_PARAM_set1_host(check, address.host.c_str(), address.host.size()) == 1 &&
                 SSL_set_tlsext_host_name(ssl.get(), address.host.c_str()) == 1;
    }
    if (!is_set)
        throw Error(Code::internal, "OpenSSL refuses the name " + address.host + ": " + openssl_problem());
    return ssl;
}

bool TlsContext::was_refused(SSL *ssl) {
    return SSL_get_verify_result(ssl) != X509_V_OK;
}

std::string TlsContext::reason_of(SSL *ssl, const Address &address) const {
    const std::string problem = openssl_problem();
    const long result = SSL_get_verify_result(ssl);
    if (!options_.verify || result == X509_V_OK)
        return "no TLS connection: " + problem;
    const auto *whose = static_cast<const std::string *>(SSL_get_app_data(ssl));
    std::string advice;
    if (result == X509_V_ERR_HOSTNAME_MISMATCH || result == X509_V_ERR_IP_ADDRESS_MISMATCH) {
        advice =
            "; it is not made out for " + address.host + ": use the name or address that the certificate has";
    } else if (result == X509_V_ERR_CERT_HAS_EXPIRED) {
        advice = "; renew it on the array, or look at this node's clock";
    } else {
        advice =
            "; put the array's certificate, or that of the authority that issued it, into the file that " +
            options_.ca_file_key + " names";
    }
    return "its certificate" + *whose + " is not trusted: " + X509_verify_cert_error_string(result) + advice;
}

} // namespace drv::rest
