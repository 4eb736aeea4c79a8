#include "conformance/suite/cases/every_op.hpp"

#include "conformance/suite/checks.hpp"

namespace drover::conformance {
namespace {

class Round {
public:
    Round(Test &test, Instance &instance) : test_(test), instance_(instance) {}

    std::vector<Answer> run() {
        works(instance_.probe());
        drv_caps caps{};
        works(instance_.capabilities(caps));
        const CreateArguments request = test_.small_volume();
        works(instance_.create(request));
        works(instance_.get(request.id));
        works(instance_.list());
        works(instance_.list({.max_entries = 1}));
        attachment(request.id);
        refusals(request);
        if (instance_.offers(DRV_EXT_PROFILES))
            works(instance_.profiles());
        if (instance_.offers(DRV_EXT_SNAPSHOT))
            snapshot(request.id);
        if (instance_.offers(DRV_EXT_CLONE))
            clone(request.id);
        if (instance_.offers(DRV_EXT_EXTEND)) {
            works(instance_.extend(request.id, test_.grown_bytes()));
            refuses(instance_.extend(test_.fresh_id(), test_.grown_bytes()), DRV_E_NOT_FOUND);
        }
        works(instance_.destroy(request.id));
        return std::move(answers_);
    }

private:
    void works(Answer answer) {
        ok(test_, answer);
        answers_.push_back(std::move(answer));
    }
    void refuses(Answer answer, drv_status code) {
        answers(test_, answer, {code}, "it must be refused");
        answers_.push_back(std::move(answer));
    }

    void attachment(const std::string &id) {
        const AttachArguments here{.id = id, .node = test_.first()};
        works(instance_.attach(here));
        works(instance_.resolve(here));
        works(instance_.detach(here));
    }

    void refusals(const CreateArguments &request) {
        refuses(instance_.get(test_.fresh_id()), DRV_E_NOT_FOUND);
        refuses(instance_.attach({.id = test_.fresh_id(), .node = test_.first()}), DRV_E_NOT_FOUND);
        refuses(instance_.resolve({.id = request.id, .node = test_.first()}), DRV_E_NOT_FOUND);
        refuses(instance_.list({.flags = 1ULL << 63U}), DRV_E_INVALID);
        refuses(instance_.destroy(request.id, 1ULL << 63U), DRV_E_INVALID);
        CreateArguments flagged = test_.small_volume();
        flagged.flags = 1ULL << 63U;
        refuses(instance_.create(flagged), DRV_E_INVALID);
    }

    void snapshot(const std::string &volume_id) {
        const SnapshotArguments request{.volume_id = volume_id, .snapshot_id = test_.fresh_id()};
        works(instance_.snapshot_create(request));
        works(instance_.snapshot_get(request.snapshot_id));
        works(instance_.snapshot_list(volume_id));
        refuses(instance_.snapshot_get(test_.fresh_id()), DRV_E_NOT_FOUND);
        CreateArguments made = test_.small_volume();
        made.bytes = 0;
        works(instance_.snapshot_clone(request.snapshot_id, made));
        works(instance_.destroy(made.id));
        works(instance_.snapshot_revert(request.snapshot_id));
        works(instance_.snapshot_destroy(request.snapshot_id));
    }

    void clone(const std::string &volume_id) {
        CreateArguments made = test_.small_volume();
        made.bytes = 0;
        works(instance_.clone(volume_id, made));
        works(instance_.destroy(made.id));
        refuses(instance_.clone(test_.fresh_id(), test_.small_volume()), DRV_E_NOT_FOUND);
    }

    Test &test_;
    Instance &instance_;
    std::vector<Answer> answers_;
};

} // namespace

std::vector<Answer> every_op(Test &test, Instance &instance) {
    return Round(test, instance).run();
}

} // namespace drover::conformance
