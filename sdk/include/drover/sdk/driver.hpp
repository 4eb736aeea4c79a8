// A driver as a C++ class. Write the class, put DRV_DRIVER(YourClass) into one source file, and the entry,
// the descriptor and all tables are there. Methods throw drv::Error; what they return is emitted for them.
//
//   class Acme {
//   public:
//       static constexpr drv::Description description();          // constant: name, version, vendor, keys
//       Acme(drv::Host &, drv::Call &);                           // open: throws when the backend is
//       unusable ~Acme();                                                  // close: joins its threads,
//       within 10 s void probe(drv::Call &); drv::Capabilities capabilities(drv::Call &); drv::Volume
//       create(drv::Call &, const drv::CreateRequest &); void destroy(drv::Call &, std::string_view id);
//       drv::Connection attach(drv::Call &, const drv::AttachRequest &);
//       void detach(drv::Call &, const drv::AttachRequest &);
//       void list(drv::Call &, const drv::ListRequest &, drv::VolumeSink &);
//       drv::Volume get(drv::Call &, std::string_view id);
//       drv::Connection resolve(drv::Call &, const drv::AttachRequest &);
//   };
//
// Host workers call the methods in parallel, unless the description says DRV_DRIVER_SERIAL; at most one
// mutating method runs per volume id. What each must do is written at its slot in drover/abi/driver.h;
// requests have been checked (checks.hpp). The host reference stays valid until the destructor has returned,
// the others until the method returns. Extensions are further methods, see extensions.hpp.
#pragma once

#include "drover/abi/driver.h"
#include "drover/sdk/extensions.hpp"
#include "drover/sdk/instance.hpp"
#include "drover/sdk/requests.hpp"

#include <concepts>
#include <memory>
#include <span>
#include <string_view>

namespace drv {

// All of it is constant data that the descriptor points to: use literals and an array at namespace scope.
struct Description {
    std::string_view name{}; // the file's stem: ^[a-z][a-z0-9_-]{0,62}$
    std::string_view version{};
    std::string_view vendor{};
    std::span<const drv_config_key> config_keys{};
    std::uint64_t flags = 0; // DRV_DRIVER_SERIAL, DRV_DRIVER_ISOLATE
};

template <class T>
concept Described = requires {
    { T::description() } -> std::convertible_to<Description>;
};

template <class T>
concept CoreOps = requires(T &driver, Call &call, std::string_view id, const CreateRequest &create,
                           const AttachRequest &attach, const ListRequest &list, VolumeSink &sink) {
    driver.probe(call);
    { driver.capabilities(call) } -> std::convertible_to<Capabilities>;
    { driver.create(call, create) } -> std::convertible_to<Volume>;
    driver.destroy(call, id);
    { driver.attach(call, attach) } -> std::convertible_to<Connection>;
    driver.detach(call, attach);
    driver.list(call, list, sink);
    { driver.get(call, id) } -> std::convertible_to<Volume>;
    { driver.resolve(call, attach) } -> std::convertible_to<Connection>;
};

namespace detail {

template <class T>
struct Table {
    static_assert(Described<T>, "the driver class needs `static constexpr drv::Description description()`");
    static_assert(std::constructible_from<T, Host &, Call &>,
                  "the driver class needs a constructor from (drv::Host &, drv::Call &)");
    static_assert(CoreOps<T>,
                  "the driver class lacks one of the nine core methods, or it has another signature");

