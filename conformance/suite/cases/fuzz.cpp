// fuzz: long random sequences of ops, each answer held against a small model of what must be. The seed of the
// run decides the sequence; the same seed gives the same one.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <deque>

namespace drover::conformance {
namespace {

constexpr std::size_t kVolumes = 5;
constexpr std::size_t kSnapshots = 4;
constexpr int kSteps = 150;
constexpr std::size_t kTold = 12; // of the last steps, when one fails

struct Volume {
    CreateArguments request;
    bool is_there = false;
    std::uint64_t bytes = 0;
    int node = -1; // attached to: 0 or 1
};

struct Snapshot {
    std::string id;
    std::size_t volume = 0;
    bool is_there = false;
};

class Fuzzer {
public:
    // `has` says which extensions take part.
    struct Has {
        bool snapshots = false;
        bool extend = false;
        bool reopen = true;
    };

    Fuzzer(Test &test, Has has) : test_(test), has_(has) {
        for (std::size_t i = 0; i < kVolumes; ++i)
            volumes_.push_back({.request = test.small_volume()});
        for (std::size_t i = 0; i < kSnapshots; ++i)
            snapshots_.push_back({.id = test.fresh_id()});
    }

    void run() {
        for (int step = 0; step < kSteps; ++step)
            one_step();
        for (std::size_t i = 0; i < volumes_.size(); ++i)
            get(i);
    }

private:
    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(test_.random()() % bound); }
    Instance &on(int node) { return node == 1 ? test_.instance_of_second() : test_.instance(); }
    const NodeIdentity &node(int which) { return which == 1 ? test_.second() : test_.first(); }

    void say(std::string step) {
        last_.push_back(std::move(step));
        if (last_.size() > kTold)
            last_.pop_front();
    }

    // The answer is one of these; else the steps before it are told.
    bool expect(const Answer &answer, std::initializer_list<drv_status> wanted) {
        if (answer.breaches.empty() && std::find(wanted.begin(), wanted.end(), answer.status) != wanted.end())
            return answer.is_ok();
        std::vector<std::string> names;
        for (const drv_status status : wanted)
            names.push_back(status_name(status));
        test_.fail(fmt::format("{} answers {}", answer.op, fmt::join(names, " or ")),
                   fmt::format("{}{}; the last steps were: {}",
                               answer.breaches.empty() ? "" : answer.breaches.front() + ", ",
                               answer.describe(), fmt::join(last_, ", ")));
    }

    void one_step() {
        const std::size_t which = below(volumes_.size());
        switch (below(has_.snapshots ? 12 : 9)) {
        case 0:
        case 1:
            return create(which);
        case 2:
            return destroy(which);
        case 3:
        case 4:
            return attach(which, static_cast<int>(below(2)));
        case 5:
            return detach(which, static_cast<int>(below(2)));
        case 6:
            return get(which);
        case 7:
            return has_.extend ? extend(which) : list();
        case 8:
            return below(8) == 0 ? reopen() : list();
        case 9:
            return snapshot(below(snapshots_.size()), which);
        case 10:
            return drop_snapshot(below(snapshots_.size()));
        default:
            return revert(below(snapshots_.size()));
        }
    }

    void create(std::size_t which) {
        Volume &volume = volumes_[which];
        CreateArguments request = volume.request;
        request.bytes = below(4) == 0 ? test_.grown_bytes() : test_.small_bytes();
        say(fmt::format("create {} of {}", which, request.bytes));
        const Answer answer = test_.instance().create(request);
        if (volume.is_there && volume.bytes != request.bytes) {
            expect(answer, {DRV_E_EXISTS});
            return;
        }
        expect(answer, {DRV_OK});
        if (!volume.is_there)
            volume = {.request = volume.request, .is_there = true, .bytes = request.bytes};
    }

    void destroy(std::size_t which) {
        Volume &volume = volumes_[which];
        say(fmt::format("destroy {}", which));
        const Answer answer = test_.instance().destroy(volume.request.id);
        const bool has_snapshots =
            std::any_of(snapshots_.begin(), snapshots_.end(),
                        [&](const Snapshot &each) { return each.is_there && each.volume == which; });
        if (volume.is_there && volume.node >= 0) {
            expect(answer, {DRV_E_CONFLICT});
        } else if (!volume.is_there || !has_snapshots) {
            volume.is_there = !expect(answer, {DRV_OK});
        } else {
            volume.is_there = !expect(answer, {DRV_OK, DRV_E_CONFLICT}); // snapshots may live on
        }
    }

    void attach(std::size_t which, int to) {
        Volume &volume = volumes_[which];
        say(fmt::format("attach {} to node {}", which, to));
        const Answer answer = on(to).attach({.id = volume.request.id, .node = node(to)});
        if (!volume.is_there) {
            expect(answer, {DRV_E_NOT_FOUND});
        } else if (volume.node >= 0 && volume.node != to) {
            expect(answer, {DRV_E_CONFLICT});
        } else if (expect(answer, {DRV_OK})) {
            volume.node = to;
        }
    }

    void detach(std::size_t which, int from) {
        Volume &volume = volumes_[which];
        say(fmt::format("detach {} from node {}", which, from));
        expect(on(from).detach({.id = volume.request.id, .node = node(from)}), {DRV_OK});
        if (volume.node == from)
            volume.node = -1;
    }

