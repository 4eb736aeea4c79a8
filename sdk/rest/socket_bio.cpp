#include "sdk/rest/socket_bio.hpp"

#include <openssl/bio.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <sys/socket.h>

namespace drv::rest {

namespace {

int fd_of(BIO *bio) {
    return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

int finish(BIO *bio, ssize_t count, int retry) {
    BIO_clear_retry_flags(bio);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY);
    return static_cast<int>(count);
}

int write_to(BIO *bio, const char *data, int size) {
    return finish(bio, ::send(fd_of(bio), data, static_cast<std::size_t>(size), MSG_NOSIGNAL),
                  BIO_FLAGS_WRITE);
}

int read_from(BIO *bio, char *data, int size) {
    return finish(bio, ::recv(fd_of(bio), data, static_cast<std::size_t>(size), 0), BIO_FLAGS_READ);
}

long control(BIO *, int command, long, void *) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

using Table = std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)>;

Table make_table() {
    Table table(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "drover socket"), &BIO_meth_free);
    if (table) {
        BIO_meth_set_write(table.get(), write_to);
        BIO_meth_set_read(table.get(), read_from);
        BIO_meth_set_ctrl(table.get(), control);
    }
    return table;
}

} // namespace

BIO *make_socket_bio(int fd) {
    static const Table table = make_table();
    BIO *bio = table ? BIO_new(table.get()) : nullptr;
    if (bio != nullptr) {
        // OpenSSL keeps a pointer's worth of data for us; the number of a descriptor fits.
        const auto number = static_cast<std::intptr_t>(fd);
        BIO_set_data(bio, reinterpret_cast<void *>(number)); // NOLINT(performance-no-int-to-ptr)
        BIO_set_init(bio, 1);
    }
    return bio;
}

} // namespace drv::rest
