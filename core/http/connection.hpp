// One connection of a server: reads a request, hands it over, writes its answer, and only then looks at the
// next, which is what keeps pipelined answers in order. Lives on the loop's thread.
#pragma once

#include "core/http/event_loop_impl.hpp"
#include "core/http/message.hpp"
#include "core/http/server_state.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <memory>
#include <optional>
#include <string>

namespace drover::http {

class Connection : public std::enable_shared_from_this<Connection> {
public:
    using Socket = boost::asio::local::stream_protocol::socket;

    Connection(std::shared_ptr<Server::State> server, Socket socket, Peer peer);

    // Waits for the next request, or closes if the server stops.
    void next();
    // The answer to the request that was handed over. `delivered` may be empty.
    void answer(const Response &response, Delivered delivered);
    // No request was begun.
    [[nodiscard]] bool is_idle() const noexcept { return phase_ == Phase::idle; }
    void close();

private:
    enum class Phase { idle, reading, handling, writing, closed };

    void read_header();
    void read_body();
    void read_first_chunk();
    void read_rest();
    void hand_over();
    // Answers what cannot be handed over; nothing after it on this connection can be trusted.
    void refuse(unsigned status, std::string_view text);
    void refuse_header();
    void read_failed(const boost::system::error_code &why);
    void write(const Response &response, Delivered delivered);
    void write_rest(std::size_t sent);
    void written(bool ok);
    // After a refusal the client may still be sending; closing at once could take the answer away from it.
    void drain();
    void discard();

    void limit_time();
    void unlimit_time();
    [[nodiscard]] bool is_peer_gone();

    std::shared_ptr<Server::State> server_;
    Socket socket_;
    Peer peer_;
    Phase phase_ = Phase::idle;
    boost::asio::steady_timer timer_;
    bool is_out_of_time_ = false;
    unsigned limit_generation_ = 0;
    bool has_served_ = false;
    boost::beast::flat_buffer buffer_;
    std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
    bool keep_alive_ = true;
    bool without_body_ = false; // HEAD
    unsigned version_ = 11;
    std::string out_;
    Delivered delivered_;
};

} // namespace drover::http
