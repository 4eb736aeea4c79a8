#include "sdk/rest/wire.hpp"

#include "drover/sdk/error.hpp"
#include "drover/sdk/text.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <optional>

namespace drv::rest {

namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

// A ByteSource as Beast reads from it; what went wrong is kept, since an error code could not tell.
class Stream {
public:
    explicit Stream(ByteSource &source) : source_(source) {}

    template <class Buffers>
    std::size_t read_some(const Buffers &buffers, error_code &error) {
        error = {};
        const boost::asio::mutable_buffer to = *boost::asio::buffer_sequence_begin(buffers);
        const auto count = source_.read({static_cast<char *>(to.data()), to.size()});
        if (!count) {
            failure_ = count.error();
            error = boost::asio::error::connection_aborted;
            return 0;
        }
        if (*count == 0)
            error = boost::asio::error::eof;
        any_ = any_ || *count > 0;
        return *count;
    }
    template <class Buffers>
    std::size_t read_some(const Buffers &buffers) { // Beast's concept asks for it; Beast does not call it
        error_code error;
        return read_some(buffers, error);
    }

    [[nodiscard]] const std::optional<Failure> &failure() const noexcept { return failure_; }
    [[nodiscard]] bool any() const noexcept { return any_; }

private:
    ByteSource &source_;
    std::optional<Failure> failure_;
    bool any_ = false;
};

// Beast 1.81 asserts that it sees a body's last chunk whole when it looks at it for a second time
// (basic_parser.ipp, parse_chunk_header), which is wrong of a first chunk that is the last one too and
// arrives in pieces: so it is shown none that is half there. No body ends with half of one, so this waits for
// nothing that does not come.
void await_first_chunk(Stream &stream, boost::beast::flat_buffer &buffer, error_code &error) {
    constexpr std::string_view kLastChunk = "0\r\n\r\n";
    const auto is_half = [&] {
        const std::string_view read(static_cast<const char *>(buffer.data().data()), buffer.size());
        return read.size() < kLastChunk.size() && kLastChunk.starts_with(read);
    };
    while (!error && is_half())
        buffer.commit(stream.read_some(buffer.prepare(kLastChunk.size() - buffer.size()), error));
    if (error == boost::asio::error::eof)
        error = http::error::partial_message;
}

std::string in_bytes(std::size_t bytes) {
    constexpr std::size_t kMega = std::size_t{1024} * 1024;
    return bytes >= kMega && bytes % kMega == 0 ? std::to_string(bytes / kMega) + " MiB"
                                                : std::to_string(bytes) + " bytes";
}

Failure too_large_header(const AnswerLimits &limits) {
    return {Failure::Kind::malformed,
            "the answer's header is larger than the " + in_bytes(limits.header_bytes) + " that are read"};
}

Failure failure_of(const Stream &stream, const error_code &error, const AnswerLimits &limits) {
    if (stream.failure()) {
        Failure failure = *stream.failure();
        if (failure.kind == Failure::Kind::broken && stream.any())
            failure.detail = "the answer ended in its middle: " + failure.detail;
        return failure;
    }
    if (error == http::error::end_of_stream)
        return {Failure::Kind::broken, "the connection was closed without an answer"};
    if (error == http::error::partial_message)
        return {Failure::Kind::broken, "the connection was closed in the middle of the answer"};
    if (error == http::error::body_limit) {
        return {Failure::Kind::malformed,
                "the answer's body is larger than the " + in_bytes(limits.body_bytes) + " that are read"};
    }
    if (error == http::error::header_limit || error == http::error::buffer_overflow)
        return too_large_header(limits);
    return {Failure::Kind::malformed, "the answer is no HTTP: " + error.message()};
}

bool is_token(std::string_view text) {
    return !text.empty() &&
           text.find_first_not_of(
               "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") ==
               std::string_view::npos;
}

bool is_path(std::string_view path) {
    return path.starts_with('/') && path.size() <= 8192 && std::ranges::all_of(path, [](char c) {
               return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f &&
                      c != '#';
           });
}

http::verb verb_of(Method method) {
    switch (method) {
    case Method::get:
        return http::verb::get;
    case Method::head:
        return http::verb::head;
    case Method::post:
        return http::verb::post;
    case Method::put:
        return http::verb::put;
    case Method::patch:
        return http::verb::patch;
    case Method::remove:
        return http::verb::delete_;
    }
    return http::verb::get;
}

} // namespace

