#include "opened_driver.hpp"

#include <dlfcn.h>
#include <mutex>
#include <stdexcept>

namespace flasharray::testing {

namespace {

using drv::to_abi;

const drv_driver_v1 &loaded_table() {
    static const drv_driver_v1 *const loaded = [] {
        void *library = ::dlopen(FLASHARRAY_DRIVER, RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr)
            throw std::runtime_error(::dlerror());
        return reinterpret_cast<drv_entry_v1_fn>(::dlsym(library, "drv_entry_v1"))();
    }();
    return *loaded;
}

struct Said {
    std::mutex mutex;
    std::string text;
};

Said &said() {
    static Said all;
    return all;
}

std::string text_of(drv_str text) {
    return std::string(drv::view_of(text));
}

drv_connection_sink connections_into(Outcome &out) {
    return {.struct_size = sizeof(drv_connection_sink),
            .reserved = 0,
            .data = &out,
            .emit = [](void *data, const drv_connection *row) -> drv_status {
                auto &to = *static_cast<Outcome *>(data);
                to.wwids.push_back(text_of(row->wwid));
                to.luns.push_back(row->lun);
                return DRV_OK;
            }};
}

} // namespace

drv_create_req OpenedDriver::create_request(const std::string &id, std::uint64_t bytes,
                                            const std::string &profile) {
    return {.struct_size = sizeof(drv_create_req),
            .reserved = 0,
            .flags = 0,
            .bytes = bytes,
            .id = to_abi(id),
            .name = to_abi(""),
            .pool = to_abi(""),
            .profile = to_abi(profile),
            .attrs = nullptr,
            .attr_count = 0};
}

void keep_for_the_search(const std::string &text) {
    const std::lock_guard lock(said().mutex);
    said().text += text + "\n";
}

std::string everything_said() {
    const std::lock_guard lock(said().mutex);
    return said().text;
}

OpenedDriver::OpenedDriver(const std::string &node, const Keys &keys) : node_(node) {
    host_.set_node_id(node);
    for (const auto &[key, value] : keys) {
        const bool is_secret = key.ends_with("token") || key.ends_with("password");
        (is_secret ? host_.secrets : host_.config)[key] = value;
    }
    drv::testing::FakeCall call;
    if (loaded_table().open(host_.get(), call.get(), &instance_) != DRV_OK)
        throw std::runtime_error("the driver does not open: " + call.message);
}

OpenedDriver::~OpenedDriver() {
    loaded_table().close(instance_);
    for (const auto level : {DRV_LOG_DEBUG, DRV_LOG_INFO, DRV_LOG_WARN, DRV_LOG_ERROR})
        keep_for_the_search(host_.logged(level));
}

const void *OpenedDriver::extension_table(const char *id) const {
    const void *found = loaded_table().extension(instance_, to_abi(id));
    if (found == nullptr)
        throw std::runtime_error(std::string("the driver does not offer ") + id);
    return found;
}

Outcome OpenedDriver::probe() {
    return run([&](auto *call, auto *, auto &) { return loaded_table().ops->probe(instance_, call); });
}

Outcome OpenedDriver::capabilities() {
    drv_caps caps{.struct_size = sizeof caps};
    return run(
        [&](auto *call, auto *, auto &) { return loaded_table().ops->capabilities(instance_, call, &caps); });
}

Outcome OpenedDriver::create(const std::string &id, std::uint64_t bytes, const std::string &profile) {
    const drv_create_req request = create_request(id, bytes, profile);
    return run([&](auto *call, auto *sink, auto &) {
        return loaded_table().ops->create(instance_, call, &request, sink);
    });
}

Outcome OpenedDriver::destroy(const std::string &id) {
    return run([&](auto *call, auto *, auto &) {
        return loaded_table().ops->destroy(instance_, call, to_abi(id), 0);
    });
}

Outcome OpenedDriver::get(const std::string &id) {
    return run([&](auto *call, auto *sink, auto &) {
        return loaded_table().ops->get(instance_, call, to_abi(id), sink);
    });
}

Outcome OpenedDriver::list(std::uint64_t most, const std::string &page) {
    drv_list_req request = kAll;
    request.max_entries = most;
    request.page_token = to_abi(page);
    return run([&](auto *call, auto *sink, auto &) {
        return loaded_table().ops->list(instance_, call, &request, sink);
    });
}

Outcome OpenedDriver::attach(const std::string &id, const std::string &node) {
    const std::string name = node.empty() ? node_ : node;
    const std::string iqn = "iqn.2026-01.test:" + name;
    const drv_kv initiator{to_abi("iqn"), to_abi(iqn)};
    const drv_attach_req request{.struct_size = sizeof request,
                                 .reserved = 0,
                                 .flags = 0,
                                 .id = to_abi(id),
                                 .node_id = to_abi(name),
                                 .initiators = &initiator,
                                 .initiator_count = 1};
    return run([&](auto *call, auto *, auto &out) {
        const auto sink = connections_into(out);
        return loaded_table().ops->attach(instance_, call, &request, &sink);
    });
}

Outcome OpenedDriver::resolve(const std::string &id) {
    const drv_attach_req request{.struct_size = sizeof request,
                                 .reserved = 0,
                                 .flags = 0,
                                 .id = to_abi(id),
                                 .node_id = to_abi(node_),
                                 .initiators = nullptr,
                                 .initiator_count = 0};
    return run([&](auto *call, auto *, auto &out) {
        const auto sink = connections_into(out);
        return loaded_table().ops->resolve(instance_, call, &request, &sink);
    });
}

Outcome OpenedDriver::detach(const std::string &id, const std::string &node) {
    const std::string name = node.empty() ? node_ : node;
    const drv_attach_req request{.struct_size = sizeof request,
                                 .reserved = 0,
                                 .flags = 0,
                                 .id = to_abi(id),
                                 .node_id = to_abi(name),
                                 .initiators = nullptr,
                                 .initiator_count = 0};
    return run(
        [&](auto *call, auto *, auto &) { return loaded_table().ops->detach(instance_, call, &request); });
}

} // namespace flasharray::testing
