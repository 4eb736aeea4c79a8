#include "drover/sdk/rest/json.hpp"

#include "drover/sdk/text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/kind.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

namespace drv::rest {

namespace {

std::string_view kind_of(const boost::json::value &value) {
    switch (value.kind()) {
    case boost::json::kind::null:
        return "null";
    case boost::json::kind::bool_:
        return "true or false";
    case boost::json::kind::int64:
    case boost::json::kind::uint64:
    case boost::json::kind::double_:
        return "a number";
    case boost::json::kind::string:
        return "text";
    case boost::json::kind::array:
        return "a list";
    case boost::json::kind::object:
        return "an object";
    }
    return "something else";
}

} // namespace

Error Json::wrong(std::string_view expected) const {
    return {Code::internal, "the answer to " + one_line(where_, 500) + " is not as it should be: it is " +
                                std::string(kind_of(*value_)) + ", expected " + std::string(expected)};
}

std::optional<Json> Json::find(std::string_view key) const {
    const auto *object = value_->if_object();
    if (object == nullptr)
        throw wrong("an object");
    const auto *found = object->if_contains({key.data(), key.size()});
    if (found == nullptr || found->is_null())
        return std::nullopt;
    return Json(*found, where_ + ", field \"" + std::string(key) + "\"");
}

Json Json::at(std::string_view key) const {
    if (auto found = find(key))
        return *std::move(found);
    throw Error(Code::internal, "the answer to " + one_line(where_, 500) +
                                    " is not as it should be: the field \"" + std::string(key) +
                                    "\" is missing");
}

std::vector<Json> Json::items() const {
    const auto *list = value_->if_array();
    if (list == nullptr)
        throw wrong("a list");
    std::vector<Json> items;
    items.reserve(list->size());
    for (std::size_t i = 0; i < list->size(); ++i)
        items.emplace_back((*list)[i], where_ + ", item " + std::to_string(i));
    return items;
}

std::string Json::text() const {
    const auto *text = value_->if_string();
    if (text == nullptr)
        throw wrong("text");
    return {text->data(), text->size()};
}

std::uint64_t Json::u64() const {
    if (const auto *number = value_->if_uint64())
        return *number;
    if (const auto *number = value_->if_int64(); number != nullptr && *number >= 0)
        return static_cast<std::uint64_t>(*number);
    throw wrong("a whole number that is not negative");
}

double Json::number() const {
    if (!value_->is_number())
        throw wrong("a number");
    return value_->to_number<double>();
}

bool Json::boolean() const {
    const auto *claim = value_->if_bool();
    if (claim == nullptr)
        throw wrong("true or false");
    return *claim;
}

} // namespace drv::rest
