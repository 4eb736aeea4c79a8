// core: ids that no host would send, and what comes close to a known id.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace drover::conformance {
namespace {

// Every core op that takes an id refuses it as INVALID, and none of them changes anything: the comparison at
// the end of the test sees to that.
void refused_everywhere(Test &test, const std::string &id, std::string_view because) {
    Instance &instance = test.instance();
    CreateArguments request = test.small_volume();
    request.id = id;
    const std::initializer_list<drv_status> invalid{DRV_E_INVALID};
    answers(test, instance.create(request), invalid, because);
    answers(test, instance.get(id), invalid, because);
    answers(test, instance.attach({.id = id, .node = test.first()}), invalid, because);
    answers(test, instance.resolve({.id = id, .node = test.first()}), invalid, because);
    answers(test, instance.detach({.id = id, .node = test.first()}), invalid, because);
    answers(test, instance.destroy(id), invalid, because);
}

// Ids that the host never makes but that are text: the driver may refuse them; if it takes one, it is an id
// like any other, byte for byte, and touches nothing else.
void odd_id(Test &test, const std::string &id) {
    Instance &instance = test.instance();
    const BackendVolume neighbour = test.make_volume();
    CreateArguments request = test.small_volume();
    request.id = id;
    const Answer answer = instance.create(request);
    answers(test, answer, {DRV_OK, DRV_E_INVALID}, "an odd id is taken as it is, or refused");
    if (answer.is_ok()) {
        const BackendVolume volume = one_volume(test, answer, id);
        same_volume(test, volume, exists(test, instance, id), "get");
        test.expect(contains(list_all(test, instance), id), fmt::format("list has \"{}\"", id), "it has not");
        ok(test, instance.destroy(id));
        absent(test, instance, id);
    }
    same_volume(test, neighbour, exists(test, instance, neighbour.id), "get of another volume");
    ok(test, instance.destroy(neighbour.id));
}

void near_ids(Test &test) {
    const BackendVolume volume = test.make_volume();
    std::string upper = volume.id;
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    std::string other = volume.id;
    other.back() = other.back() == '0' ? '1' : '0';
    for (const std::string &near : {volume.id.substr(0, volume.id.size() - 1), volume.id + "0",
                                    volume.id + " ", upper, other, std::string("*"), std::string("%")}) {
        if (near != volume.id) {
            answers(test, test.instance().get(near), {DRV_E_NOT_FOUND, DRV_E_INVALID},
                    fmt::format("\"{}\" is not \"{}\"", near, volume.id));
        }
    }
}

void destroy_near_ids(Test &test) {
    const BackendVolume volume = test.make_volume();
    const std::string shorter = volume.id.substr(0, volume.id.size() - 1);
    for (const std::string &near : {shorter, volume.id + "0", std::string("*"), volume.id.substr(0, 8)})
        answers(test, test.instance().destroy(near), {DRV_OK, DRV_E_INVALID}, "there is no such volume");
    exists(test, test.instance(), volume.id);
}

} // namespace

void add_core_id_cases(Registry &all) {
    all.mandatory("core.id.empty", "An empty id answers INVALID from every op.",
                  [](Test &test) { refused_everywhere(test, "", "an id is not empty"); });
    all.mandatory("core.id.long-64k", "An id of 64 KiB answers INVALID from every op.", [](Test &test) {
        refused_everywhere(test, std::string(65536, 'a'), "an id has at most 255 bytes");
    });
    all.mandatory("core.id.long-256", "An id of 256 bytes answers INVALID from every op.", [](Test &test) {
        refused_everywhere(test, std::string(256, 'a'), "an id has at most 255 bytes");
    });
    all.mandatory("core.id.non-utf8", "An id that is not UTF-8 answers INVALID from every op.",
                  [](Test &test) {
                      for (const std::string &id : {std::string("\xFF\xFE"), std::string("abc\xC0\xAF"),
                                                    std::string("\xED\xA0\x80"), std::string("a\xE2\x82")})
                          refused_everywhere(test, id, "it is not UTF-8");
                  });
    all.mandatory(
        "core.id.nul-byte", "An id with a NUL byte in it is never taken for the part before it.",
        [](Test &test) {
            const BackendVolume volume = test.make_volume();
            const std::string id = volume.id + std::string("\0x", 2);
            answers(test, test.instance().get(id), {DRV_E_INVALID, DRV_E_NOT_FOUND}, "it is another id");
            answers(test, test.instance().destroy(id), {DRV_E_INVALID, DRV_OK}, "it is another id");
            exists(test, test.instance(), volume.id);
        });
    all.mandatory("core.id.long-255", "An id of 255 bytes is taken as it is, or refused with INVALID.",
                  [](Test &test) { odd_id(test, std::string(255, 'v')); });
    all.mandatory("core.id.odd",
                  "Ids with blanks, quotes, format signs and the like are taken byte for byte, or refused.",
                  [](Test &test) {
                      for (const char *id : {"a b", "-rf", "%s%n%p", "it's \"quoted\"", "$(reboot)",
                                             "a;b|c&d", "*", "#hash", "tab\there", "line\nbreak", "CON", "."})
                          odd_id(test, id);
                  });
    all.mandatory("core.id.path-escape",
                  "Ids that look like paths are taken byte for byte, or refused, and touch nothing else.",
                  [](Test &test) {
                      for (const char *id : {"..", "../escape", "../../../../tmp/drover-escape",
                                             "/etc/passwd", "a/b", "./a", "a/../b", "..\\escape", ".hidden"})
                          odd_id(test, id);
                  });
    all.mandatory("core.id.exact",
                  "Get finds no volume by a part of its id, by more than its id, or by other letters of it.",
                  near_ids);
    all.mandatory("core.id.exact-destroy", "Destroy of a part of an id does not destroy the volume.",
                  destroy_near_ids);
    all.mandatory(
        "core.id.bad-node", "An attach whose node id is empty, not UTF-8 or 64 KiB long answers INVALID.",
        [](Test &test) {
            const BackendVolume volume = test.make_volume();
            for (const std::string &node : {std::string(), std::string("\xFF"), std::string(65536, 'n')}) {
                answers(test,
                        test.instance().attach({.id = volume.id, .node = {.id = node, .initiators = {}}}),
                        {DRV_E_INVALID}, "that is no node id");
            }
        });
    all.mandatory(
        "core.id.bad-text", "A name, pool or profile that is not UTF-8 answers INVALID and makes nothing.",
        [](Test &test) {
            for (const int field : {0, 1, 2}) {
                CreateArguments request = test.small_volume();
                (field == 0 ? request.name : field == 1 ? request.pool : request.profile) = "bad\xFFtext";
                answers(test, test.instance().create(request), {DRV_E_INVALID}, "the text is not UTF-8");
                absent(test, test.instance(), request.id);
            }
        });
}

} // namespace drover::conformance
