#include "core/connect/scsi_appearance.hpp"

#include "core/connect/local_device.hpp"
#include "loader/base/child_call.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>

namespace drover::connect {
namespace {

using namespace std::chrono_literals;

// An array may show a new LUN some seconds after it said so.
constexpr std::array kScanAt{0s, 4s, 9s, 16s, 30s};
// How long the other paths are waited for once one works.
constexpr auto kOthersLimit = 5s;
// multipathd takes most disks by itself, at udev's event. Those that it knows and makes no map of, as with
// find_multipaths strict, it must be told of; and those that it does not hear of at all.
constexpr auto kAskMultipathd = 500ms;
constexpr auto kHearsOfIt = 15s;

} // namespace

ScsiAppearance::ScsiAppearance(const HostAccess &host, const Multipath &multipath,
                               const Connection &connection, std::vector<Nexus> nexuses, bool uses_maps)
    : host_(host), multipath_(multipath), connection_(connection), nexuses_(std::move(nexuses)),
      uses_maps_(uses_maps) {}

// Asking each disk again at every event would be most of the work of a wait.
ScsiSight ScsiAppearance::look(Deadline deadline) {
    auto sight = look_at_scsi(host_, connection_, nexuses_, deadline, known_);
    for (const auto *each : sight.proven())
        known_.add(each->disk);
    return sight;
}

// Where no disk is yet.
void ScsiAppearance::scan(const ScsiSight &sight, Deadline deadline) {
    const auto lun = kernel_lun(connection_);
    for (const auto &nexus : nexuses_) {
        const bool is_there = std::ranges::any_of(sight.disks, [&](const ProvenDisk &each) {
            return each.disk.nexus == nexus && each.disk.lun == lun;
        });
        if (is_there)
            continue;
        if (auto scanned = scan_lun(host_, nexus, lun, deadline); !scanned)
            trouble_ = std::move(scanned).error();
    }
}

// A disk at our LUN that is not the volume is what the kernel kept of the LUN's last owner, or the array has
// mapped another volume there. Look again; then take away what nobody uses, once.
void ScsiAppearance::cure_wrong_disks(const ScsiSight &sight, Deadline deadline) {
    const auto lun = kernel_lun(connection_);
    for (const auto &each : sight.disks) {
        const bool remembers_wrongly =
            each.identity == Identity::ours && !each.disk.remembers(connection_.wwid);
        const bool is_at_our_lun = each.disk.lun == lun && std::find(nexuses_.begin(), nexuses_.end(),
                                                                     each.disk.nexus) != nexuses_.end();
        if (!is_at_our_lun || (each.identity != Identity::other && !remembers_wrongly))
            continue;
        Cure &cure = cures_[each.disk.nexus];
        Result<void> done;
        if (cure == Cure::none) {
            spdlog::warn("{} at LUN {} is not volume {} ({}): asking it again", each.disk.name,
                         connection_.lun, connection_.wwid, each.found);
            cure = Cure::refreshed;
            done = refresh_disk(host_, each.disk.name, deadline);
        } else if (cure == Cure::refreshed && each.identity == Identity::other) {
            cure = Cure::deleted;
            const Device device{.path = "/dev/" + each.disk.name,
                                .major = each.disk.major,
                                .minor = each.disk.minor,
                                .wwid = {}};
            auto unused =
                call_in_child("claiming " + each.disk.name, deadline.earlier(Deadline::after(5s)),
                              [&] { return flush_local(device).map([] { return std::string(); }); });
            if (!unused) {
                trouble_ = std::move(unused).error();
                continue;
            }
            spdlog::warn("{} at LUN {} is unused and not volume {}: removing it and looking again",
                         each.disk.name, connection_.lun, connection_.wwid);
            done = delete_disk(host_, each.disk.name, deadline);
            if (done)
                done = scan_lun(host_, each.disk.nexus, lun, deadline);
        }
        if (!done)
            trouble_ = std::move(done).error();
    }
}

void ScsiAppearance::hand_to_multipathd(const ScsiSight &sight, Deadline deadline) {
    auto untaken = sight.proven();
    std::erase_if(untaken, [&](const auto *each) { return sight.is_path_of_map(each->disk.name); });
    if (untaken.empty())
        return;
    if (ask_at_.is_never()) {
        ask_at_ = Deadline::after(kAskMultipathd);
        hears_by_ = Deadline::after(kHearsOfIt);
    }
    if (!ask_at_.has_passed())
        return;
    const auto known = multipath_.paths(deadline);
    for (const auto *each : untaken) {
        const auto path =
            known ? known->find(each->disk.name) : std::map<std::string, std::string>::const_iterator{};
        const bool is_heard_of = known && path != known->end();
        const bool is_left_out = is_heard_of ? path->second.empty() : hears_by_.has_passed();
        if (!is_left_out)
            continue;
        if (auto taken = multipath_.take(each->disk.name, connection_.wwid, deadline); !taken)
            trouble_ = std::move(taken).error();
    }
    if (!known)
        trouble_ = known.error();
    ask_at_ = Deadline::after(2 * kAskMultipathd);
}

// Every disk at our LUN is another volume, also after it was taken away and looked for anew.
bool ScsiAppearance::is_beyond_cure(const ScsiSight &sight) const {
    return !sight.disks.empty() && std::ranges::all_of(sight.disks, [&](const ProvenDisk &each) {
        const auto cure = cures_.find(each.disk.nexus);
        return each.identity == Identity::other && cure != cures_.end() && cure->second == Cure::deleted;
    });
}

bool ScsiAppearance::is_complete(const ScsiSight &sight) const {
    const auto ours = sight.proven();
    if (ours.size() < nexuses_.size())
        return false;
    return !uses_maps_ ||
           std::ranges::all_of(ours, [&](const auto *each) { return sight.is_path_of_map(each->disk.name); });
}

Result<Device> ScsiAppearance::verify(const ScsiSight &sight) const {
    auto device = judge_scsi(host_, connection_, sight, uses_maps_);
    if (!device)
        return device;
    if (sight.map && !multipath_.is_usable(*sight.map)) {
        return fail_retryable(Code::unreachable,
                              fmt::format("multipath map {} has no usable path yet", sight.map->name));
    }
    for (const auto *each : sight.proven()) {
        if (each->disk.bytes != device->bytes && sight.is_path_of_map(each->disk.name)) {
            return fail_retryable(Code::conflict,
                                  fmt::format("path {} of volume {} has {} bytes, and {} has {}",
                                              each->disk.name, connection_.wwid, each->disk.bytes,
                                              device->path.string(), device->bytes));
        }
    }
    return device;
}

Result<Device> ScsiAppearance::wait(Deadline deadline) {
    Deadline others = Deadline::never();
    for (;;) {
        auto sight = look(deadline);
        if (scans_ < kScanAt.size() && Deadline::Clock::now() - began_ >= kScanAt.at(scans_)) {
            ++scans_;
            scan(sight, deadline);
            sight = look(deadline);
        }
        if (is_beyond_cure(sight))
            return judge_scsi(host_, connection_, sight, uses_maps_);
        cure_wrong_disks(sight, deadline);
        if (uses_maps_)
            hand_to_multipathd(sight, deadline);
        auto device = verify(sight);
        if (device) {
            if (others.is_never())
                others = Deadline::after(kOthersLimit);
            if (is_complete(sight) || others.has_passed() || deadline.has_passed()) {
                // What is given out was asked just now, every path of it.
                known_ = {};
                device = judge_scsi(host_, connection_, look(deadline), uses_maps_);
                if (device)
                    return device;
            }
        }
        if (deadline.has_passed()) {
            Error error = std::move(device).error();
            if (error.code == Code::not_found && trouble_)
                error.message += fmt::format(" ({})", trouble_->message);
            error.retryable = true;
            return fail(std::move(error).with_context(
                fmt::format("LUN {} did not appear on {} open paths", connection_.lun, nexuses_.size())));
        }
        events_.wait(deadline.earlier(others));
    }
}

} // namespace drover::connect
