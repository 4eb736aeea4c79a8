// The real Api: core/http's client on the agent's socket.
#include "core/cli/api.hpp"
#include "core/http/client.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace drover::cli {
namespace {

class HttpApi final : public Api {
public:
    explicit HttpApi(const std::filesystem::path &socket) : socket_(socket.native()), client_(socket) {}

    Result<ApiAnswer> send(const ApiRequest &request, Deadline deadline) override {
        http::ClientRequest out{
            .method = request.method, .target = request.target, .headers = {}, .body = {}};
        if (request.respond_async)
            out.headers.push_back({"Prefer", "respond-async"});
        if (request.body) {
            out.headers.push_back({"Content-Type", "application/json"});
            out.body = boost::json::serialize(*request.body);
        }
        auto in = client_.send(out, deadline);
        if (!in)
            return fail(std::move(in).error());
        ApiAnswer answer{.status = in->status, .body = {}};
        if (in->body.empty())
            return answer;
        boost::system::error_code broken;
        answer.body = boost::json::parse(in->body, broken);
        if (broken) {
            return fail(Code::internal, fmt::format("{} answered {} with something that is no JSON: is it a "
                                                    "Drover agent's socket?",
                                                    socket_, in->status));
        }
        return answer;
    }

private:
    std::string socket_;
    http::Client client_;
};

} // namespace

std::unique_ptr<Api> connect_api(const std::filesystem::path &socket) {
    return std::make_unique<HttpApi>(socket);
}

} // namespace drover::cli
