#include "core/volume/identity.hpp"

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/string_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <algorithm>

namespace drover {

std::string uuid_v5(std::string_view space, std::string_view name) {
    const boost::uuids::uuid root = boost::uuids::string_generator()(space.begin(), space.end());
    return boost::uuids::to_string(boost::uuids::name_generator_sha1(root)(name.data(), name.size()));
}

std::string random_uuid() {
    return boost::uuids::to_string(boost::uuids::random_generator()());
}

std::string filesystem_uuid(std::string_view volume_id) {
    return uuid_v5(volume_id, "filesystem");
}

namespace {
constexpr std::size_t kVersionDigit = 14;
}

std::string adopted_id(std::string_view cluster_id, std::string_view name) {
    std::string id = uuid_v5(cluster_id, "adopted:" + std::string(name)); // no name has a colon
    id[kVersionDigit] = '8';
    return id;
}

bool is_adopted_id(std::string_view id) noexcept {
    return is_uuid(id) && id[kVersionDigit] == '8';
}

bool is_uuid(std::string_view text) noexcept {
    if (text.size() != 36)
        return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (c != '-')
                return false;
        } else if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
            return false;
        }
    }
    return true;
}

} // namespace drover
