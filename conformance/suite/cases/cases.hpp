// The groups of the suite: each function adds the cases of one file, in the order in which they run.
#pragma once

#include "conformance/suite/registry.hpp"

namespace drover::conformance {

void add_load_cases(Registry &all);
void add_lifecycle_cases(Registry &all);
void add_core_backend_cases(Registry &all);
void add_core_create_cases(Registry &all);
void add_core_id_cases(Registry &all);
void add_core_destroy_cases(Registry &all);
void add_core_get_cases(Registry &all);
void add_core_list_cases(Registry &all);
void add_core_attach_cases(Registry &all);
void add_core_detach_cases(Registry &all);
void add_core_call_cases(Registry &all);
void add_calls_cases(Registry &all);
void add_threads_cases(Registry &all);
void add_hygiene_cases(Registry &all);
void add_growth_cases(Registry &all);
void add_snapshot_cases(Registry &all);
void add_snapshot_list_cases(Registry &all);
void add_snapshot_clone_cases(Registry &all);
void add_clone_cases(Registry &all);
void add_extend_cases(Registry &all);
void add_profiles_cases(Registry &all);
void add_retype_cases(Registry &all);
void add_qos_cases(Registry &all);
void add_stats_cases(Registry &all);
void add_fence_cases(Registry &all);
void add_group_cases(Registry &all);
void add_manage_cases(Registry &all);
void add_data_volume_cases(Registry &all);
void add_data_snapshot_cases(Registry &all);
void add_data_clone_cases(Registry &all);
void add_data_extend_cases(Registry &all);
void add_data_depth_cases(Registry &all);
void add_fuzz_cases(Registry &all);
void add_quality_cases(Registry &all);

} // namespace drover::conformance
