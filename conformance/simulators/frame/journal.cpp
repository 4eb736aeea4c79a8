#include "conformance/simulators/frame/journal.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>

namespace drover::sim {

namespace {

namespace json = boost::json;

constexpr std::size_t kMostBodyBytes = 64U << 10U; // of a body that is kept as it is

bool is_secret(std::string_view key) {
    return key.find("password") != std::string_view::npos || key.find("secret") != std::string_view::npos ||
           key.find("token") != std::string_view::npos ||
           key.find("connection_key") != std::string_view::npos;
}

void mask(json::value &value) { // NOLINT(misc-no-recursion): parsed with limited depth
    if (auto *object = value.if_object()) {
        for (auto &member : *object) {
            const std::string_view key(member.key().data(), member.key().size());
            // Continuation tokens of lists are none.
            if (is_secret(key) && key != "token" && !member.value().is_null()) {
                member.value() = "***";
            } else {
                mask(member.value());
            }
        }
    } else if (auto *array = value.if_array()) {
        for (auto &item : *array)
            mask(item);
    }
}

} // namespace

json::value masked_body(const std::string &body) {
    boost::system::error_code error;
    auto value = body.size() > kMostBodyBytes ? json::value() : json::parse(body, error);
    if (body.size() > kMostBodyBytes || error)
        return json::string(fmt::format("({} bytes)", body.size()));
    mask(value);
    return value;
}

Result<void> Journal::write_to(const std::filesystem::path &file) {
    UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (!fd)
        return fail_errno(errno, fmt::format("the journal {} cannot be written", file.native()));
    const std::lock_guard lock(mutex_);
    file_ = std::move(fd);
    return {};
}

void Journal::add(const Call &call) {
    const Request &request = *call.request;
    json::object query;
    for (const auto &[key, value] : request.query)
        query[key] = is_secret(key) && key != "token" ? "***" : value;
    json::object row{{"method", request.method}, {"path", request.path}, {"query", std::move(query)}};
    row["body"] = request.body.empty() ? json::value() : masked_body(request.body);
    switch (call.reply->delivery) {
    case Delivery::whole:
        row["delivery"] = "whole";
        break;
    case Delivery::truncated:
        row["delivery"] = "truncated";
        break;
    case Delivery::dropped:
        row["delivery"] = "dropped";
        break;
    case Delivery::reset:
        row["delivery"] = "reset";
        break;
    }
    row["status"] = call.reply->response.status;
    row["bytes"] = call.reply->response.body.size();
    row["faults"] = call.faults;
    row["took_us"] = call.took.count();
    for (const auto &note : call.notes)
        row[note.key()] = note.value();

    const std::lock_guard lock(mutex_);
    row["n"] = next_++;
    if (file_) {
        const std::string line = json::serialize(row) + "\n";
        if (::write(file_.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
            std::perror("drover-array-sim: the journal is no longer written");
            file_.reset();
        }
    }
    calls_.push_back(std::move(row));
    if (calls_.size() > kKept)
        calls_.pop_front();
    added_.notify_all();
}

void Journal::clear() {
    const std::lock_guard lock(mutex_);
    calls_.clear();
}

Journal::Page Journal::since(std::uint64_t since, std::chrono::milliseconds patience) const {
    std::unique_lock lock(mutex_);
    added_.wait_for(lock, patience, [&] { return is_ending_ || next_ > since; });
    Page page{.next = next_};
    const std::uint64_t first = next_ - calls_.size();
    for (std::uint64_t n = std::max(since, first); n < next_; ++n)
        page.calls.emplace_back(calls_[n - first]);
    return page;
}

void Journal::stop_waiting() {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
    added_.notify_all();
}

} // namespace drover::sim
