// What a driver emits: volumes, profiles, connections, capabilities. Copied, with every text UTF-8 and every
// number within its bounds, or refused with the name of the field; never read past what is there.
#include "fuzz/check.hpp"
#include "fuzz/driver_input.hpp"
#include "loader/driver_text.hpp"
#include "loader/records.hpp"

#include <algorithm>

namespace {

using namespace drover;
using fuzz::DriverInput;
using fuzz::require;

drv_kv make_pair(DriverInput &input) {
    drv_kv pair{};
    pair.key = input.text();
    pair.value = input.text();
    return pair;
}
const drv_kv *make_pairs(DriverInput &input, std::uint64_t &count) {
    return input.rows<drv_kv>(count, [&] { return make_pair(input); });
}
const drv_str *make_texts(DriverInput &input, std::uint64_t &count) {
    return input.rows<drv_str>(count, [&] { return input.text(); });
}

// A zero byte is the whole struct.
template <typename Record>
const Record *finish(DriverInput &input, Record &record) {
    record.struct_size = static_cast<std::uint32_t>(sizeof record) - input.byte();
    return input.record(record, record.struct_size);
}

void check_problem(const RecordProblem &problem) {
    if (problem)
        fuzz::require_message(*problem);
}

void check_texts(const Attributes &attributes) {
    for (const auto &[key, value] : attributes)
        require(!key.empty() && is_text(key) && is_text(value), "an attribute is text", key);
}

void volume(DriverInput &input) {
    drv_volume from{};
    from.state = static_cast<std::uint32_t>(input.number());
    from.flags = input.number();
    for (drv_str *text : {&from.id, &from.name, &from.backend_id, &from.pool, &from.profile, &from.parent})
        *text = input.text();
    for (std::uint64_t *number : {&from.bytes, &from.used_bytes, &from.created_unix_ns})
        *number = input.number();
    from.attached_nodes = make_texts(input, from.attached_count);
    from.attrs = make_pairs(input, from.attr_count);
    BackendVolume to;
    const auto problem = copy_volume(finish(input, from), to);
    check_problem(problem);
    if (problem)
        return;
    require(!to.backend_id.empty(), "a volume has an id of its backend");
    require(to.id.size() <= kMaxIdBytes && to.name.size() <= kMaxIdBytes, "ids and names are short", to.id);
    for (const std::string *text : {&to.id, &to.name, &to.backend_id, &to.pool, &to.profile, &to.parent})
        require(is_text(*text), "what a volume says is text", *text);
    for (const std::string &node : to.attached_nodes)
        require(!node.empty() && is_text(node), "a node is a text", node);
    require(to.attached_nodes.size() == from.attached_count, "no node is lost");
    check_texts(to.attributes);
}

void profile(DriverInput &input) {
    drv_profile from{};
    from.flags = input.number();
    from.name = input.text();
    from.description = input.text();
    from.attrs = make_pairs(input, from.attr_count);
    Profile to;
    const auto problem = copy_profile(finish(input, from), to);
    check_problem(problem);
    if (problem)
        return;
    require(!to.name.empty() && is_text(to.name) && is_text(to.description), "a profile has a name", to.name);
    check_texts(to.attributes);
}

void connection(DriverInput &input) {
    drv_connection from{};
    from.protocol = static_cast<std::uint32_t>(input.number());
    for (drv_str *text : {&from.device, &from.wwid, &from.auth_user, &from.auth_secret_key})
        *text = input.text();
    from.lun = input.number();
    // One count for both: no more than either holds, or what is absurd for both.
    std::uint64_t targets = 0;
    from.portals = make_texts(input, from.portal_count);
    from.targets = make_texts(input, targets);
    const bool is_absurd = std::max(targets, from.portal_count) >= 8;
    from.portal_count =
        is_absurd ? std::max(targets, from.portal_count) : std::min(targets, from.portal_count);
    from.attrs = make_pairs(input, from.attr_count);
    Connection to;
    bool is_known = false;
    const auto problem = copy_connection(finish(input, from), to, &is_known);
    check_problem(problem);
    if (problem || !is_known)
        return;
    require(!to.wwid.empty(), "without a WWID nothing can be proven");
    require(to.protocol != Protocol::local || !to.device.empty(), "a local device has a path");
    require(to.paths.size() == from.portal_count, "no path is lost");
    for (const auto &path : to.paths)
        require(is_text(path.portal) && is_text(path.target), "a path is text", path.portal);
    for (const std::string *text : {&to.wwid, &to.device, &to.auth_user, &to.auth_secret_key})
        require(is_text(*text), "what a connection says is text", *text);
    check_texts(to.attributes);
}

void capabilities(DriverInput &input) {
    drv_caps from{};
    for (std::uint64_t *number : {&from.protocols, &from.flags, &from.min_bytes, &from.max_bytes,
                                  &from.granularity_bytes, &from.total_bytes, &from.free_bytes})
        *number = input.number();
    const Capabilities to = to_capabilities(from);
    require(to.min_bytes > 0 && to.granularity_bytes > 0, "nothing is divided by zero");
    require(to.protocols.size() <= 4, "only known protocols are told");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    DriverInput input(data, size);
    switch (input.byte() % 4) {
    case 0:
        volume(input);
        break;
    case 1:
        profile(input);
        break;
    case 2:
        connection(input);
        break;
    default:
        capabilities(input);
    }
    return 0;
}
