#include "loader/descriptor.hpp"

#include "loader/driver_text.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <set>

namespace drover {
namespace {

constexpr std::uint64_t kMaxConfigKeys = 256;
constexpr std::size_t kMaxLabelBytes = 255;
constexpr std::size_t kMaxHelpBytes = 4096;

constexpr std::size_t kDriverMinor0 = offsetof(drv_driver_v1, extension) + sizeof(drv_driver_v1::extension);

class Check {
public:
    explicit Check(const std::filesystem::path &file) : file_(file) {}

    [[nodiscard]] tl::unexpected<Error> refuse(std::string_view field, std::string_view found,
                                               std::string_view wanted) const {
        return fail(
            Code::invalid,
            fmt::format("{}: bad driver descriptor: field \"{}\": found {}, wanted {}; report it to the "
                        "driver's author",
                        file_.native(), field, found, wanted));
    }

    [[nodiscard]] Result<std::string> text(std::string_view field, drv_str from, std::size_t max_bytes,
                                           bool required) const {
        if (auto problem = problem_with(from, max_bytes)) {
            return refuse(field, fmt::format("text that {}", *problem),
                          fmt::format("UTF-8 text of at most {} bytes", max_bytes));
        }
        if (required && from.len == 0)
            return refuse(field, "empty text", "at least one character");
        return std::string(view_of(from));
    }

private:
    const std::filesystem::path &file_;
};

template <typename Slot>
bool empty(Slot *slot) {
    return slot == nullptr;
}

// The name of the first mandatory slot that is NULL or lies outside what the driver compiled.
std::optional<std::string_view> missing_op(const drv_ops_v1 *ops) {
#define DROVER_CHECK_SLOT(slot)                                                                              \
    if (!DRV_HAS(ops, drv_ops_v1, slot) || empty(ops->slot))                                                 \
        return "ops." #slot;
    DROVER_CHECK_SLOT(probe)
    DROVER_CHECK_SLOT(capabilities)
    DROVER_CHECK_SLOT(create)
    DROVER_CHECK_SLOT(destroy)
    DROVER_CHECK_SLOT(attach)
    DROVER_CHECK_SLOT(detach)
    DROVER_CHECK_SLOT(list)
    DROVER_CHECK_SLOT(get)
    DROVER_CHECK_SLOT(resolve)
#undef DROVER_CHECK_SLOT
    return std::nullopt;
}

bool is_aligned(const void *pointer) {
    return reinterpret_cast<std::uintptr_t>(pointer) % alignof(std::uint64_t) == 0;
}

Result<ConfigKey> check_key(const Check &check, const drv_config_key &from, std::uint64_t index) {
    auto field = [&](std::string_view part) { return fmt::format("config_keys[{}].{}", index, part); };
    auto name = check.text(field("name"), from.name, kMaxLabelBytes, true);
    if (!name)
        return fail(std::move(name).error());
    if (!is_driver_name(*name)) {
        return check.refuse(field("name"), fmt::format("\"{}\"", one_line(std::string_view(*name))),
                            "a name that matches ^[a-z][a-z0-9_-]{0,62}$");
    }
    auto help = check.text(field("help"), from.help, kMaxHelpBytes, false);
    if (!help)
        return fail(std::move(help).error());
    auto fallback = check.text(field("fallback"), from.fallback, kMaxHelpBytes, false);
    if (!fallback)
        return fail(std::move(fallback).error());
    if (from.kind < DRV_KEY_STRING || from.kind > DRV_KEY_LIST) {
        return check.refuse(
            field("kind"), fmt::format("{}", from.kind),
            fmt::format("{} to {}, the kinds this agent can check", +DRV_KEY_STRING, +DRV_KEY_LIST));
    }
    return ConfigKey{.name = std::move(*name),
                     .help = one_line(std::string_view(*help), kMaxHelpBytes), // it is shown to people
                     .fallback = std::move(*fallback),
                     .kind = static_cast<KeyKind>(from.kind),
                     .required = (from.flags & DRV_KEY_REQUIRED) != 0,
                     .secret = (from.flags & DRV_KEY_SECRET) != 0};
}

Result<std::vector<ConfigKey>> check_keys(const Check &check, const drv_driver_v1 &driver) {
    std::vector<ConfigKey> keys;
    if (driver.config_key_count == 0)
        return keys;
    if (driver.config_key_count > kMaxConfigKeys) {
        return check.refuse("config_key_count", fmt::format("{}", driver.config_key_count),
                            fmt::format("at most {}", kMaxConfigKeys));
    }
    if (driver.config_keys == nullptr || !is_aligned(driver.config_keys)) {
        return check.refuse("config_keys", driver.config_keys == nullptr ? "NULL" : "an unaligned pointer",
                            fmt::format("an array of {} keys", driver.config_key_count));
    }
    std::set<std::string> seen;
    for (std::uint64_t i = 0; i < driver.config_key_count; ++i) {
        auto key = check_key(check, driver.config_keys[i], i);
        if (!key)
            return fail(std::move(key).error());
        if (!seen.insert(key->name).second) {
            return check.refuse(fmt::format("config_keys[{}].name", i),
                                fmt::format("\"{}\" a second time", key->name), "each key once");
        }
        keys.push_back(std::move(*key));
    }
    return keys;
}

} // namespace

bool is_driver_name(std::string_view name) noexcept {
    if (name.empty() || name.size() > 63 || name.front() < 'a' || name.front() > 'z')
        return false;
    for (const char c : name) {
        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-')
            return false;
    }
    return true;
}

Result<DriverDescription> check_descriptor(const drv_driver_v1 *driver, const std::filesystem::path &file) {
    const Check check(file);
    if (driver == nullptr || !is_aligned(driver)) {
        return check.refuse("drv_entry_v1()", driver == nullptr ? "NULL" : "an unaligned pointer",
                            "a pointer to a drv_driver_v1");
    }
    if (driver->struct_size < kDriverMinor0) {
        return check.refuse("struct_size", fmt::format("{}", driver->struct_size),
                            fmt::format("at least {}", kDriverMinor0));
    }
    if (driver->abi_major != DRV_ABI_MAJOR) {
        return check.refuse("abi_major", fmt::format("{}", driver->abi_major),
                            fmt::format("{}, as the entry's name says", DRV_ABI_MAJOR));
    }

    DriverDescription result;
    result.path = file.native();
    result.abi_major = driver->abi_major;
    result.abi_minor = driver->abi_minor;
    result.serial = (driver->flags & DRV_DRIVER_SERIAL) != 0;
    result.wants_isolation = (driver->flags & DRV_DRIVER_ISOLATE) != 0;
    for (auto [field, from, to] : {std::tuple{"name", driver->name, &result.name},
                                   std::tuple{"version", driver->version, &result.version},
                                   std::tuple{"vendor", driver->vendor, &result.vendor}}) {
        auto text = check.text(field, from, kMaxLabelBytes, true);
        if (!text)
            return fail(std::move(text).error());
        *to = one_line(std::string_view(*text));
        if (to->empty())
            return check.refuse(field, "blank text", "at least one character");
    }
    if (const std::string stem = file.stem().native(); result.name != stem) {
        return check.refuse("name", fmt::format("\"{}\"", one_line(std::string_view(result.name))),
                            fmt::format("\"{}\", the file's stem", stem));
    }

    if (driver->ops == nullptr || !is_aligned(driver->ops)) {
        return check.refuse("ops", driver->ops == nullptr ? "NULL" : "an unaligned pointer",
                            "a pointer to a drv_ops_v1");
    }
    if (auto slot = missing_op(driver->ops)) {
        return check.refuse(*slot, fmt::format("NULL (struct_size {})", driver->ops->struct_size),
                            "a function: the slot is mandatory");
    }
    for (auto [field, missing] :
         {std::pair{"open", empty(driver->open)}, std::pair{"close", empty(driver->close)},
          std::pair{"extension", empty(driver->extension)}}) {
        if (missing)
            return check.refuse(field, "NULL", "a function: the slot is mandatory");
    }
    auto keys = check_keys(check, *driver);
    if (!keys)
        return fail(std::move(keys).error());
    result.config_keys = std::move(*keys);
    return result;
}

} // namespace drover
