// What a driver's entry returns, and its keys against an agent.yml: refused with a sentence, or every text is
// UTF-8, every name follows its rule, and what it declares can be checked and shown. Driver code is not ours,
// so lengths, counts, pointers and numbers may be anything; the functions are never called.
#include "core/config/agent_config.hpp"
#include "core/config/backend_keys.hpp"
#include "fuzz/check.hpp"
#include "fuzz/driver_input.hpp"
#include "loader/descriptor.hpp"
#include "loader/driver_text.hpp"

#include <set>

namespace {

using namespace drover;
using fuzz::DriverInput;
using fuzz::require;

void never_called() {
    require(false, "no function of a driver is called while it is described");
}

template <typename Slot>
void fill(Slot *&slot, bool is_there) {
    slot = is_there ? reinterpret_cast<Slot *>(&never_called) : nullptr;
}

drv_config_key make_key(DriverInput &input) {
    drv_config_key key{};
    key.name = input.text();
    key.help = input.text();
    key.fallback = input.text();
    key.kind = static_cast<std::uint32_t>(input.number());
    key.flags = static_cast<std::uint32_t>(input.number());
    return key;
}

// Mostly good, so that the checks after the first one are reached: a zero byte is the right value everywhere.
const drv_driver_v1 *make_descriptor(DriverInput &input) {
    const std::uint8_t wrong = input.byte();
    drv_ops_v1 ops{};
    ops.struct_size = sizeof ops - ((wrong & 1U) != 0 ? input.byte() : 0U);
    const unsigned missing = (wrong & 2U) != 0 ? input.byte() : 0U;
    fill(ops.probe, missing != 1);
    fill(ops.capabilities, missing != 2);
    fill(ops.create, missing != 3);
    fill(ops.destroy, missing != 4);
    fill(ops.attach, missing != 5);
    fill(ops.detach, missing != 6);
    fill(ops.list, missing != 7);
    fill(ops.get, missing != 8);
    fill(ops.resolve, missing != 9);

    drv_driver_v1 driver{};
    driver.struct_size = sizeof driver - ((wrong & 4U) != 0 ? input.byte() : 0U);
    driver.abi_major = (wrong & 8U) != 0 ? input.byte() : DRV_ABI_MAJOR;
    driver.abi_minor = input.byte();
    driver.flags = input.number();
    constexpr std::string_view kName = "acme";
    driver.name = (wrong & 16U) != 0 ? input.text() : drv_str{kName.data(), kName.size()};
    driver.version = input.text();
    driver.vendor = input.text();
    driver.ops = (wrong & 32U) != 0 ? nullptr : input.record(ops, ops.struct_size);
    fill(driver.open, missing != 10);
    fill(driver.close, missing != 11);
    fill(driver.extension, missing != 12);
    driver.config_keys = input.rows<drv_config_key>(driver.config_key_count, [&] { return make_key(input); });
    return (wrong & 64U) != 0 ? nullptr : input.record(driver, driver.struct_size);
}

void check_description(const DriverDescription &description) {
    require(is_driver_name(description.name), "a driver's name follows the rule", description.name);
    require(description.name == "acme", "the name is the file's", description.name);
    for (const std::string *label : {&description.version, &description.vendor})
        require(is_text(*label) && fuzz::is_one_line(*label), "a label is one line of text", *label);
    std::set<std::string> names;
    for (const ConfigKey &key : description.config_keys) {
        require(is_driver_name(key.name), "a key's name follows the rule", key.name);
        require(names.insert(key.name).second, "no key comes twice", key.name);
        require(is_text(key.help) && is_text(key.fallback), "what a key says is a text", key.name);
        require(key.help.empty() || fuzz::is_one_line(key.help), "help is one line", key.help);
        require(key.kind >= KeyKind::string && key.kind <= KeyKind::list, "a key's kind is known", key.name);
    }
}

// The keys of agent.yml are the declared ones, with values that suit some kind or none.
void check_configuration(const std::vector<ConfigKey> &declared) {
    constexpr const char *kValues[] = {"hunter2", "12", "true", "10GiB", "[a, b]", "''", "~", "{a: b}"};
    std::string text = "version: 1\ndataset:\n  backend: acme\n";
    for (std::size_t i = 0; i < declared.size(); ++i) {
        if (i % 3 != 2 && declared[i].name.size() < 40) {
            text += "  " + declared[i].name + ": " +
                    kValues[(i + declared[i].name.size()) % std::size(kValues)] + "\n";
        }
    }
    const auto config = parse_agent_config(text);
    if (!config)
        return; // a key of that name is our own
    const auto checked = check_backend_keys(config->backends.front(), declared);
    for (const Problem &problem : checked ? checked->warnings : checked.error()) {
        fuzz::require_message(problem.message);
        require(problem.position.line != 0, "a problem names its line", render(problem));
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    DriverInput input(data, size);
    const auto description = check_descriptor(make_descriptor(input), "/drivers/acme.so");
    if (!description) {
        fuzz::require_message(description.error().message);
        require(description.error().message.starts_with("/drivers/acme.so: bad driver descriptor: "),
                "a refusal names the file", description.error().message);
        return 0;
    }
    check_description(*description);
    check_configuration(description->config_keys);
    return 0;
}
