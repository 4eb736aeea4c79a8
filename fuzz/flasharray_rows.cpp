// An answer of a FlashArray, read as each kind of row: a value within its bounds, or one sentence why not.
// And names that are on the array: what is read of one is written as the same.
#include "drivers/flasharray/names.hpp"
#include "drivers/flasharray/refusal.hpp"
#include "drivers/flasharray/rest_version.hpp"
#include "drivers/flasharray/rows.hpp"
#include "drover/sdk/error.hpp"
#include "drover/sdk/text.hpp"
#include "fuzz/check.hpp"

#include <boost/json/parse.hpp>

namespace {

using namespace flasharray;
using drover::fuzz::require;
using drover::fuzz::require_message;

template <class Read>
void try_reading(const Json &answer, const Read &read) {
    try {
        read(answer);
    } catch (const drv::Error &error) {
        require_message(drv::one_line(error.message));
        require(!error.message.empty(), "a refusal says why");
    }
}

void read_rows(const boost::json::value &value) {
    const Json answer(value, "GET x");
    try_reading(answer, [](const Json &json) { static_cast<void>(only_row(json)); });
    try_reading(answer, [](const Json &json) { static_cast<void>(choose_version(json)); });
    try_reading(answer, [](const Json &json) {
        const VolumeRow row = volume_row(json);
        require(row.serial.size() == 24 && row.bytes % 512 == 0 && row.bytes != 0, "a volume can be one");
        require(drv::is_utf8(row.name) && !row.name.empty(), "a name is text");
    });
    try_reading(answer, [](const Json &json) {
        require(connection_of_volume(json).lun <= 16383, "a LUN can be one");
    });
    try_reading(answer, [](const Json &json) {
        if (const auto row = connection_of_all(json))
            require(row->lun <= 16383, "a LUN can be one");
    });
    try_reading(answer, [](const Json &json) {
        for (const std::string &wwn : host_row(json).wwns)
            require(wwn.size() == 16, "a WWN has 16 digits");
    });
    try_reading(answer, [](const Json &json) {
        const PortRow port = port_row(json);
        require(port.portal.empty() || port.portal.find(':') != std::string::npos, "a portal has a port");
    });
    try_reading(answer, [](const Json &json) { static_cast<void>(group_row(json)); });
    try_reading(answer, [](const Json &json) { static_cast<void>(limits_row(json)); });
    try_reading(answer, [](const Json &json) { static_cast<void>(space_row(json)); });
    try_reading(answer, [](const Json &json) { static_cast<void>(load_row(json)); });
    try_reading(answer, [](const Json &json) { static_cast<void>(array_row(json)); });
}

void read_names(std::string_view text) {
    static const Names names("9d3c1f00-1111-4222-8333-444455556666");
    if (const auto name = names.read_volume(text)) {
        require(is_uuid(name->id), "an id that was read is a UUID", name->id);
        require(name->parent.empty() || is_uuid(name->parent), "a parent that was read is a UUID");
        if (name->kind == NameKind::volume && !name->is_flocker) {
            const std::string again = name->is_copy      ? names.copy(name->id, name->parent)
                                      : text.size() > 50 ? names.second(name->id)
                                                         : names.volume(name->id);
            require(is_same_name(again, text), "a name is written as it was read", again);
        }
    }
    const SnapshotName snapshot = Names::read_snapshot(text);
    require(snapshot.id.empty() || is_uuid(snapshot.id), "a snapshot's id is a UUID");
    if (const auto node = names.read_host(text))
        require(names.host(*node).size() <= 63, "a host's name fits");
    static_cast<void>(names.read_group(text));
    static_cast<void>(names.is_of_other_cluster(text));
    static_cast<void>(refusal_of(400, text));
    static_cast<void>(unix_ns_of(text));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view bytes = drover::fuzz::text_of(data, size);
    boost::system::error_code error;
    boost::json::parse_options options;
    options.max_depth = 32;
    const auto value = boost::json::parse({bytes.data(), bytes.size()}, error, {}, options);
    if (error) {
        read_names(bytes);
        return 0;
    }
    read_rows(value);
    if (value.is_array()) {
        for (const auto &item : value.get_array())
            read_rows(item);
    }
    return 0;
}
