// The ops about volumes: cfile's, and around them what snapshots ask for and what each fault breaks.
#include "conformance/wrong_drivers/driver.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <unistd.h>

namespace wrong {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20U;
constexpr uint64_t kSlowBytes = 100 * kMiB; // the size from which a fault of calls.* takes its time
constexpr uint64_t kSlowNs = 6'000'000'000U;

// Rows on their way to the host, seen first by `look`.
template <typename Look>
class Tap {
public:
    Tap(const drv_volume_sink *to, Look look) : to_(to), look_(std::move(look)) {
        table_.struct_size = sizeof table_;
        table_.data = this;
        table_.emit = [](void *data, const drv_volume *row) {
            auto &self = *static_cast<Tap *>(data);
            drv_volume copy = *row;
            return self.look_(self.to_, copy);
        };
        table_.next_page = [](void *data, drv_str token) {
            const auto &self = *static_cast<Tap *>(data);
            return self.to_->next_page(self.to_->data, token);
        };
    }
    [[nodiscard]] const drv_volume_sink *get() const { return &table_; }

private:
    const drv_volume_sink *to_;
    Look look_;
    drv_volume_sink table_{};
};

// What cfile does not know of a volume.
drv_status emit_with_origin(const drv_instance *self, const drv_volume_sink *to, drv_volume &row) {
    const std::string origin = origin_of(self->folder, row.id.data);
    row.parent = str(origin);
    return to->emit(to->data, &row);
}

// A slow step, and whom it listens to while it lasts.
void be_slow(const drv_instance *self, const drv_call *call) {
    const auto now = [&] { return self->host->now_ns(self->host); };
    const uint64_t until = now() + kSlowNs;
    while (now() < until) {
        if (is(Fault::ignores_cancel) && now() >= call->deadline_ns)
            return;
        pollfd cancel{.fd = call->ops->cancel_fd(call), .events = POLLIN, .revents = 0};
        const bool listens = is(Fault::waits_for_fd_alone) && cancel.fd >= 0;
        const int limit_ms = is(Fault::waits_for_fd_alone) ? static_cast<int>(kSlowNs / 1'000'000U) : 50;
        if (::poll(&cancel, listens ? 1 : 0, limit_ms) > 0)
            return;
    }
}

bool is_there(const drv_instance *self, drv_str text) {
    char id[ID_SIZE];
    volume found{};
    return copy_id(text, id) && images_load(self->folder, id, &found).error == 0;
}

// Finds a snapshot of the volume.
bool has_snapshot(int folder, const char *id, std::string &snapshot) {
    char(*ids)[ID_SIZE] = nullptr;
    size_t count = 0;
    if (images_list(folder, &ids, &count).error != 0)
        return false;
    for (size_t i = 0; i < count && snapshot.empty(); ++i) {
        if (origin_of(folder, ids[i]) == id)
            snapshot = ids[i];
    }
    std::free(ids); // NOLINT: cfile's, from malloc
    return !snapshot.empty();
}

drv_create_req changed_request(const drv_create_req &from) {
    drv_create_req request = from;
    if (is(Fault::cuts_id_at_nul))
        request.id.len = std::strlen(request.id.data);
    if (is(Fault::rounds_down) && request.bytes > kMiB && request.bytes < 1024 * kMiB)
        request.bytes -= request.bytes % kMiB;
    return request;
}

} // namespace

drv_status probe(drv_instance *self, const drv_call *call) {
    while_probing();
    return right().probe(self, call);
}

drv_status capabilities(drv_instance *self, const drv_call *call, drv_caps *caps) {
    const drv_status status = right().capabilities(self, call, caps);
    if (is(Fault::more_free_than_total))
        caps->free_bytes = caps->total_bytes + 1;
    if (is(Fault::clears_caps_tail) && caps->struct_size > sizeof *caps)
        std::memset(caps + 1, 0, caps->struct_size - sizeof *caps);
    return status;
}

