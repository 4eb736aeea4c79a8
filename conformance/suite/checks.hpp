// The judgements that most cases make of an answer. Each ends the case when the answer breaks the rule.
#pragma once

#include "conformance/suite/test.hpp"

#include <initializer_list>

namespace drover::conformance {

// The form of an answer: no breach of it, no code that drivers may not return, nothing emitted along with an
// error.
void well_formed(Test &test, const Answer &answer);

// It is OK. `expected` ends the sentence "the op ...", such as "finds the volume".
const Answer &ok(Test &test, const Answer &answer, std::string_view expected = "");
// It is one of these codes.
const Answer &answers(Test &test, const Answer &answer, std::initializer_list<drv_status> wanted,
                      std::string_view because);
// It failed, and called fail() with a sentence and the code that it returned.
void has_text(Test &test, const Answer &answer);
// OK, with exactly one volume, which has this id.
BackendVolume one_volume(Test &test, const Answer &answer, std::string_view id);
BackendVolume one_snapshot(Test &test, const Answer &answer, std::string_view id);
Connection one_connection(Test &test, const Answer &answer);

// get says that it exists, or that it does not.
BackendVolume exists(Test &test, Instance &instance, std::string_view id);
void absent(Test &test, Instance &instance, std::string_view id);

// All pages of a listing; a listing that does not end or repeats a token fails the case.
std::vector<BackendVolume> list_all(Test &test, Instance &instance, std::uint64_t page_size = 0);
std::vector<BackendVolume> list_snapshots(Test &test, Instance &instance, std::string_view volume_id,
                                          std::uint64_t page_size = 0);
bool contains(const std::vector<BackendVolume> &rows, std::string_view id);

// Two reports on one volume agree in everything that does not change by itself.
void same_volume(Test &test, const BackendVolume &first, const BackendVolume &again, std::string_view where);

} // namespace drover::conformance
