// Making, growing and removing volumes.
#include "core/volume/tests/crash/acting.hpp"

namespace drover::crash {

std::vector<Scenario> volume_scenarios() {
    std::vector<Scenario> all;
    all.push_back({.name = "create",
                   .request = [](Stage &stage) { return ask_create(stage, {.name = "db", .bytes = kSmall}); },
                   .expected = {.volumes = {{"db", {}}}}});
    all.push_back({.name = "create-refused",
                   .request =
                       [](Stage &stage) {
                           return ask_create(stage, {.name = "db", .bytes = kSmall, .profile = "no-such"});
                       },
                   .repeat_may_differ = false});
    all.push_back({.name = "create-from-a-snapshot",
                   .prepare =
                       [](Stage &stage) {
                           filled(stage, "db", "then");
                           snapshotted(stage, "db", "monday");
                           written(stage, "db", "now");
                       },
                   .request =
                       [](Stage &stage) {
                           return ask_create(stage,
                                             {.name = "copy",
                                              .source = VolumeSource{.kind = VolumeSource::Kind::snapshot,
                                                                     .volume = "db",
                                                                     .snapshot = "monday"}});
                       },
                   .expected = {.volumes = {{"db", {.marker = "now"}}, {"copy", {.marker = "then"}}},
                                .snapshots = {"db/monday"}}});
    all.push_back(
        {.name = "create-from-a-mounted-volume",
         .prepare =
             [](Stage &stage) {
                 filled(stage, "db", "kept");
                 held(stage, "db", "u1");
             },
         .request =
             [](Stage &stage) {
                 return ask_create(stage,
                                   {.name = "copy",
                                    .source = VolumeSource{
                                        .kind = VolumeSource::Kind::volume, .volume = "db", .snapshot = ""}});
             },
         .expected = {.volumes = {{"db", {.uses = 1, .marker = "kept"}}, {"copy", {.marker = "kept"}}}}});
    all.push_back(
        {.name = "adopt",
         .prepare =
             [](Stage &stage) { on_other_node(stage, [](Stage &there) { filled(there, "db", "theirs"); }); },
         .request = [](Stage &stage) { return ask_create(stage, {.name = "db", .bytes = kSmall}); },
         .expected = {.volumes = {{"db", {.marker = "theirs"}}}}});
    all.push_back({.name = "extend",
                   .prepare = [](Stage &stage) { filled(stage, "db", "kept"); },
                   .request = [](Stage &stage) { return ask_extend(stage, "db", 2 * kSmall); },
                   .expected = {.volumes = {{"db", {.marker = "kept"}}}}});
    all.push_back({.name = "extend-mounted",
                   .prepare =
                       [](Stage &stage) {
                           filled(stage, "db", "kept", kXfs, "xfs");
                           held(stage, "db", "u1");
                       },
                   .request = [](Stage &stage) { return ask_extend(stage, "db", kXfs + 64 * kMiB); },
                   .expected = {.volumes = {{"db", {.uses = 1, .marker = "kept", .fstype = "xfs"}}}}});
    all.push_back({.name = "extend-refused",
                   .prepare = [](Stage &stage) { filled(stage, "db", "kept"); },
                   .request = [](Stage &stage) { return ask_extend(stage, "db", std::uint64_t{1} << 60U); },
                   .expected = {.volumes = {{"db", {.marker = "kept", .shows_error = true}}}}});
    all.push_back({.name = "remove",
                   .prepare = [](Stage &stage) { filled(stage, "db", "gone"); },
                   .request = [](Stage &stage) { return ask_remove(stage, "db"); },
                   .repeat_may_differ = true});
    all.push_back({.name = "remove-while-another-node-has-it",
                   .prepare =
                       [](Stage &stage) {
                           filled(stage, "db", "kept");
                           on_other_node(stage, [](Stage &there) {
                               made(there, "db");
                               held(there, "db", "theirs");
                           });
                       },
                   .request = [](Stage &stage) { return ask_remove(stage, "db"); },
                   .expected = {.volumes = {{"db", {.never_mounted = true}}}},
                   .without_power_cut = true,
                   .finish =
                       [](Stage &stage) {
                           on_other_node(stage, [](Stage &there) { ask_unmount(there, "db", "theirs"); });
                       }});
    all.push_back({.name = "forget",
                   .prepare =
                       [](Stage &stage) {
                           filled(stage, "db", "kept");
                           snapshotted(stage, "db", "monday");
                       },
                   .request = [](Stage &stage) { return ask_remove(stage, "db", RemovePolicy::keep); },
                   .expected = {.backend_may_have_more = true},
                   .repeat_may_differ = true});
    return all;
}

} // namespace drover::crash