    static drv_status probe(drv_instance *self, const drv_call *raw) noexcept {
        return run<T>(self, raw, Effect::none, [](T &driver, Call &call) { driver.probe(call); });
    }
    static drv_status capabilities(drv_instance *self, const drv_call *raw, drv_caps *out) noexcept {
        return run<T>(self, raw, Effect::none, [&](T &driver, Call &call) {
            check_struct("the capabilities", out, DRV_SIZE_WITH(drv_caps, free_bytes));
            lower(driver.capabilities(call), *out);
        });
    }
    static drv_status create(drv_instance *self, const drv_call *raw, const drv_create_req *request,
                             const drv_volume_sink *sink) noexcept {
        return run_one<T, VolumeSink>(self, raw, Effect::changes, sink, [&](T &driver, Call &call) {
            return driver.create(call, read(request, 0, false));
        });
    }
    static drv_status destroy(drv_instance *self, const drv_call *raw, drv_str id,
                              std::uint64_t flags) noexcept {
        return run<T>(self, raw, Effect::changes, [&](T &driver, Call &call) {
            check_flags(flags, 0);
            driver.destroy(call, check_id("id", id));
        });
    }
    static drv_status attach(drv_instance *self, const drv_call *raw, const drv_attach_req *request,
                             const drv_connection_sink *sink) noexcept {
        return run_one<T, ConnectionSink>(self, raw, Effect::changes, sink, [&](T &driver, Call &call) {
            return driver.attach(call, read(request));
        });
    }
    static drv_status detach(drv_instance *self, const drv_call *raw,
                             const drv_attach_req *request) noexcept {
        return run<T>(self, raw, Effect::changes,
                      [&](T &driver, Call &call) { driver.detach(call, read(request)); });
    }
    static drv_status list(drv_instance *self, const drv_call *raw, const drv_list_req *request,
                           const drv_volume_sink *sink) noexcept {
        return run_many<T, VolumeSink>(
            self, raw, Effect::none, sink,
            [&](T &driver, Call &call, VolumeSink &out) { driver.list(call, read(request), out); });
    }
    static drv_status get(drv_instance *self, const drv_call *raw, drv_str id,
                          const drv_volume_sink *sink) noexcept {
        return run_one<T, VolumeSink>(self, raw, Effect::none, sink, [&](T &driver, Call &call) {
            return driver.get(call, check_id("id", id));
        });
    }
    static drv_status resolve(drv_instance *self, const drv_call *raw, const drv_attach_req *request,
                              const drv_connection_sink *sink) noexcept {
        return run_one<T, ConnectionSink>(self, raw, Effect::none, sink, [&](T &driver, Call &call) {
            return driver.resolve(call, read(request));
        });
    }

    static drv_status open(const drv_host_v1 *host, const drv_call *raw, drv_instance **out) noexcept {
        if (!is_complete(raw) || out == nullptr)
            return DRV_E_INTERNAL;
        return guard(raw, Effect::none, [&] {
            check_struct("the host", host, DRV_SIZE_WITH(drv_host_v1, service));
            CallScope scope(raw, host);
            refuse_late(scope.call());
            *out =
                reinterpret_cast<drv_instance *>(std::make_unique<Instance<T>>(host, scope.call()).release());
        });
    }
    static void close(drv_instance *self) noexcept {
        if (self == nullptr)
            return;
#ifndef NDEBUG
        if (instance_of<T>(self).running.load() != 0) {
            instance_of<T>(self).host.log(LogLevel::host_misbehaving,
                                          "close came while an operation was running");
        }
#endif
        delete &instance_of<T>(self);
    }
    static const void *extension(drv_instance *self, drv_str id) noexcept {
        return self == nullptr ? nullptr : find_extension<T>(instance_of<T>(self).driver, view_of(id));
    }

    static constexpr drv_ops_v1 kOps = {.struct_size = sizeof(drv_ops_v1),
                                        .reserved = 0,
                                        .probe = &probe,
                                        .capabilities = &capabilities,
                                        .create = &create,
                                        .destroy = &destroy,
                                        .attach = &attach,
                                        .detach = &detach,
                                        .list = &list,
                                        .get = &get,
                                        .resolve = &resolve};
    static constexpr Description kDescription = T::description();
    static constexpr drv_driver_v1 kDriver = {.struct_size = sizeof(drv_driver_v1),
                                              .abi_major = DRV_ABI_MAJOR,
                                              .abi_minor = DRV_ABI_MINOR,
                                              .flags = kDescription.flags,
                                              .name = to_abi(kDescription.name),
                                              .version = to_abi(kDescription.version),
                                              .vendor = to_abi(kDescription.vendor),
                                              .config_keys = kDescription.config_keys.data(),
                                              .config_key_count = kDescription.config_keys.size(),
                                              .ops = &kOps,
                                              .open = &open,
                                              .close = &close,
                                              .extension = &extension};
};

} // namespace detail

// The descriptor of a driver class without the exported entry, for tests that call the C table directly.
template <class T>
[[nodiscard]] constexpr const drv_driver_v1 *driver_table() noexcept {
    return &detail::Table<T>::kDriver;
}

} // namespace drv

// Once per driver, at namespace scope: writes the one exported symbol.
#define DRV_DRIVER(Type)                                                                                     \
    extern "C" DRV_EXPORT const drv_driver_v1 *drv_entry_v1(void) {                                          \
        return ::drv::driver_table<Type>();                                                                  \
    }                                                                                                        \
    static_assert(true, "takes the semicolon")