drv_status create(drv_instance *self, const drv_call *call, const drv_create_req *given,
                  const drv_volume_sink *sink) {
    if (is(Fault::knows_one_request_size) && given->struct_size != sizeof *given)
        return fail(call, DRV_E_INVALID, 0, "the request has an unknown size");
    if (is(Fault::reads_request_tail) && given->struct_size >= sizeof *given + sizeof(uint64_t)) {
        uint64_t unknown = 0;
        std::memcpy(&unknown, given + 1, sizeof unknown);
        if (unknown != 0)
            return fail(call, DRV_E_INVALID, 0, "the request asks for something unknown");
    }
    const drv_create_req request = changed_request(*given);
    const bool was_there = is_there(self, request.id);
    if (is(Fault::forgets_create) && was_there)
        return fail(call, DRV_E_EXISTS, 0, "the volume exists already");
    Memory &memory = memory_of(self);
    if (is(Fault::identifies_by_request_id)) {
        std::unique_lock lock(memory.mutex);
        const auto [known, is_new] = memory.ids_by_request.try_emplace(std::string(view(call->request_id)),
                                                                       std::string(view(request.id)));
        const std::string id = known->second;
        lock.unlock();
        if (!is_new && is_there(self, str(id)))
            return get(self, call, str(id), sink);
    }
    if ((is(Fault::ignores_cancel) || is(Fault::ignores_cancel_and_deadline) ||
         is(Fault::waits_for_fd_alone)) &&
        !was_there && request.bytes >= kSlowBytes)
        be_slow(self, call);
    if (is(Fault::keeps_pointer)) {
        const std::lock_guard lock(memory.mutex);
        memory.kept = request.id;
    }
    if (is(Fault::logs_secret) && self->host->log_enabled(self->host, DRV_LOG_INFO) != 0) {
        static_cast<void>(self->host->secret(
            self->host, text_of("password"), const_cast<drv_host_v1 *>(self->host), // NOLINT: only read
            [](void *host, drv_str value) {
                const auto *to = static_cast<const drv_host_v1 *>(host);
                to->log(to, DRV_LOG_INFO, str("signed in with " + std::string(view(value))));
            }));
    }
    const drv_status status = right().create(self, call, &request, sink);
    char id[ID_SIZE];
    if (status != DRV_OK || !copy_id(request.id, id))
        return status;
    bool was_used = false;
    if (is(Fault::shows_old_data)) {
        const std::lock_guard lock(memory.mutex);
        was_used = !memory.ids_by_request.try_emplace(id, "used").second;
    }
    if (!was_there ? was_used : is(Fault::create_again_clears)) {
        const Fd image(open_image(self->folder, id, O_RDWR));
        static_cast<void>(::pwrite(image.get(), "old", 3, 0));
    }
    if (is(Fault::device_larger_than_told) && !was_there) {
        const Fd image(open_image(self->folder, id, O_RDWR));
        static_cast<void>(::ftruncate(image.get(), static_cast<off_t>(request.bytes + 512)));
    }
    if (is(Fault::destroy_unknown_fails))
        remember_made(id);
    if (is(Fault::pages_from_memory)) {
        const std::lock_guard lock(memory.mutex);
        memory.paged.emplace_back(id);
    }
    return status;
}

drv_status destroy(drv_instance *self, const drv_call *given, drv_str volume_id, uint64_t flags) {
    while_destroying();
    drv_call patient = *given;
    drv_call_ops deaf = *given->ops;
    if (is(Fault::destroys_too_late)) {
        deaf.cancelled = [](const drv_call *) -> uint32_t { return 0; };
        patient.ops = &deaf;
    }
    const drv_call *call = is(Fault::destroys_too_late) ? &patient : given;
    char id[ID_SIZE];
    if (!copy_id(volume_id, id))
        return bad_id(call);
    volume there{};
    const bool was_there = images_load(self->folder, id, &there).error == 0;
    if (is(Fault::destroy_unknown_fails) && !was_there && !was_made(id))
        return fail(call, DRV_E_INVALID, 0, "there is no volume %s to destroy", id);
    if (is(Fault::destroys_attached) && was_there && there.node[0] != '\0' && flags == 0) {
        drv_attach_req request{};
        request.struct_size = sizeof request;
        request.id = text_of(id);
        request.node_id = text_of(there.node);
        static_cast<void>(right().detach(self, call, &request));
    }
    if (flags != 0)
        return bad_flags(call, flags);
    Snapshots snapshots(self);
    if (const drv_status status = snapshots.lock(self, call, id); status != DRV_OK)
        return status;
    std::string snapshot;
    while (is(Fault::destroys_snapshots_too) && there.node[0] == '\0' &&
           has_snapshot(snapshots.folder(), id, snapshot)) {
        static_cast<void>(images_remove(snapshots.folder(), snapshot.c_str()));
        drop_origin(snapshots.folder(), snapshot.c_str());
        snapshot.clear();
    }
    if (has_snapshot(snapshots.folder(), id, snapshot))
        return fail(call, DRV_E_CONFLICT, 0, "volume %s has snapshot %s", id, snapshot.c_str());
    const drv_status status = right().destroy(self, call, volume_id, flags);
    if (status == DRV_OK)
        drop_origin(self->folder, id);
    return status;
}

