// The file and what it does while it is loaded: exports, the entry, the descriptor, and that nothing else
// happens.
#include "conformance/suite/backend_settings.hpp"
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"
#include "conformance/suite/process_state.hpp"
#include "core/config/scalars.hpp"
#include "core/config/size.hpp"
#include "drover/ext/fence.h"
#include "drover/ext/group.h"
#include "drover/ext/manage.h"
#include "drover/ext/qos.h"
#include "drover/ext/retype.h"
#include "drover/ext/stats.h"
#include "loader/descriptor.hpp"
#include "loader/elf_exports.hpp"
#include "loader/invoke.hpp"
#include "loader/trusted_path.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>
#include <dlfcn.h>

namespace drover::conformance {
namespace {

constexpr std::chrono::milliseconds kScanLimit{100};

// Loads the file without the loader's own checks and never unloads it.
drv_entry_v1_fn entry_of(Test &test) {
    test.trace().begin("dlopen", "");
    void *library = ::dlopen(test.settings().driver.c_str(), RTLD_NOW | RTLD_LOCAL);
    test.trace().end();
    if (library == nullptr)
        test.fail("the file loads with RTLD_NOW", ::dlerror()); // NOLINT(concurrency-mt-unsafe): one thread
    void *symbol = ::dlsym(library, "drv_entry_v1");
    test.expect(symbol != nullptr, "the file has the symbol drv_entry_v1", "it has not");
    return reinterpret_cast<drv_entry_v1_fn>(symbol); // NOLINT: what dlsym is for
}

const drv_driver_v1 *enter(Test &test, drv_entry_v1_fn entry) {
    test.trace().begin("drv_entry_v1", "");
    const drv_driver_v1 *driver = invoke(entry);
    test.trace().end();
    test.expect(driver != nullptr, "drv_entry_v1 gives a descriptor", "NULL");
    return driver;
}

// Sanitizer run times and what linkers put into every library.
bool is_of_toolchain(std::string_view name) {
    return name.starts_with("__") || name == "_init" || name == "_fini" || name == "_edata" ||
           name == "_end" || name == "_etext" || name == "_start";
}

void one_export(Test &test) {
    const auto exports = read_exports(test.settings().driver);
    if (!exports)
        test.fail("the file's exports can be read", exports.error().message);
    std::vector<std::string> others;
    bool has_entry = false;
    for (const ExportedSymbol &symbol : *exports) {
        if (symbol.name == "drv_entry_v1") {
            has_entry = symbol.is_function;
        } else if (!is_of_toolchain(symbol.name) && !symbol.name.starts_with("drv_entry_v")) {
            others.push_back(symbol.name);
        }
    }
    test.expect(has_entry, "the function drv_entry_v1 is exported", "it is not");
    test.expect(others.empty(), "nothing but the entry is exported",
                fmt::format("{} more: {}", others.size(),
                            fmt::join(others.begin(),
                                      others.begin() + static_cast<std::ptrdiff_t>(
                                                           std::min<std::size_t>(5, others.size())),
                                      ", ")));
}

void descriptor(Test &test) {
    const auto checked = check_descriptor(enter(test, entry_of(test)), test.settings().driver);
    if (!checked)
        test.fail("the descriptor passes the agent's checks", checked.error().message);
}

void nothing_from_scan(Test &test, std::string_view kind) {
    const ProcessState before = ProcessState::now();
    enter(test, entry_of(test));
    std::vector<std::string> added;
    for (std::string &each : ProcessState::now().added_since(before)) {
        if (each.starts_with(kind))
            added.push_back(std::move(each));
    }
    test.expect(added.empty(), fmt::format("loading makes no {}", kind),
                fmt::format("{}", fmt::join(added, ", ")));
}

// A copy of all that the descriptor says, to see whether it changes.
std::string image_of(const drv_driver_v1 &driver) {
    std::string image(reinterpret_cast<const char *>(&driver), sizeof driver);    // NOLINT
    image.append(reinterpret_cast<const char *>(driver.ops), sizeof(drv_ops_v1)); // NOLINT
    for (const drv_str &text : {driver.name, driver.version, driver.vendor})
        image.append(text.data, text.len);
    for (std::uint64_t i = 0; i < driver.config_key_count; ++i) {
        const drv_config_key &key = driver.config_keys[i];
        image.append(key.name.data, key.name.len).append(key.help.data, key.help.len);
        image.append(key.fallback.data, key.fallback.len);
    }
    return image;
}

void config_fallbacks(Test &test) {
    for (const ConfigKey &key : test.driver()->description().config_keys) {
        if (key.fallback.empty())
            continue;
        const bool fits = key.kind == KeyKind::u64 || key.kind == KeyKind::bytes
                              ? parse_u64(key.fallback).has_value()
                          : key.kind == KeyKind::boolean ? key.fallback == "true" || key.fallback == "false"
                                                         : true;
        test.expect(fits, fmt::format("the fallback of {} has the form of its kind", key.name),
                    fmt::format("\"{}\"", key.fallback));
        test.expect(!key.required && !key.secret,
                    fmt::format("{} has a fallback, so it is neither required nor secret", key.name),
                    "it is marked so");
    }
}

void config_help(Test &test) {
    for (const ConfigKey &key : test.driver()->description().config_keys) {
        test.expect(!key.help.empty() && key.help.find('\n') == std::string::npos,
                    fmt::format("the key {} has one line of help for people", key.name),
                    key.help.empty() ? "it has none" : "it has several");
    }
}

struct KnownExtension {
    std::string_view id;
    std::size_t bytes; // of its table in minor 0
};
constexpr std::array kExtensions{KnownExtension{DRV_EXT_SNAPSHOT, sizeof(drv_snapshot_v1)},
                                 KnownExtension{DRV_EXT_CLONE, sizeof(drv_clone_v1)},
                                 KnownExtension{DRV_EXT_EXTEND, sizeof(drv_extend_v1)},
                                 KnownExtension{DRV_EXT_PROFILES, sizeof(drv_profiles_v1)},
                                 KnownExtension{DRV_EXT_GROUP, sizeof(drv_group_v1)},
                                 KnownExtension{DRV_EXT_MANAGE, sizeof(drv_manage_v1)},
                                 KnownExtension{DRV_EXT_RETYPE, sizeof(drv_retype_v1)},
                                 KnownExtension{DRV_EXT_STATS, sizeof(drv_stats_v1)},
                                 KnownExtension{DRV_EXT_QOS, sizeof(drv_qos_v1)},
                                 KnownExtension{DRV_EXT_FENCE, sizeof(drv_fence_v1)}};

void extension_tables(Test &test) {
    for (const KnownExtension &known : kExtensions) {
        const auto *table = static_cast<const unsigned char *>(test.instance().extension(known.id));
        if (table == nullptr)
            continue;
        std::uint32_t size = 0;
        std::memcpy(&size, table, sizeof size);
        test.expect(size >= known.bytes,
                    fmt::format("the table of {} has at least {} bytes", known.id, known.bytes),
                    fmt::format("struct_size {}", size));
        for (std::size_t at = 8; at < known.bytes; at += sizeof(void *)) {
            void *slot = nullptr;
            std::memcpy(&slot, table + at, sizeof slot);
            test.expect(slot != nullptr, fmt::format("every slot of {} is filled", known.id),
                        fmt::format("slot {} is NULL", (at - 8) / sizeof(void *)));
        }
    }
}

void add_gate(Registry &all, std::string_view id, std::string_view description, Body run) {
    all.add({.id = id,
             .stage = Stage::file,
             .description = description,
             .run = run,
             .is_gate = true,
             .gate_of = Stage::library});
}

void add_at(Registry &all, Stage stage, Binding binding, std::string_view id, std::string_view description,
            Body run) {
    all.add({.id = id, .binding = binding, .stage = stage, .description = description, .run = run});
}

} // namespace

void add_load_cases(Registry &all) {
    add_gate(all, "load.shared-object", "The file is an undamaged ELF shared object of this machine's kind.",
             [](Test &test) {
                 if (const auto exports = read_exports(test.settings().driver); !exports)
                     test.fail("a shared object", exports.error().message);
             });
    add_gate(all, "load.one-export",
             "Exactly one symbol is exported, drv_entry_v1, so that nothing clashes with the agent or with "
             "other drivers.",
             one_export);
    add_gate(all, "load.rtld-now", "Every symbol that the file needs is found when it is loaded, not later.",
             [](Test &test) { entry_of(test); });
    add_gate(all, "load.descriptor",
             "The descriptor passes the agent's checks: sizes, name, texts, slots and keys.", descriptor);
    constexpr auto kMandatory = Binding::mandatory;
    add_at(all, Stage::library, kMandatory, "load.entry-twice",
           "The entry gives the same pointer every time.", [](Test &test) {
               const auto entry = entry_of(test);
               test.expect(enter(test, entry) == enter(test, entry), "the same pointer twice",
                           "two different ones");
           });
    add_at(all, Stage::library, kMandatory, "load.no-threads", "Loading starts no thread.",
           [](Test &test) { nothing_from_scan(test, "thread"); });
    add_at(all, Stage::library, kMandatory, "load.no-fds", "Loading leaves no descriptor open.",
           [](Test &test) { nothing_from_scan(test, "descriptor"); });
    add_at(all, Stage::library, kMandatory, "load.no-children", "Loading starts no process.",
           [](Test &test) { nothing_from_scan(test, "child process"); });
    add_at(all, Stage::library, kMandatory, "load.config-fallbacks",
           "Each fallback of a configuration key has the form of the key's kind.", config_fallbacks);
    all.add({.id = "load.opens",
             .stage = Stage::library,
             .description = "A backend opens with the case file's keys and closes again.",
             .run = [](Test &test) { test.open_another().reset(); },
             .is_gate = true,
             .gate_of = Stage::open});
    add_at(all, Stage::open, kMandatory, "load.descriptor-constant",
           "What the descriptor says does not change when a backend is opened and closed.", [](Test &test) {
               const drv_driver_v1 &driver = test.driver()->table();
               const std::string before = image_of(driver);
               test.open_another().reset();
               test.expect(image_of(driver) == before, "the same bytes after open and close", "they changed");
           });
    add_at(all, Stage::open, kMandatory, "load.unknown-extension",
           "An extension that does not exist gives NULL.", [](Test &test) {
               for (const std::string_view id :
                    {"drv.no-such-extension/1", "", "drv.", "com.example.nothing/7", "drv.snapshot/0",
                     "drv.snapshot/2", "drv.snapshot", "DRV.SNAPSHOT/1", "drv.snapshot/01"}) {
                   test.expect(test.instance().extension(id) == nullptr, fmt::format("NULL for \"{}\"", id),
                               "a table");
               }
           });
    add_at(all, Stage::open, kMandatory, "load.extension-trailing-garbage",
           "The id of an extension with anything before or behind it gives NULL.", [](Test &test) {
               for (const KnownExtension &known : kExtensions) {
                   const std::string id(known.id);
                   for (const std::string &wrong : {id + "x", id + " ", id + "\n", id + std::string(1, '\0'),
                                                    id + "0", id.substr(0, id.size() - 1), " " + id}) {
                       test.expect(test.instance().extension(wrong) == nullptr,
                                   fmt::format("NULL for \"{}\"", wrong), "a table");
                   }
               }
           });
    add_at(all, Stage::open, kMandatory, "load.extension-fixed",
           "An extension's answer stays the same as long as the backend is open.", [](Test &test) {
               for (const KnownExtension &known : kExtensions) {
                   test.expect(test.instance().extension(known.id) == test.instance().extension(known.id),
                               fmt::format("the same answer for {} twice", known.id), "two different ones");
               }
           });
    add_at(all, Stage::open, kMandatory, "load.extension-tables",
           "Every offered extension has a table of full size without an empty slot.", extension_tables);
    add_at(all, Stage::library, Binding::quality, "load.scan-time",
           "Loading and entering takes less than 100 ms.", [](Test &test) {
               const auto started = std::chrono::steady_clock::now();
               enter(test, entry_of(test));
               const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::steady_clock::now() - started);
               test.expect(took < kScanLimit, "less than 100 ms", fmt::format("{} ms", took.count()));
           });
    add_at(all, Stage::library, Binding::quality, "load.config-help",
           "Every configuration key has a line of help.", config_help);
    add_at(all, Stage::file, Binding::quality, "load.trusted-path",
           "Owner and mode of the file and of every folder above it are such that an agent would take it.",
           [](Test &test) {
               if (const auto trusted = check_trusted_file(test.settings().driver); !trusted)
                   test.fail("a path that only root can change", trusted.error().message);
           });
    // The driver's own descriptor and tables; the other cases that load the file do it themselves.
    all.judge_in_process({"load.descriptor-constant", "load.unknown-extension",
                          "load.extension-trailing-garbage", "load.extension-fixed",
                          "load.extension-tables"});
}

} // namespace drover::conformance
