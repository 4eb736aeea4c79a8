// What makes a simulated array's connections real: LUNs that initiators can log in to. A simulator tells its
// data plane of each change before it answers the call that made it, so that a client which has its answer
// finds the device. The simulators know nothing of targets; a data plane knows nothing of REST.
//
// Promises of the caller: one call at a time; names and serials never change their meaning; the file of a
// volume is there before the first call with it and stays until forget_volume has returned. Promises of a
// data plane: every call is idempotent, so that the whole state can be told again after a restart; it returns
// within seconds; it never changes the size or the content of a volume's file itself, only its hosts do. A
// failure leaves things as they were or half done, the caller then undoes its own change and answers 500.
#pragma once

#include "loader/base/error.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace drover::sim {

// CHAP as the array knows it. An empty user means none.
struct DataChap {
    std::string user, password;             // what the host must know to log in
    std::string target_user, target_secret; // what the array proves itself with (mutual CHAP)
    friend bool operator==(const DataChap &, const DataChap &) = default;
};

// A host object: initiators that see the same LUNs.
struct DataHost {
    std::string id;                // for ever the same, unlike the name: [a-z0-9-]
    std::string name;              // for messages
    std::vector<std::string> iqns; // as the host writes them
    std::vector<std::string> wwns; // 16 upper-case hex digits
    std::vector<std::string> nqns;
    DataChap chap;
    friend bool operator==(const DataHost &, const DataHost &) = default;
};

// A volume, or a copy of one: always a raw image.
struct DataVolume {
    std::string serial;         // for ever the same: what the device shall prove itself with (upper-case hex)
    std::filesystem::path file; // absolute; a regular sparse file of `bytes` bytes
    std::uint64_t bytes = 0;
};

// One address of the array. Those of one protocol share the target's name.
struct DataPort {
    enum class Protocol { iscsi, fibre_channel, nvme_tcp };
    std::string name; // "CT0.ETH4"
    Protocol protocol = Protocol::iscsi;
    std::string target; // IQN, WWN (16 upper-case hex digits) or NQN of the array
    std::string portal; // "127.0.0.1:3260", "[::1]:4420"; empty for Fibre Channel
};

// How devices present themselves. A serial becomes the WWID "3" + naa_prefix + serial in lower case.
struct DataIdentity {
    std::string vendor;     // SCSI inquiry, at most 8 characters: "PURE"
    std::string product;    // at most 16: "FlashArray"
    std::string naa_prefix; // lower-case hex, with the NAA digit: "624a9370"
};

struct DataPlaneSettings {
    DataIdentity identity;
    std::vector<DataPort> ports;
    std::filesystem::path folder; // of the volumes' files; a data plane may keep files of its own in it
};

class DataPlane {
public:
    DataPlane() = default;
    DataPlane(const DataPlane &) = delete;
    DataPlane &operator=(const DataPlane &) = delete;
    // Takes away all that it made: targets, LUNs, loop devices. Never throws; the files stay.
    virtual ~DataPlane() = default;

    // "none", "lio", "nvmet", "tgt": as in --data-plane.
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;

    // Makes the targets of all ports, with no host on them, and first removes what a killed run left of them.
    virtual Result<void> start(const DataPlaneSettings &settings) = 0;

    // A host is there, or its initiators or CHAP are now these. Sessions that are open may stay so; the next
    // login follows the new rules. Initiators no longer listed lose their LUNs.
    virtual Result<void> set_host(const DataHost &host) = 0;
    // Only of a host without connections. Unknown hosts are fine.
    virtual Result<void> remove_host(const std::string &host_id) = 0;

    // The host sees the volume as `lun`, through every port of the array that the host has an initiator for.
    // The same volume keeps its LUN for a host until it is disconnected.
    virtual Result<void> connect(const DataHost &host, const DataVolume &volume, unsigned lun) = 0;
    // The LUN is gone, at once and whether it is in use or not. Not connected is fine.
    virtual Result<void> disconnect(const DataHost &host, const DataVolume &volume, unsigned lun) = 0;

    // The file has been given another size already; hosts that scan again must see it.
    virtual Result<void> resized(const DataVolume &volume) = 0;
    // Called before the file's content is replaced in place (restore of a snapshot, copy with overwrite):
    // what the data plane holds of it in caches must be dropped, and read anew after content_replaced.
    virtual Result<void> replacing_content(const DataVolume &volume) = 0;
    virtual Result<void> content_replaced(const DataVolume &volume) = 0;

    // Before a snapshot or copy is taken of the file: all that hosts were told is written must be in the
    // file.
    virtual Result<void> settle(const DataVolume &volume) = 0;

    // The volume has no connections and its file is about to go. An unknown one is fine.
    virtual Result<void> forget_volume(const DataVolume &volume) = 0;
};

// The data plane that --data-plane names: "none" has no devices at all. An unknown name fails with the names
// there are.
[[nodiscard]] Result<std::unique_ptr<DataPlane>> make_data_plane(std::string_view name);

} // namespace drover::sim