Outcome<Answer> read_answer(ByteSource &source, Method method, const AnswerLimits &limits) {
    constexpr std::size_t kPiece = std::size_t{64} * 1024;
    constexpr int kMostInterim = 16;
    Stream stream(source);
    boost::beast::flat_buffer buffer(limits.header_bytes + kPiece);
    for (int i = 0; i <= kMostInterim; ++i) {
        http::response_parser<http::string_body> parser;
        parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
        parser.body_limit(limits.body_bytes);
        parser.skip(method == Method::head);
        error_code error;
        http::read_header(stream, buffer, parser, error);
        if (error)
            return tl::unexpected(failure_of(stream, error, limits));
        const unsigned status = parser.get().result_int();
        if (status == 101) {
            return failed(Failure::Kind::malformed,
                          "the answer changes the protocol, which nobody asked for");
        }
        if (status < 100)
            return failed(Failure::Kind::malformed, "the answer is no HTTP: there is no such status");
        if (status < 200)
            continue;
        if (parser.chunked())
            await_first_chunk(stream, buffer, error);
        if (!error)
            http::read(stream, buffer, parser, error);
        if (error)
            return tl::unexpected(failure_of(stream, error, limits));
        Answer answer;
        // Bytes after the answer belong to no request of ours: such a connection is not used again.
        answer.keeps_open = parser.keep_alive() && buffer.size() == 0;
        auto message = parser.release();
        answer.response.status = static_cast<int>(status);
        // Beast does not count a header that comes in one piece, nor what follows a body in pieces.
        std::size_t bytes = 0;
        for (const auto &field : message.base()) {
            bytes += field.name_string().size() + field.value().size();
            answer.response.headers.push_back({std::string(field.name_string()), std::string(field.value())});
        }
        if (bytes > limits.header_bytes)
            return tl::unexpected(too_large_header(limits));
        answer.response.body = std::move(message.body());
        return answer;
    }
    return failed(Failure::Kind::malformed, "the answer is interim, again and again");
}

std::string request_text(const Request &request, const Address &address, const std::vector<Header> &common,
                         std::string_view user_agent) {
    if (!is_path(request.path)) {
        throw Error(Code::invalid,
                    "\"" + one_line(request.path, 200) +
                        "\" is no path of a request: it begins with '/' and has no blanks and no "
                        "characters outside of ASCII, which are to be percent-encoded");
    }
    http::request<http::string_body> message(verb_of(request.method), request.path, 11);
    const auto set = [&](const Header &header) {
        if (!is_token(header.name) || has_control_characters(header.value)) {
            throw Error(Code::invalid,
                        "the header \"" + one_line(header.name, 100) +
                            "\" cannot be sent: its name is no word, or its value is more than "
                            "one line");
        }
        message.set(header.name, header.value);
    };
    message.set(http::field::host, address.text());
    set({"User-Agent", std::string(user_agent)});
    message.set(http::field::accept, "application/json");
    if (!request.body.empty())
        set({"Content-Type", request.content_type});
    std::ranges::for_each(common, set);
    std::ranges::for_each(request.headers, set);
    message.body() = request.body;
    message.prepare_payload();

    std::string text;
    text.reserve(512 + request.body.size());
    http::request_serializer<http::string_body> serializer(message);
    error_code error;
    while (!serializer.is_done() && !error) {
        serializer.next(error, [&](error_code &, const auto &buffers) {
            std::size_t bytes = 0;
            for (auto it = boost::asio::buffer_sequence_begin(buffers);
                 it != boost::asio::buffer_sequence_end(buffers); ++it) {
                const boost::asio::const_buffer piece = *it;
                text.append(static_cast<const char *>(piece.data()), piece.size());
                bytes += piece.size();
            }
            serializer.consume(bytes);
        });
    }
    if (error)
        throw Error(Code::internal, "a request cannot be written: " + error.message());
    return text;
}

} // namespace drv::rest