    void get(std::size_t which) {
        const Volume &volume = volumes_[which];
        say(fmt::format("get {}", which));
        const Answer answer = test_.instance().get(volume.request.id);
        if (!expect(answer, {volume.is_there ? DRV_OK : DRV_E_NOT_FOUND}))
            return;
        const BackendVolume row = one_volume(test_, answer, volume.request.id);
        std::vector<std::string> nodes;
        if (volume.node >= 0)
            nodes.push_back(node(volume.node).id);
        test_.expect(row.bytes == volume.bytes && row.attached_nodes == nodes,
                     fmt::format("{} bytes, attached to [{}]", volume.bytes, fmt::join(nodes, ", ")),
                     fmt::format("{} bytes, [{}]; the last steps were: {}", row.bytes,
                                 fmt::join(row.attached_nodes, ", "), fmt::join(last_, ", ")));
    }

    void list() {
        say("list");
        const auto rows = list_all(test_, test_.instance(), below(4));
        for (const Volume &volume : volumes_) {
            test_.expect(
                contains(rows, volume.request.id) == volume.is_there,
                fmt::format("{} is {}", volume.request.id, volume.is_there ? "listed" : "not listed"),
                fmt::format("it is {}; the last steps were: {}", volume.is_there ? "not" : "listed",
                            fmt::join(last_, ", ")));
        }
    }

    void extend(std::size_t which) {
        Volume &volume = volumes_[which];
        say(fmt::format("extend {}", which));
        const Answer answer = test_.instance().extend(volume.request.id, test_.grown_bytes());
        const bool is_online = (test_.caps().flags & DRV_CAP_ONLINE_EXTEND) != 0;
        if (!volume.is_there) {
            expect(answer, {DRV_E_NOT_FOUND});
        } else if (volume.node >= 0 && !is_online && volume.bytes < test_.grown_bytes()) {
            expect(answer, {DRV_E_CONFLICT});
        } else if (expect(answer, {DRV_OK})) {
            volume.bytes = std::max(volume.bytes, test_.grown_bytes());
        }
    }

    void reopen() {
        say("close and open");
        test_.close_all();
    }

    void snapshot(std::size_t slot, std::size_t which) {
        Snapshot &taken = snapshots_[slot];
        const Volume &volume = volumes_[which];
        say(fmt::format("snapshot {} of {}", slot, which));
        const Answer answer =
            test_.instance().snapshot_create({.volume_id = volume.request.id, .snapshot_id = taken.id});
        if (taken.is_there && taken.volume != which) {
            expect(answer, {DRV_E_EXISTS, DRV_E_NOT_FOUND}); // the latter when there is no such volume
        } else if (!volume.is_there && !taken.is_there) {
            expect(answer, {DRV_E_NOT_FOUND});
        } else if (volume.is_there && expect(answer, {DRV_OK})) {
            taken = {.id = taken.id, .volume = which, .is_there = true};
        }
    }

    void drop_snapshot(std::size_t slot) {
        say(fmt::format("destroy snapshot {}", slot));
        expect(test_.instance().snapshot_destroy(snapshots_[slot].id), {DRV_OK});
        snapshots_[slot].is_there = false;
    }

    void revert(std::size_t slot) {
        const Snapshot &taken = snapshots_[slot];
        Volume &volume = volumes_[taken.volume];
        say(fmt::format("revert to snapshot {}", slot));
        const Answer answer = test_.instance().snapshot_revert(taken.id);
        if (!taken.is_there || !volume.is_there) {
            expect(answer, {DRV_E_NOT_FOUND});
        } else if (volume.node >= 0) {
            expect(answer, {DRV_E_CONFLICT});
        } else if (expect(answer, {DRV_OK, DRV_E_CONFLICT})) { // newer snapshots may stand in the way
            volume.bytes = exists(test_, test_.instance(), volume.request.id).bytes;
        }
    }

    Test &test_;
    Has has_;
    std::vector<Volume> volumes_;
    std::vector<Snapshot> snapshots_;
    std::deque<std::string> last_;
};

void skip_if_several_nodes(Test &test) {
    if ((test.caps().flags & DRV_CAP_MULTI_ATTACH) != 0)
        test.skip("the backend attaches a volume to several nodes, which this model does not know");
}

} // namespace

void add_fuzz_cases(Registry &all) {
    all.mandatory("fuzz.core", "150 random ops about volumes and attachments each answer as they must.",
                  [](Test &test) {
                      skip_if_several_nodes(test);
                      Fuzzer(test, {}).run();
                  });
    all.advertised("fuzz.extend", {.extension = DRV_EXT_EXTEND}, "The same with extend among them.",
                   [](Test &test) {
                       skip_if_several_nodes(test);
                       Fuzzer(test, {.extend = true}).run();
                   });
    all.advertised(
        "fuzz.snapshot", {.extension = DRV_EXT_SNAPSHOT}, "The same with snapshots among them.",
        [](Test &test) {
            skip_if_several_nodes(test);
            Fuzzer(test, {.snapshots = true, .extend = test.instance().offers(DRV_EXT_EXTEND)}).run();
        });
}

} // namespace drover::conformance
