// Attach, detach and resolve: cfile's, and what each fault breaks.
#include "conformance/wrong_drivers/driver.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <thread>
#include <unistd.h>

namespace wrong {
namespace {

std::string hex(uint64_t number) {
    char text[17];
    static_cast<void>(std::snprintf(text, sizeof text, "%llx", static_cast<unsigned long long>(number)));
    return text;
}

// Any other volume that is attached to the node.
bool other_on(const drv_instance *self, drv_str but, drv_str node, volume &other) {
    char(*ids)[ID_SIZE] = nullptr;
    size_t count = 0;
    bool is_found = false;
    if (images_list(self->folder, &ids, &count).error != 0)
        return false;
    for (size_t i = 0; i < count && !is_found; ++i) {
        is_found = view(but) != ids[i] && images_load(self->folder, ids[i], &other).error == 0 &&
                   view(node) == other.node;
    }
    std::free(ids); // NOLINT: cfile's, from malloc
    return is_found;
}

// The connection of `other` in place of the volume's own.
drv_status attach_as(drv_instance *self, const drv_call *call, const drv_attach_req &request, volume &other,
                     const drv_connection_sink *sink) {
    drv_attach_req to_other = request;
    to_other.id = text_of(other.id);
    to_other.flags = other.is_read_only ? DRV_ATTACH_READ_ONLY : 0;
    return right().attach(self, call, &to_other, sink);
}

drv_status swallow(void * /*data*/, const drv_connection * /*row*/) {
    return DRV_OK;
}

// The volume's own device, with the wwid of another one.
drv_status attach_with_wwid_of(drv_instance *self, const drv_call *call, const drv_attach_req &request,
                               const volume &other, const drv_connection_sink *sink) {
    struct Change {
        const drv_connection_sink *to;
        std::string wwid;
    } change{sink, "loop:" + hex(other.device) + ":" + hex(other.inode)};
    drv_connection_sink tap{};
    tap.struct_size = sizeof tap;
    tap.data = &change;
    tap.emit = [](void *data, const drv_connection *row) {
        const auto &self_ = *static_cast<Change *>(data);
        drv_connection changed = *row;
        changed.wwid = str(self_.wwid);
        return self_.to->emit(self_.to->data, &changed);
    };
    return right().attach(self, call, &request, &tap);
}

} // namespace

drv_status attach(drv_instance *self, const drv_call *call, const drv_attach_req *given,
                  const drv_connection_sink *sink) {
    drv_attach_req request = *given;
    if (is(Fault::takes_unknown_flag))
        request.flags &= DRV_ATTACH_READ_ONLY;
    if (is(Fault::read_only_is_writable))
        request.flags &= ~uint64_t{DRV_ATTACH_READ_ONLY};
    char id[ID_SIZE];
    volume there{};
    const bool is_there = copy_id(request.id, id) && images_load(self->folder, id, &there).error == 0;
    const bool is_attached = is_there && there.node[0] != '\0';
    const bool is_elsewhere = is_attached && view(request.node_id) != there.node;
    if (is(Fault::attaches_to_two_nodes) && is_elsewhere) {
        drv_attach_req as_there = request;
        as_there.node_id = text_of(there.node);
        return right().attach(self, call, &as_there, sink);
    }
    volume other{};
    if (is(Fault::gives_namesakes_connection) && is_there && !is_attached &&
        other_on(self, request.id, request.node_id, other) && std::strcmp(other.name, there.name) == 0) {
        drv_connection_sink nobody{};
        nobody.struct_size = sizeof nobody;
        nobody.emit = swallow;
        const drv_status status = right().attach(self, call, &request, &nobody);
        return status == DRV_OK ? attach_as(self, call, request, other, sink) : status;
    }
    if (is(Fault::clone_keeps_wwid) && is_there && other_on(self, request.id, request.node_id, other) &&
        origin_of(self->folder, id) == other.id)
        return attach_with_wwid_of(self, call, request, other, sink);
    if (is(Fault::gives_others_when_repeated) && is_attached && !is_elsewhere &&
        other_on(self, request.id, request.node_id, other))
        return attach_as(self, call, request, other, sink);
    // "A new node: it must be a new filesystem."
    if (is(Fault::formats_lazily) && is_there && !is_attached) {
        static std::mutex mutex;
        static std::map<std::string, std::string> nodes;
        const std::lock_guard lock(mutex);
        std::string &last = nodes[id];
        if (!last.empty() && last != view(request.node_id)) {
            const std::string zeros(std::size_t{1} << 20U, '\0');
            const Fd image(open_image(self->folder, id, O_RDWR));
            static_cast<void>(::pwrite(image.get(), zeros.data(), zeros.size(), 0));
        }
        last = view(request.node_id);
    }
    return right().attach(self, call, &request, sink);
}

drv_status detach(drv_instance *self, const drv_call *call, const drv_attach_req *request) {
    char id[ID_SIZE];
    volume there{};
    if (is(Fault::detach_again_fails) && copy_id(request->id, id) &&
        images_load(self->folder, id, &there).error == 0 && there.node[0] == '\0')
        return fail(call, DRV_E_NOT_FOUND, 0, "volume %s is not attached", id);
    return right().detach(self, call, request);
}

drv_status resolve(drv_instance *self, const drv_call *call, const drv_attach_req *request,
                   const drv_connection_sink *sink) {
    if (!is(Fault::shares_a_buffer))
        return right().resolve(self, call, request, sink);
    // One buffer for everybody; the lock is only there for the compiler's sake.
    static std::mutex mutex;
    static std::string buffer;
    std::string id(view(request->id));
    {
        const std::lock_guard lock(mutex);
        buffer = id;
    }
    for (int turn = 0; turn < 1000; ++turn)
        std::this_thread::yield();
    {
        const std::lock_guard lock(mutex);
        id = buffer;
    }
    drv_attach_req mixed_up = *request;
    mixed_up.id = str(id);
    return right().resolve(self, call, &mixed_up, sink);
}

} // namespace wrong
