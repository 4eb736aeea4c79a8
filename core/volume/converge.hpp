// Takes one volume to a desired state: look, ask the planner, write the intent, act, and again, until there
// is nothing left to do or an error says why not. Every act is safe to repeat, so that it goes on after a
// crash between any two steps.
#pragma once

#include "core/connect/connectors.hpp"
#include "core/plan/decide.hpp"
#include "core/volume/backends.hpp"
#include "core/volume/discover.hpp"
#include "core/volume/journal.hpp"
#include "core/volume/live.hpp"
#include "core/volume/node.hpp"

#include <functional>
#include <memory>
#include <string_view>

namespace drover {

// What an operation brings along: until when, on whose behalf, and where its progress goes.
struct Task {
    CallContext call;
    std::function<void(std::string_view)> stage; // what it is doing now; never empty
};

class Converger {
public:
    // All must outlive the converger.
    Converger(Journal &journal, Backends &backends, const connect::Connectors &connectors, LiveTable &live,
              const Node &node)
        : journal_(journal), backends_(backends), connectors_(connectors), live_(live), node_(node) {}

    // One job at a time may work on a volume. The record is changed and saved along the way.
    Result<void> reach(VolumeRecord &record, plan::Desired desired, const Task &task);

    // Looks once and tells LiveTable what was seen.
    Result<Sight> look(const VolumeRecord &record, const Task &task);
    Result<std::shared_ptr<Driver>> driver_of(const VolumeRecord &record) const {
        return backends_.driver(record.backend);
    }
    // Grows the device and the filesystem of a volume after its backend grew it, as far as that can be done
    // now.
    Result<void> grow(VolumeRecord &record, const Sight &sight, const Task &task);

    // Takes what the record says is being adopted, and nothing else: it stays attached as it is.
    Result<void> adopt(VolumeRecord &record, const Task &task);

private:
    struct Pass; // one convergence's memory

    void show(const VolumeRecord &record, const Sight &sight);
    Result<void> act(Pass &pass, plan::Decision decision);
    Result<void> create(Pass &pass);
    Result<void> claim(Pass &pass);
    Result<void> attach(Pass &pass);
    Result<void> detach(Pass &pass);
    Result<void> clear_leftovers(Pass &pass, plan::Discovered discovered);
    Result<void> destroy(Pass &pass);
    Result<void> rescan(Pass &pass);
    Result<void> format(Pass &pass);
    Result<void> finish_format(Pass &pass);
    Result<void> mount(Pass &pass, bool grow_first);
    Result<void> unmount(Pass &pass);
    Result<void> unmount_wrong(Pass &pass);
    Result<void> tear_down(Pass &pass);
    Result<void> learn_content(Pass &pass);
    [[nodiscard]] Error failure_of(const Pass &pass, plan::Action action) const;

    Journal &journal_;
    Backends &backends_;
    const connect::Connectors &connectors_;
    LiveTable &live_;
    const Node &node_;
};

} // namespace drover
