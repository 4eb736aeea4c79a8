#include "loader/wire/opening.hpp"

#include "loader/descriptor.hpp"
#include "loader/driver_text.hpp"
#include "loader/status.hpp"

#include <fmt/format.h>

#include <vector>

namespace drover::wire {
namespace {

std::uint64_t flags_of(const DriverDescription &driver) noexcept {
    return (driver.serial ? std::uint64_t{DRV_DRIVER_SERIAL} : 0) |
           (driver.wants_isolation ? std::uint64_t{DRV_DRIVER_ISOLATE} : 0);
}

bool read_key(const Field &group, drv_config_key &key) {
    FieldReader fields(group.bytes);
    key = {.name = {"", 0}, .help = {"", 0}, .fallback = {"", 0}};
    for (Field field; fields.next(field);) {
        switch (field.tag) {
        case Tag::name:
            key.name = field.text();
            break;
        case Tag::help:
            key.help = field.text();
            break;
        case Tag::fallback:
            key.fallback = field.text();
            break;
        case Tag::kind:
            key.kind = static_cast<std::uint32_t>(field.number);
            break;
        case Tag::key_flags:
            key.flags = static_cast<std::uint32_t>(field.number);
            break;
        default: // of a later protocol
            break;
        }
    }
    return fields.ok() && !group.is_number && !group.is_unreadable;
}

// The checks of a descriptor want a driver whose slots are there. These are never called.
void never_called() {}
template <typename Slot>
void fill(Slot *&slot) {
    slot = reinterpret_cast<Slot *>(&never_called);
}

Result<DriverDescription> check(drv_driver_v1 &driver, const std::vector<drv_config_key> &keys,
                                const std::filesystem::path &file) {
    drv_ops_v1 ops{};
    ops.struct_size = sizeof ops;
    fill(ops.probe);
    fill(ops.capabilities);
    fill(ops.create);
    fill(ops.destroy);
    fill(ops.attach);
    fill(ops.detach);
    fill(ops.list);
    fill(ops.get);
    fill(ops.resolve);
    fill(driver.open);
    fill(driver.close);
    fill(driver.extension);
    driver.struct_size = sizeof driver;
    driver.abi_major = DRV_ABI_MAJOR;
    driver.config_keys = keys.data();
    driver.config_key_count = keys.size();
    driver.ops = &ops;
    return check_descriptor(&driver, file);
}

} // namespace

void write_hello(FrameWriter &to, const Result<DriverDescription> &driver) {
    to.begin(Kind::hello, 0);
    to.number(Tag::host_protocol, kProtocol);
    if (!driver) {
        to.number(Tag::error_code, static_cast<std::uint64_t>(status_of(driver.error().code)));
        to.text(Tag::message, std::string_view(driver.error().message));
        return;
    }
    to.text(Tag::driver_name, std::string_view(driver->name));
    to.text(Tag::driver_version, std::string_view(driver->version));
    to.text(Tag::driver_vendor, std::string_view(driver->vendor));
    to.number(Tag::driver_flags, flags_of(*driver));
    to.number(Tag::abi_minor, driver->abi_minor);
    for (const ConfigKey &key : driver->config_keys) {
        const std::size_t group = to.open(Tag::config_key);
        to.text(Tag::name, std::string_view(key.name));
        to.text(Tag::help, std::string_view(key.help));
        to.text(Tag::fallback, std::string_view(key.fallback));
        to.number(Tag::kind, static_cast<std::uint64_t>(key.kind));
        to.number(Tag::key_flags, (key.required ? std::uint64_t{DRV_KEY_REQUIRED} : 0) |
                                      (key.secret ? std::uint64_t{DRV_KEY_SECRET} : 0));
        to.close(group);
    }
}

Result<DriverDescription> read_hello(std::string_view fields, const std::filesystem::path &file) {
    drv_driver_v1 driver{};
    driver.name = driver.version = driver.vendor = {"", 0};
    std::vector<drv_config_key> keys;
    std::optional<Error> refused;
    std::uint64_t protocol = 0;
    FieldReader reader(fields);
    bool ok = true;
    for (Field field; ok && reader.next(field);) {
        switch (field.tag) {
        case Tag::host_protocol:
            protocol = field.number;
            break;
        case Tag::driver_name:
            driver.name = field.text();
            break;
        case Tag::driver_version:
            driver.version = field.text();
            break;
        case Tag::driver_vendor:
            driver.vendor = field.text();
            break;
        case Tag::driver_flags:
            driver.flags = field.number;
            break;
        case Tag::abi_minor:
            driver.abi_minor = static_cast<std::uint16_t>(field.number);
            break;
        case Tag::config_key:
            ok = read_key(field, keys.emplace_back());
            break;
        case Tag::error_code:
            refused.emplace().code = code_of(static_cast<drv_status>(field.number));
            break;
        case Tag::message:
            if (refused)
                refused->message = one_line(field.text());
            break;
        default: // of a later protocol
            break;
        }
    }
    if (!ok || !reader.ok()) {
        return fail(
            Code::internal,
            fmt::format("{}: the driver's process said hello in words that cannot be read", file.native()));
    }
    if (protocol != kProtocol) {
        return fail(Code::unsupported,
                    fmt::format("{}: drover-driver-host speaks protocol {} and this agent {}: they are of "
                                "different releases; restart the agent",
                                file.native(), protocol, kProtocol));
    }
    if (refused) {
        if (refused->message.empty()) {
            refused->message =
                fmt::format("{} cannot be used: {}", file.native(), general_text(refused->code));
        }
        return fail(std::move(*refused));
    }
    return check(driver, keys, file);
}

void write_open(FrameWriter &to, const OpenArguments &arguments) {
    to.text(Tag::agent_version, std::string_view(arguments.agent_version));
    to.text(Tag::backend, std::string_view(arguments.backend));
    to.text(Tag::node_id, std::string_view(arguments.node_id));
    to.text(Tag::store_folder, std::string_view(arguments.store_folder));
    for (const auto &[key, value] : arguments.settings.values) {
        to.text(Tag::value_key, std::string_view(key));
        to.text(Tag::value, std::string_view(value));
    }
    for (const auto &[key, value] : arguments.settings.secrets) {
        to.text(Tag::secret_key, std::string_view(key));
        to.text(Tag::secret, std::string_view(value));
    }
}

bool read_open(std::string_view fields, OpenArguments &arguments) {
    FieldReader reader(fields);
    std::string *last_value = nullptr;
    std::string *last_secret = nullptr;
    for (Field field; reader.next(field);) {
        if (field.is_unreadable)
            return false;
        switch (field.tag) {
        case Tag::agent_version:
            arguments.agent_version = field.bytes;
            break;
        case Tag::backend:
            arguments.backend = field.bytes;
            break;
        case Tag::node_id:
            arguments.node_id = field.bytes;
            break;
        case Tag::store_folder:
            arguments.store_folder = field.bytes;
            break;
        case Tag::value_key:
            last_value = &arguments.settings.values[std::string(field.bytes)];
            break;
        case Tag::value:
            if (last_value == nullptr)
                return false;
            *last_value = field.bytes;
            break;
        case Tag::secret_key:
            last_secret = &arguments.settings.secrets[std::string(field.bytes)];
            break;
        case Tag::secret:
            if (last_secret == nullptr)
                return false;
            *last_secret = field.bytes;
            break;
        default: // the call's own fields, or those of a later protocol
            break;
        }
    }
    return reader.ok();
}

} // namespace drover::wire
