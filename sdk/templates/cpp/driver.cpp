// The driver: each method is one op of the ABI, written down with its rules in drover/abi/driver.h. Requests
// have been checked by the SDK (ids, UTF-8, flags); a method answers by what it returns, or throws
// drv::Error. The host calls methods in parallel, never two that change the same volume, and repeats one when
// it cannot know how it ended: so each finds out what is there and does the rest.
#include "array.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <drover/sdk.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#ifndef DRIVER_VERSION
#define DRIVER_VERSION "0.1.0" // CMakeLists.txt gives the project's
#endif

namespace {

// What agent.yml may hold for a backend of this driver. The agent refuses what is not declared here.
constexpr std::array kKeys = {
    drv::required(drv::string_key("address", "host name or IPv4 address of the array")),
};

class Driver {
public:
    static constexpr drv::Description description() {
        return {.name = "@NAME@",
                .version = DRIVER_VERSION,
                .vendor = "your company",
                .config_keys = kKeys,
                .flags = DRV_DRIVER_ISOLATE};
    }

    // Opens a backend. The array need not be there: the ops may answer UNREACHABLE.
    Driver(drv::Host &host, drv::Call & /*call*/)
        : address_(checked_address(host.string("address"))), array_(address_) {}

    // Is the array there, and are our credentials good? The model always is.
    void probe(drv::Call & /*call*/) {}

    drv::Capabilities capabilities(drv::Call & /*call*/) {
        return {.protocols = drv::bit(drv::Protocol::iscsi),
                .zeroed = true,
                .min_bytes = array::kUnitBytes,
                .max_bytes = array::kCapacityBytes,
                .granularity_bytes = array::kUnitBytes,
                .total_bytes = array::kCapacityBytes,
                .free_bytes = array_.free_bytes()};
    }

    drv::Volume create(drv::Call &call, const drv::CreateRequest &request) {
        if (!request.pool.empty() || !request.profile.empty())
            throw drv::Error(drv::Code::invalid, "this array has neither pools nor profiles");
        if (request.bytes > array::kCapacityBytes) {
            throw drv::Error(drv::Code::invalid, "a volume has at most " +
                                                     std::to_string(array::kCapacityBytes) + " bytes, not " +
                                                     std::to_string(request.bytes));
        }
        const std::uint64_t units = (request.bytes + array::kUnitBytes - 1) / array::kUnitBytes;
        const std::uint64_t bytes = units * array::kUnitBytes;
        call.throw_if_cancelled();
        const array::Volume volume = array_.create(request.id, request.name, bytes);
        if (volume.bytes != bytes) {
            throw drv::Error(drv::Code::exists, "volume " + volume.id + " exists: it has " +
                                                    std::to_string(volume.bytes) + " bytes, not " +
                                                    std::to_string(bytes));
        }
        return told(volume);
    }

    void destroy(drv::Call &call, std::string_view id) {
        const auto volume = array_.find(id);
        if (!volume)
            return;
        if (volume->mapping)
            throw attached(*volume);
        call.throw_if_cancelled();
        array_.remove(id);
    }

    drv::Connection attach(drv::Call &call, const drv::AttachRequest &request) {
        const array::Volume volume = existing(request.id);
        if (volume.mapping) {
            if (volume.mapping->node != request.node_id)
                throw attached(volume);
            if (volume.mapping->read_only != request.read_only) {
                throw drv::Error(drv::Code::conflict, "volume " + volume.id + " is attached " +
                                                          (request.read_only ? "for writing" : "read-only") +
                                                          " already: detach it first");
            }
            return connection(volume);
        }
        const auto initiator = request.initiators.find("iqn");
        if (!initiator || initiator->empty()) {
            throw drv::Error(drv::Code::invalid,
                             "node " + std::string(request.node_id) +
                                 " has no iSCSI initiator name: install open-iscsi on it");
        }
        call.throw_if_cancelled();
        return connection(array_.map(request.id, {.node = std::string(request.node_id),
                                                  .initiator = std::string(*initiator),
                                                  .read_only = request.read_only}));
    }

    void detach(drv::Call &call, const drv::AttachRequest &request) {
        call.throw_if_cancelled();
        array_.unmap(request.id, request.node_id);
    }

    drv::Connection resolve(drv::Call & /*call*/, const drv::AttachRequest &request) {
        const array::Volume volume = existing(request.id);
        if (!volume.mapping || volume.mapping->node != request.node_id) {
            throw drv::Error(drv::Code::not_found, "volume " + volume.id + " is not attached to node " +
                                                       std::string(request.node_id));
        }
        return connection(volume);
    }

    // A page of all volumes. For an array that pages by itself, pass its token through instead.
    void list(drv::Call &call, const drv::ListRequest &request, drv::VolumeSink &sink) {
        drv::emit_page(call, request, sink, array_.ids(), [&](std::string_view id) {
            const auto volume = array_.find(id);
            return volume ? std::optional(told(*volume)) : std::nullopt;
        });
    }

    drv::Volume get(drv::Call & /*call*/, std::string_view id) { return told(existing(id)); }

private:
    static std::string checked_address(std::string address) {
        constexpr std::string_view kAllowed =
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
        if (address.empty() || address.size() > 253 ||
            address.find_first_not_of(kAllowed) != std::string::npos) {
            throw drv::Error(drv::Code::invalid, "configuration key \"address\" is \"" + address +
                                                     "\"; expected a host name or an IPv4 address");
        }
        return address;
    }

    [[nodiscard]] array::Volume existing(std::string_view id) const {
        if (auto volume = array_.find(id))
            return *std::move(volume);
        throw drv::Error(drv::Code::not_found, "there is no volume " + std::string(id));
    }

    static drv::Error attached(const array::Volume &volume) {
        return {drv::Code::conflict, "volume " + volume.id + " is attached to node " + volume.mapping->node};
    }

    static drv::Volume told(const array::Volume &volume) {
        drv::Volume row{.id = volume.id,
                        .name = volume.name,
                        .backend_id = "volume-" + std::to_string(volume.number),
                        .bytes = volume.bytes,
                        .used_bytes = volume.bytes,
                        .created_unix_ns = volume.created_unix_ns};
        if (volume.mapping)
            row.attached_nodes.emplace_back(volume.mapping->node);
        return row;
    }

    // How the host reaches the volume, and by which wwid it knows that it found the right one.
    [[nodiscard]] drv::Connection connection(const array::Volume &volume) const {
        return {.protocol = drv::Protocol::iscsi,
                .wwid = wwid(volume),
                .lun = volume.mapping ? volume.mapping->lun : 0,
                .paths = {{.portal = address_ + ":3260", .target = "iqn.2026-01.com.example:" + address_}}};
    }

    // An NAA name as the array would answer it to SCSI inquiry (page 0x83): here of its address and the
    // volume's number. Take what your array tells.
    [[nodiscard]] std::string wwid(const array::Volume &volume) const {
        std::uint64_t hash = 0xcbf29ce484222325U; // FNV-1a
        for (const char c : address_)
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
        std::array<char, 33> text{};
        std::snprintf(text.data(), text.size(), "6%015llx%016llx",
                      static_cast<unsigned long long>(hash >> 4U),
                      static_cast<unsigned long long>(volume.number));
        return text.data();
    }

    const std::string address_;
    array::Client array_;
};

} // namespace

DRV_DRIVER(Driver);
