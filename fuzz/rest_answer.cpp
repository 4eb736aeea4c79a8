// Bytes that an array may answer with: an answer within the limits or one sentence why not, the same however
// the bytes arrive; then its JSON read, its refusal put into words. The first byte says how large the pieces
// are, whether it answers a HEAD, and whether the connection ends in an orderly way.
#include "drover/sdk/rest/client.hpp"
#include "drover/sdk/testing/fake_host.hpp"
#include "fuzz/check.hpp"
#include "sdk/rest/wire.hpp"

#include <algorithm>
#include <memory>

namespace {

using namespace drv;
using drover::fuzz::is_one_line;
using drover::fuzz::require;
using drover::fuzz::require_message;

constexpr rest::AnswerLimits kLimits{2048, 8192};
constexpr std::string_view kSecret = "hunter2hunter2";

class Bytes : public rest::ByteSource {
public:
    Bytes(std::string_view bytes, std::size_t piece, bool is_orderly)
        : bytes_(bytes), piece_(piece), is_orderly_(is_orderly) {}
    [[nodiscard]] rest::Outcome<std::size_t> read(std::span<char> to) override {
        require(!to.empty(), "there is room for what is read");
        const std::size_t count = std::min({to.size(), piece_, bytes_.size()});
        std::copy_n(bytes_.data(), count, to.data());
        bytes_.remove_prefix(count);
        if (count == 0 && !is_orderly_)
            return rest::failed(rest::Failure::Kind::broken, "it broke");
        return count;
    }

private:
    std::string_view bytes_;
    const std::size_t piece_;
    const bool is_orderly_;
};

class Given : public rest::Transport {
public:
    explicit Given(const rest::Response &response) : response_(response) {}
    [[nodiscard]] rest::Response exchange(const rest::Request &, const rest::Limit &) override {
        return response_;
    }

private:
    const rest::Response &response_;
};

void check_answer(const rest::Answer &answer, rest::Method method) {
    const rest::Response &response = answer.response;
    require(response.status >= 200 && response.status <= 999, "an answer has a status that is final");
    require(response.body.size() <= kLimits.body_bytes, "a body keeps to the limit");
    require(method != rest::Method::head || response.body.empty(), "HEAD has no body");
    std::size_t bytes = 0;
    for (const rest::Header &header : response.headers) {
        bytes += header.name.size() + header.value.size();
        require(header.name.find_first_of(": \t\r\n") == std::string::npos, "a header's name is a word",
                header.name);
        require(header.value.find_first_of("\r\n") == std::string::npos, "a header is one line",
                header.value);
    }
    require(bytes <= kLimits.header_bytes, "headers keep to the limit");
}

void check_reading(const rest::Response &response) {
    static const testing::FakeHost host;
    rest::Options options;
    options.address = {"array"};
    rest::Client client(Host(host.get()), options, {}, std::make_unique<Given>(response));
    client.secrets().add(kSecret);
    const rest::Limit limit = rest::Limit::within(std::chrono::hours(1));
    try {
        static_cast<void>(client.json(limit, {.path = "/x"}));
        require(response.is_success(), "only a success is read");
    } catch (const rest::AnswerError &error) {
        require(!response.is_success(), "a success is no refusal");
        require_message(error.message);
        require(error.words.empty() || is_one_line(error.words), "words are one line", error.words);
        require(error.message.find(kSecret) == std::string::npos, "no secret is told", error.message);
    } catch (const Error &error) {
        require(response.is_success() && error.code == Code::internal, "what cannot be read is told as such");
        require_message(error.message);
        require(error.message.find(kSecret) == std::string::npos, "no secret is told", error.message);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size == 0)
        return 0;
    const auto method = (data[0] & 0x80U) != 0 ? rest::Method::head : rest::Method::get;
    const bool is_orderly = (data[0] & 0x40U) == 0;
    const std::size_t piece = (data[0] & 0x3fU) + 1U;
    const std::string_view bytes = drover::fuzz::text_of(data + 1, size - 1);

    Bytes whole(bytes, bytes.size() + 1, is_orderly);
    const auto answer = rest::read_answer(whole, method, kLimits);
    if (answer) {
        check_answer(*answer, method);
        check_reading(answer->response);
    } else {
        require_message(answer.error().detail);
    }
    // How large a header may be is counted a few bytes differently when it comes in pieces.
    if (bytes.size() >= kLimits.header_bytes)
        return 0;
    Bytes pieces(bytes, piece, is_orderly);
    const auto other = rest::read_answer(pieces, method, kLimits);
    require(other.has_value() == answer.has_value(), "pieces carry an answer when the whole does");
    if (answer) {
        require(other->response.status == answer->response.status &&
                    other->response.headers == answer->response.headers &&
                    other->response.body == answer->response.body,
                "an answer is the same in pieces");
    }
    return 0;
}
