#include "drivers/flasharray/refusal.hpp"

#include "drover/sdk/text.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>

namespace flasharray {

namespace {

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool contains(std::string_view text, std::string_view fragment) noexcept {
    const auto same = [](char one, char other) { return lower(one) == lower(other); };
    return std::search(text.begin(), text.end(), fragment.begin(), fragment.end(), same) != text.end();
}

struct Row {
    std::string_view fragment;
    Refusal refusal;
};

// The first that fits, so the narrower ones stand first.
constexpr std::array kRows{
    Row{"host does not exist", Refusal::host_missing},
    Row{"does not exist", Refusal::missing},
    Row{"no such volume or snapshot", Refusal::missing},
    Row{"has been destroyed", Refusal::destroyed},
    Row{"already exists", Refusal::exists},
    Row{"already in use", Refusal::initiator_taken},
    Row{"is not connected", Refusal::not_connected},
    Row{"cannot be deleted due to existing connections", Refusal::host_connected},
    Row{"already belongs to", Refusal::member_already},
    Row{"already includes", Refusal::member_already},
    Row{"already allowed on", Refusal::member_already},
    Row{"could not be found", Refusal::member_missing},
    Row{"limit reached", Refusal::limit},
    Row{"maximum number of", Refusal::limit},
    Row{"eradication is disabled", Refusal::eradication_off},
    Row{"1 to 63 characters", Refusal::name_refused},
    Row{"between 1 and 63 characters", Refusal::name_refused},
};

drv::Code code_of(Refusal refusal, drv::Code otherwise) noexcept {
    switch (refusal) {
    case Refusal::missing:
        return drv::Code::not_found;
    case Refusal::exists:
        return drv::Code::exists;
    case Refusal::host_missing:
    case Refusal::destroyed:
    case Refusal::initiator_taken:
    case Refusal::not_connected:
    case Refusal::host_connected:
    case Refusal::member_already:
    case Refusal::member_missing:
        return drv::Code::conflict;
    case Refusal::limit:
        return drv::Code::no_space;
    case Refusal::eradication_off:
    case Refusal::version_gone:
        return drv::Code::unsupported;
    case Refusal::name_refused:
        return drv::Code::invalid;
    case Refusal::other:
        break;
    }
    return otherwise;
}

} // namespace

Refusal refusal_of(int status, std::string_view words) noexcept {
    if (status == 450)
        return Refusal::version_gone;
    if (status != 400)
        return Refusal::other;
    const auto *row =
        std::ranges::find_if(kRows, [&](const Row &each) { return contains(words, each.fragment); });
    return row == kRows.end() ? Refusal::other : row->refusal;
}

std::string msg_of(const drv::rest::Response &response) {
    boost::system::error_code error;
    boost::json::parse_options options;
    options.max_depth = 8;
    const auto value = boost::json::parse({response.body.data(), response.body.size()}, error, {}, options);
    const boost::json::value *item = error ? nullptr : &value;
    if (item != nullptr && item->is_array())
        item = item->get_array().empty() ? nullptr : &item->get_array().front();
    if (item != nullptr && item->is_object()) {
        if (const auto *msg = item->get_object().if_contains("msg"); msg != nullptr && msg->is_string())
            return drv::one_line({msg->get_string().data(), msg->get_string().size()}, 500);
    }
    return drv::rest::words_of(response);
}

RefusedError refused(drv::rest::AnswerError error) {
    const int status = error.status;
    const Refusal refusal = refusal_of(status, error.words);
    error.code = code_of(refusal, error.code);
    return {std::move(error), refusal, status};
}

} // namespace flasharray
