#include "drover/sdk/rest/exchange_file.hpp"

#include "drover/sdk/error.hpp"
#include "drover/sdk/text.hpp"
#include "sdk/rest/unique_fd.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <mutex>
#include <utility>
#include <vector>

namespace drv::rest {

namespace {

namespace json = boost::json;

constexpr std::size_t kMostShown = 400; // of a body in an error

// A body as it stands in the file: JSON when it is some, so that it can be read and compared as such.
json::value body_of(std::string_view body, const Secrets &secrets) {
    if (body.empty())
        return nullptr;
    const std::string clean = secrets.cleaned(body);
    boost::system::error_code error;
    json::value value = json::parse(clean, error);
    if (error || value.is_null())
        return json::object{{"text", clean}};
    return value;
}

// The same without any text in it: what else an answer says is kept.
void hide_texts(json::value &value) {
    if (auto *list = value.if_array()) {
        for (json::value &item : *list)
            hide_texts(item);
    } else if (auto *object = value.if_object()) {
        for (auto &member : *object)
            hide_texts(member.value());
    } else if (value.is_string()) {
        value = kRedacted;
    }
}

// Same JSON with the same members in another order is the same request.
bool same(const json::value &one, const json::value &other) {
    return one == other;
}

std::string text_of(const json::value &body) {
    if (body.is_null())
        return {};
    const auto *object = body.if_object();
    if (object != nullptr && object->size() == 1) {
        if (const auto *text = object->if_contains("text"); text != nullptr && text->is_string())
            return std::string(text->get_string());
    }
    return json::serialize(body);
}

json::object headers_of(const std::vector<Header> &headers, const Secrets &secrets) {
    json::object object;
    for (const Header &header : headers) {
        object[header.name] =
            Secrets::is_secret_header(header.name) ? std::string(kRedacted) : secrets.cleaned(header.value);
    }
    return object;
}

json::object request_of(const Request &request, const Secrets &secrets) {
    return {{"method", std::string(name_of(request.method))},
            {"path", secrets.cleaned(request.path)},
            {"headers", headers_of(request.headers, secrets)},
            {"body", body_of(request.body, secrets)}};
}

class Recorder : public Transport {
public:
    Recorder(std::unique_ptr<Transport> inner, const std::filesystem::path &file,
             std::shared_ptr<const Secrets> secrets)
        : inner_(std::move(inner)), path_(file), secrets_(std::move(secrets)),
          file_(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
        if (!file_)
            throw problem(errno);
    }

    [[nodiscard]] Response exchange(const Request &request, const Limit &limit) override {
        Response response = inner_->exchange(request, limit);
        json::value body = body_of(response.body, *secrets_);
        if (request.has_secret_answer && response.is_success())
            hide_texts(body);
        const json::object entry{{"request", request_of(request, *secrets_)},
                                 {"response",
                                  {{"status", response.status},
                                   {"headers", headers_of(response.headers, *secrets_)},
                                   {"body", std::move(body)}}}};
        write(json::serialize(entry) + "\n");
        return response;
    }

private:
    [[nodiscard]] Error problem(int number) const {
        return {Code::internal,
                "exchanges cannot be recorded in " + path_.string() + ": " + std::strerror(number)};
    }
    void write(std::string_view line) {
        const std::lock_guard lock(mutex_);
        while (!line.empty()) {
            const ssize_t count = ::write(file_.get(), line.data(), line.size());
            if (count < 0 && errno == EINTR)
                continue;
            if (count < 0)
                throw problem(errno);
            line.remove_prefix(static_cast<std::size_t>(count));
        }
    }

    const std::unique_ptr<Transport> inner_;
    const std::filesystem::path path_;
    const std::shared_ptr<const Secrets> secrets_;
    std::mutex mutex_;
    const UniqueFd file_;
};

} // namespace

std::unique_ptr<Transport> record(std::unique_ptr<Transport> inner, const std::filesystem::path &file,
                                  std::shared_ptr<const Secrets> secrets) {
    return std::make_unique<Recorder>(std::move(inner), file, std::move(secrets));
}

class Replay::File {
public:
    struct Entry {
        json::object request;
        Response response;
    };

    File(std::filesystem::path the_path, std::shared_ptr<const Secrets> the_secrets)
        : path(std::move(the_path)), secrets(std::move(the_secrets)) {
        std::ifstream in(path, std::ios::binary);
        if (!in)
            throw Error(Code::invalid, "the exchanges in " + path.string() + " cannot be read");
        std::size_t number = 0;
        for (std::string line; std::getline(in, line);) {
            ++number;
            if (!line.empty() && line.front() != '#')
                entries.push_back(read(line, number));
        }
    }

    const std::filesystem::path path;
    const std::shared_ptr<const Secrets> secrets;
    std::mutex mutex;
    std::vector<Entry> entries;
    std::size_t next = 0;

private:
    [[nodiscard]] Entry read(const std::string &line, std::size_t number) const {
        const auto wrong = [&](const std::string &why) {
            return Error(Code::invalid, path.string() + ":" + std::to_string(number) + ": " + why);
        };
        boost::system::error_code error;
        const json::value value = json::parse(line, error);
        if (error)
            throw wrong("no JSON: " + error.message());
        try {
            const json::object &response = value.at("response").as_object();
            Entry entry{value.at("request").as_object(), {}};
            static_cast<void>(entry.request.at("method").as_string());
            static_cast<void>(entry.request.at("path").as_string());
            entry.response.status = response.at("status").to_number<int>();
            for (const auto &header : response.at("headers").as_object()) {
                entry.response.headers.push_back(
                    {std::string(header.key()), std::string(header.value().as_string())});
            }
            entry.response.body = text_of(response.at("body"));
            return entry;
        } catch (const std::exception &) {
            throw wrong("no exchange: expected {\"request\": {\"method\", \"path\", \"headers\", \"body\"}, "
                        "\"response\": {\"status\", \"headers\", \"body\"}}");
        }
    }
};

Replay::Replay(const std::filesystem::path &file, std::shared_ptr<const Secrets> secrets)
    : file_(std::make_unique<File>(file, std::move(secrets))) {}

Replay::~Replay() = default;

std::size_t Replay::left() const {
    const std::lock_guard lock(file_->mutex);
    return file_->entries.size() - file_->next;
}

Response Replay::exchange(const Request &request, const Limit &) {
    const std::lock_guard lock(file_->mutex);
    const json::object got = request_of(request, *file_->secrets);
    const auto shown = [](const json::value &value) { return one_line(json::serialize(value), kMostShown); };
    if (file_->next == file_->entries.size()) {
        throw Error(Code::internal,
                    "replay of " + file_->path.string() + ": all " + std::to_string(file_->entries.size()) +
                        " exchanges are used up, and there is one more request: " + shown(got));
    }
    const File::Entry &entry = file_->entries[file_->next];
    std::string differences;
    for (const char *key : {"method", "path", "headers", "body"}) {
        const auto *expected = entry.request.if_contains(key);
        // A file written by hand may leave out what it does not care for.
        if (expected == nullptr || same(*expected, got.at(key)))
            continue;
        differences +=
            std::string("; ") + key + ": expected " + shown(*expected) + ", got " + shown(got.at(key));
    }
    if (!differences.empty()) {
        throw Error(Code::internal, "replay of " + file_->path.string() + ": request " +
                                        std::to_string(file_->next + 1) + " of " +
                                        std::to_string(file_->entries.size()) +
                                        " is another one than recorded" + differences);
    }
    ++file_->next;
    return entry.response;
}

} // namespace drv::rest
