#include "loader/wire/rows.hpp"

#include "loader/wire/row_parts.hpp"

namespace drover::wire {

void write_volume(FrameWriter &to, const drv_volume *volume) {
    const std::size_t group = to.open(Tag::volume);
    if (volume == nullptr) {
        to.number(Tag::is_null, 1);
        return to.close(group);
    }
    const drv_volume from = known_part(volume);
    write_struct_size(to, from.struct_size, sizeof from);
    if (from.struct_size == sizeof from) {
        to.number(Tag::state, from.state);
        if (from.flags != 0)
            to.number(Tag::flags, from.flags);
        write_text(to, Tag::id, from.id);
        write_text(to, Tag::name, from.name);
        write_text(to, Tag::backend_id, from.backend_id);
        write_text(to, Tag::pool, from.pool);
        write_text(to, Tag::profile, from.profile);
        write_text(to, Tag::parent, from.parent);
        to.number(Tag::bytes, from.bytes);
        if (from.used_bytes != DRV_UNKNOWN)
            to.number(Tag::used_bytes, from.used_bytes);
        if (from.created_unix_ns != DRV_UNKNOWN)
            to.number(Tag::created_unix_ns, from.created_unix_ns);
        write_texts(to, Tag::attached_node, from.attached_nodes, from.attached_count);
        if (from.attached_count != 0 && !can_follow(from.attached_nodes, from.attached_count)) {
            write_array_problem(to, Tag::attached_count, from.attached_count, Tag::attached_is_null,
                                from.attached_nodes);
        }
        write_attributes(to, from.attrs, from.attr_count);
    }
    to.close(group);
}

bool RowReader::volume(const Field &group, const drv_volume **row) {
    volume_ = {.struct_size = sizeof volume_,
               .id = kNoText,
               .name = kNoText,
               .backend_id = kNoText,
               .pool = kNoText,
               .profile = kNoText,
               .parent = kNoText,
               .used_bytes = DRV_UNKNOWN,
               .created_unix_ns = DRV_UNKNOWN};
    texts_.clear();
    Told nodes;
    CommonFields common(pairs_, volume_.struct_size);
    FieldReader fields(group.bytes);
    bool ok = fits(group, false) && !group.is_unreadable;
    for (Field field; ok && fields.next(field);) {
        switch (field.tag) {
        case Tag::state:
            volume_.state = static_cast<std::uint32_t>(field.number);
            ok = fits(field, true);
            break;
        case Tag::flags:
            ok = take_number(field, volume_.flags);
            break;
        case Tag::id:
            ok = take_text(field, volume_.id);
            break;
        case Tag::name:
            ok = take_text(field, volume_.name);
            break;
        case Tag::backend_id:
            ok = take_text(field, volume_.backend_id);
            break;
        case Tag::pool:
            ok = take_text(field, volume_.pool);
            break;
        case Tag::profile:
            ok = take_text(field, volume_.profile);
            break;
        case Tag::parent:
            ok = take_text(field, volume_.parent);
            break;
        case Tag::bytes:
            ok = take_number(field, volume_.bytes);
            break;
        case Tag::used_bytes:
            ok = take_number(field, volume_.used_bytes);
            break;
        case Tag::created_unix_ns:
            ok = take_number(field, volume_.created_unix_ns);
            break;
        case Tag::attached_node:
            texts_.push_back(field.text());
            ok = fits(field, false);
            break;
        case Tag::attached_count:
            ok = take_number(field, nodes.count);
            break;
        case Tag::attached_is_null:
            nodes.is_null = true;
            break;
        default:
            common.take(field, sizeof volume_);
        }
    }
    if (!ok || !fields.ok() || !common.finish(volume_.attrs, volume_.attr_count) ||
        !nodes.apply(texts_, volume_.attached_nodes, volume_.attached_count))
        return false;
    *row = common.is_null() ? nullptr : &volume_;
    return true;
}

void write_connection(FrameWriter &to, const drv_connection *connection) {
    const std::size_t group = to.open(Tag::connection);
    if (connection == nullptr) {
        to.number(Tag::is_null, 1);
        return to.close(group);
    }
    const drv_connection from = known_part(connection);
    write_struct_size(to, from.struct_size, sizeof from);
    if (from.struct_size == sizeof from) {
        to.number(Tag::protocol, from.protocol);
        write_text(to, Tag::device, from.device);
        write_text(to, Tag::wwid, from.wwid);
        to.number(Tag::lun, from.lun);
        write_texts(to, Tag::portal, from.portals, from.portal_count);
        write_texts(to, Tag::target, from.targets, from.portal_count);
        if (from.portal_count != 0 && !can_follow(from.portals, from.portal_count))
            write_array_problem(to, Tag::portal_count, from.portal_count, Tag::portal_is_null, from.portals);
        if (from.portal_count != 0 && !can_follow(from.targets, from.portal_count))
            write_array_problem(to, Tag::target_count, from.portal_count, Tag::target_is_null, from.targets);
        write_text(to, Tag::auth_user, from.auth_user);
        write_text(to, Tag::auth_secret_key, from.auth_secret_key);
        write_attributes(to, from.attrs, from.attr_count);
    }
    to.close(group);
}

bool RowReader::connection(const Field &group, const drv_connection **row) {
    connection_ = {.struct_size = sizeof connection_,
                   .device = kNoText,
                   .wwid = kNoText,
                   .auth_user = kNoText,
                   .auth_secret_key = kNoText};
    texts_.clear();
    more_texts_.clear();
    Told portals;
    Told targets;
    CommonFields common(pairs_, connection_.struct_size);
    FieldReader fields(group.bytes);
    bool ok = fits(group, false) && !group.is_unreadable;
    for (Field field; ok && fields.next(field);) {
        switch (field.tag) {
        case Tag::protocol:
            connection_.protocol = static_cast<std::uint32_t>(field.number);
            ok = fits(field, true);
            break;
        case Tag::device:
            ok = take_text(field, connection_.device);
            break;
        case Tag::wwid:
            ok = take_text(field, connection_.wwid);
            break;
        case Tag::lun:
            ok = take_number(field, connection_.lun);
            break;
        case Tag::portal:
            texts_.push_back(field.text());
            ok = fits(field, false);
            break;
        case Tag::target:
            more_texts_.push_back(field.text());
            ok = fits(field, false);
            break;
        case Tag::portal_count:
            ok = take_number(field, portals.count);
            break;
        case Tag::portal_is_null:
            portals.is_null = true;
            break;
        case Tag::target_count:
            ok = take_number(field, targets.count);
            break;
        case Tag::target_is_null:
            targets.is_null = true;
            break;
        case Tag::auth_user:
            ok = take_text(field, connection_.auth_user);
            break;
        case Tag::auth_secret_key:
            ok = take_text(field, connection_.auth_secret_key);
            break;
        default:
            common.take(field, sizeof connection_);
        }
    }
    std::uint64_t target_count = 0;
    if (!ok || !fields.ok() || !common.finish(connection_.attrs, connection_.attr_count) ||
        !portals.apply(texts_, connection_.portals, connection_.portal_count) ||
        !targets.apply(more_texts_, connection_.targets, target_count) ||
        target_count != connection_.portal_count) // one count for both
        return false;
    *row = common.is_null() ? nullptr : &connection_;
    return true;
}

void write_capabilities(FrameWriter &to, const drv_caps &caps) {
    const std::size_t group = to.open(Tag::capabilities);
    to.number(Tag::protocols, caps.protocols);
    to.number(Tag::flags, caps.flags);
    to.number(Tag::min_bytes, caps.min_bytes);
    to.number(Tag::max_bytes, caps.max_bytes);
    to.number(Tag::granularity_bytes, caps.granularity_bytes);
    to.number(Tag::total_bytes, caps.total_bytes);
    to.number(Tag::free_bytes, caps.free_bytes);
    to.close(group);
}

bool RowReader::capabilities(const Field &group, drv_caps &caps) {
    FieldReader fields(group.bytes);
    bool ok = fits(group, false) && !group.is_unreadable;
    for (Field field; ok && fields.next(field);) {
        switch (field.tag) {
        case Tag::protocols:
            ok = take_number(field, caps.protocols);
            break;
        case Tag::flags:
            ok = take_number(field, caps.flags);
            break;
        case Tag::min_bytes:
            ok = take_number(field, caps.min_bytes);
            break;
        case Tag::max_bytes:
            ok = take_number(field, caps.max_bytes);
            break;
        case Tag::granularity_bytes:
            ok = take_number(field, caps.granularity_bytes);
            break;
        case Tag::total_bytes:
            ok = take_number(field, caps.total_bytes);
            break;
        case Tag::free_bytes:
            ok = take_number(field, caps.free_bytes);
            break;
        default: // of a later protocol
            break;
        }
    }
    return ok && fields.ok();
}

} // namespace drover::wire