drv_status list(drv_instance *self, const drv_call *call, const drv_list_req *given,
                const drv_volume_sink *sink) {
    drv_list_req request = *given;
    Memory &memory = memory_of(self);
    const std::string_view token = view(request.page_token);
    if (is(Fault::throws_out_of_list) && !token.empty() && !token.starts_with("after:"))
        throw std::invalid_argument("what token is that?");
    if (is(Fault::overflows_page_size))
        request.max_entries = static_cast<uint32_t>(request.max_entries + 1) - 1U;
    if (is(Fault::overflows_page_size) && given->max_entries == UINT64_MAX)
        return DRV_OK; // no row fits into -1
    if (is(Fault::pages_from_memory) && given->max_entries != 0 && token.empty() && given->flags == 0) {
        std::unique_lock lock(memory.mutex);
        const auto paged = memory.paged;
        lock.unlock();
        for (const std::string &id : paged) {
            volume gone{};
            if (images_load(self->folder, id.c_str(), &gone).error == 0)
                continue;
            std::memcpy(gone.id, id.c_str(), id.size() + 1);
            gone.bytes = kMiB;
            if (const drv_status status = emit(gone, "", false, sink); status != DRV_OK)
                return status;
        }
    }
    if (const std::lock_guard lock(memory.mutex); is(Fault::leaks_fd) && !memory.has_cache)
        memory.has_cache = ::open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0;
    uint64_t rows = 0;
    bool was_stopped = false;
    const Tap tap(sink, [&](const drv_volume_sink *to, drv_volume &row) -> drv_status {
        ++rows;
        if (is(Fault::loses_page_row) && given->max_entries > 2 && rows == given->max_entries)
            return DRV_OK;
        const drv_status status = emit_with_origin(self, to, row);
        if (is(Fault::goes_on_after_stop) && status == DRV_E_STOPPED && !was_stopped) {
            was_stopped = true;
            row.parent = text_of("");
            static_cast<void>(to->emit(to->data, &row));
        }
        return status;
    });
    return right().list(self, call, &request, tap.get());
}

drv_status get(drv_instance *self, const drv_call *call, drv_str volume_id, const drv_volume_sink *sink) {
    std::string id(view(volume_id));
    if (is(Fault::finds_any_case) && id.size() == 36) { // a UUID
        std::transform(id.begin(), id.end(), id.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
        volume_id = str(id);
    }
    if (is(Fault::cuts_id_at_nul))
        volume_id.len = std::strlen(volume_id.data);
    Memory &memory = memory_of(self);
    if (const std::lock_guard lock(memory.mutex);
        is(Fault::keeps_pointer) && memory.kept.len > 0 && view(memory.kept) == view(volume_id))
        memory.kept.len = 0;
    if (is(Fault::fails_without_text) && !is_there(self, volume_id)) {
        char checked[ID_SIZE];
        return copy_id(volume_id, checked) ? DRV_E_NOT_FOUND : bad_id(call);
    }
    const Tap tap(sink, [&](const drv_volume_sink *to, drv_volume &row) -> drv_status {
        return emit_with_origin(self, to, row);
    });
    const drv_status status = right().get(self, call, volume_id, tap.get());
    if (is(Fault::leaks_fd_on_error) && status == DRV_E_NOT_FOUND)
        static_cast<void>(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    return status;
}

} // namespace wrong
