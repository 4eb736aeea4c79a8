// threads: the host's workers call one open backend in parallel, never two mutating ops on one volume at a
// time. Where the driver asks for one op at a time (DRV_DRIVER_SERIAL) it gets that, as from the agent.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"

#include <fmt/format.h>

#include <atomic>
#include <functional>
#include <thread>

namespace drover::conformance {
namespace {

constexpr std::size_t kWorkers = 4;
constexpr std::size_t kVolumesEach = 4;
constexpr int kRounds = 25;

// What a worker saw, to be judged when all are done: a Test is used by one thread.
struct Seen {
    std::string id;
    Answer answer;
};

// Runs `work` on so many threads at once, each with its own share of the instance.
std::vector<Seen> in_parallel(Test &test, Instance &instance, std::size_t workers,
                              const std::function<std::vector<Seen>(Instance &, std::size_t)> &work) {
    std::vector<std::vector<Seen>> seen(workers);
    std::vector<std::unique_ptr<Instance>> shares;
    for (std::size_t i = 0; i < workers; ++i)
        shares.push_back(test.share(instance));
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < workers; ++i)
        threads.emplace_back([&, i] { seen[i] = work(*shares[i], i); });
    for (std::thread &thread : threads)
        thread.join();
    std::vector<Seen> all;
    for (auto &each : seen)
        std::move(each.begin(), each.end(), std::back_inserter(all));
    return all;
}

// Each row or connection is that of the volume it was asked for.
void own_answers(Test &test, const std::vector<Seen> &all) {
    for (const Seen &each : all) {
        ok(test, each.answer, "works beside other ops");
        for (const BackendVolume &row : each.answer.volumes) {
            test.expect(row.id == each.id, fmt::format("{} of {} emits that volume", each.answer.op, each.id),
                        fmt::format("it emitted \"{}\"", row.id));
        }
    }
}

void whole_lives(Test &test) {
    Instance &instance = test.instance();
    std::vector<std::vector<CreateArguments>> requests(kWorkers);
    for (auto &of_worker : requests) {
        for (std::size_t i = 0; i < kVolumesEach; ++i)
            of_worker.push_back(test.small_volume());
    }
    const NodeIdentity node = test.first();
    const auto all = in_parallel(test, instance, kWorkers, [&](Instance &share, std::size_t worker) {
        std::vector<Seen> seen;
        for (const CreateArguments &request : requests[worker]) {
            const AttachArguments here{.id = request.id, .node = node};
            seen.push_back({request.id, share.create(request)});
            seen.push_back({request.id, share.attach(here)});
            seen.push_back({request.id, share.get(request.id)});
            seen.push_back({request.id, share.detach(here)});
            seen.push_back({request.id, share.destroy(request.id)});
        }
        return seen;
    });
    own_answers(test, all);
}

void readers(Test &test) {
    Instance &instance = test.instance();
    std::vector<std::string> ids;
    std::map<std::string, Connection> connections;
    for (std::size_t i = 0; i < kWorkers; ++i) {
        ids.push_back(test.make_volume().id);
        connections.emplace(ids.back(), test.attach_first(ids.back()));
    }
    const NodeIdentity node = test.first();
    const auto all = in_parallel(test, instance, kWorkers, [&](Instance &share, std::size_t worker) {
        std::vector<Seen> seen;
        for (int round = 0; round < kRounds; ++round) {
            const std::string &id = ids[(worker + static_cast<std::size_t>(round)) % ids.size()];
            seen.push_back({id, share.get(id)});
            seen.push_back({id, share.resolve({.id = id, .node = node})});
        }
        return seen;
    });
    own_answers(test, all);
    for (const Seen &each : all) {
        for (const Connection &connection : each.answer.connections)
            test.expect(connection == connections.at(each.id), "each volume's own connection", "another one");
    }
}

void list_beside(Test &test) {
    Instance &instance = test.instance();
    std::vector<std::string> stay;
    stay.reserve(3);
    for (int i = 0; i < 3; ++i)
        stay.push_back(test.make_volume().id);
    std::vector<CreateArguments> requests;
    requests.reserve(8);
    for (int i = 0; i < 8; ++i)
        requests.push_back(test.small_volume());
    std::atomic<bool> over = false;
    const auto all = in_parallel(test, instance, 3, [&](Instance &share, std::size_t worker) {
        std::vector<Seen> seen;
        if (worker == 0) {
            for (const CreateArguments &request : requests) {
                seen.push_back({request.id, share.create(request)});
                seen.push_back({request.id, share.destroy(request.id)});
            }
            over = true;
        }
        while (!over.load())
            seen.push_back({"", share.list()});
        seen.push_back({"", share.list()});
        return seen;
    });
    for (const Seen &each : all) {
        ok(test, each.answer, "works beside other ops");
        if (each.answer.op != "list" || !each.answer.tokens.empty())
            continue;
        for (const std::string &id : stay) {
            test.expect(contains(each.answer.volumes, id), "a listing has every volume that nobody touches",
                        fmt::format("{} is lost among {} rows", id, each.answer.volumes.size()));
        }
    }
}

// Several backends at once, each with a thread of its own.
void instances_apart(Test &test) {
    test.instance();
    std::vector<std::unique_ptr<Instance>> open;
    for (std::size_t i = 0; i < kWorkers; ++i)
        open.push_back(test.open_another());
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < kWorkers; ++i)
        ids.push_back(test.make_volume().id);
    std::vector<std::vector<Answer>> seen(kWorkers);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kWorkers; ++i) {
        threads.emplace_back([&, i] {
            const auto share = open[i]->share({});
            for (int round = 0; round < kRounds; ++round)
                seen[i].push_back(share->get(ids[i]));
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    for (std::size_t i = 0; i < kWorkers; ++i) {
        for (const Answer &answer : seen[i])
            one_volume(test, answer, ids[i]);
    }
}

} // namespace

void add_threads_cases(Registry &all) {
    all.mandatory("threads.whole-lives",
                  "Several workers make, attach, detach and destroy volumes of their own at one time.",
                  whole_lives);
    all.mandatory("threads.readers", "Get and resolve from several workers each answer what they were asked.",
                  readers);
    all.mandatory("threads.list-beside-create",
                  "Listings on one open backend beside create and destroy lose no volume.", list_beside);
    all.mandatory("threads.instances-apart", "Several open backends are used in parallel.", instances_apart);
}

} // namespace drover::conformance
