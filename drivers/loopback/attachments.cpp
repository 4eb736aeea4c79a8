// Attach, detach and resolve: loop devices over images, and the durable record of who has which.
//
// The record is written after the device is bound. A crash between the two leaves a device that nobody was
// told of; the next attach takes it over and everything else removes it, so that no image is ever on two
// devices. Detach goes the other way round: first the device, then the record.
#include "driver.hpp"
#include "names.hpp"

#include <fcntl.h>

namespace loopback {
namespace {

using drv::Code;
using drv::Error;

} // namespace

void Loopback::drop_strays(const drv::Call &call, const Object &volume) const {
    for (const BoundLoop &loop : find_loops(volume.metadata.image, volume.file))
        unbind_loop(call, loop.path, volume.file);
}

std::optional<std::string> Loopback::live_device(const Object &volume) const {
    const auto &attachment = volume.metadata.attachment;
    if (!attachment || attachment->boot_id != boot_id_ || !is_bound(attachment->device, volume.file))
        return std::nullopt;
    return attachment->device;
}

drv::Connection Loopback::attach(drv::Call &call, const drv::AttachRequest &request) {
    const std::string key = key_of(request.id);
    const std::string node = node_of(request.node_id);
    const Fd lock = locks_.lock(call, {{volumes_.lock_name(key)}}, "volume " + quoted(request.id));
    Object volume = sound(volumes_, request.id);
    const FileId backing = volume.file;
    const auto connection = [&](const std::string &device) {
        return drv::Connection{.protocol = drv::Protocol::local, .device = device, .wwid = wwid_of(backing)};
    };
    if (const auto &attachment = volume.metadata.attachment) {
        if (attachment->node != node) {
            throw Error(Code::conflict,
                        "volume " + quoted(request.id) + " is attached to node " + quoted(attachment->node));
        }
        if (attachment->read_only != request.read_only) {
            throw Error(Code::conflict, "volume " + quoted(request.id) + " is attached " +
                                            (attachment->read_only ? "read-only" : "for writing") +
                                            " already; detach it first");
        }
        if (const auto device = live_device(volume))
            return connection(*device);
    }
    // An extend that was interrupted behind the first of its steps: the space is there, so it is the
    // volume's.
    volume.metadata.bytes =
        std::max(volume.metadata.bytes, volume.image_bytes / settings_.granularity * settings_.granularity);
    // Left by a crash behind the binding, or by a reboot that did not happen to this file.
    const Discards discards =
        space_of(volume.metadata.profile) == Space::returned ? Discards::pass : Discards::refuse;
    std::string device;
    const Fd image = volumes_.open_image(volume.metadata, request.read_only ? O_RDONLY : O_RDWR);
    // The search looks at every loop device of the machine.
    const auto strays = openers_of(image.get()) == Openers::this_only
                            ? std::vector<BoundLoop>()
                            : find_loops(volume.metadata.image, backing);
    for (const BoundLoop &loop : strays) {
        if (device.empty() && loop.read_only == request.read_only) {
            device = loop.path;
            resize_loop(device, backing);
            if (discards == Discards::refuse)
                refuse_discards(device);
        } else {
            unbind_loop(call, loop.path, backing);
        }
    }
    const bool is_new = device.empty();
    if (is_new)
        device = bind_loop(call, image.get(), volume.metadata.image, request.read_only, discards);
    try {
        volume.metadata.attachment = Attachment{.node = node,
                                                .boot_id = boot_id_,
                                                .device = device,
                                                .read_only = request.read_only,
                                                .since_unix_ns = unix_now_ns(),
                                                .counters = read_counters(device)};
        volumes_.store_for_this_boot(key, volume.metadata);
    } catch (const Error &error) {
        if (is_new && !error.is_state_unknown())
            unbind_loop(call, device, backing);
        throw;
    }
    return connection(device);
}

void Loopback::detach(drv::Call &call, const drv::AttachRequest &request) {
    const std::string key = key_of(request.id);
    const Fd lock = locks_.lock(call, {{volumes_.lock_name(key)}}, "volume " + quoted(request.id));
    if (!volumes_.load(key))
        return;
    Object volume = sound(volumes_, request.id);
    auto &attachment = volume.metadata.attachment;
    if (attachment && attachment->node != node_of(request.node_id))
        return;
    if (const auto device = live_device(volume)) {
        unbind_loop(call, *device, volume.file);
    } else {
        drop_strays(call, volume);
    }
    if (!attachment)
        return;
    attachment.reset();
    volumes_.store(key, volume.metadata);
}

drv::Connection Loopback::resolve(drv::Call & /*call*/, const drv::AttachRequest &request) {
    const Object volume = sound(volumes_, request.id);
    const auto &attachment = volume.metadata.attachment;
    if (!attachment || attachment->node != node_of(request.node_id)) {
        throw Error(Code::not_found,
                    "volume " + quoted(request.id) + " is not attached to node " + quoted(request.node_id));
    }
    const auto device = live_device(volume);
    if (!device) {
        throw Error(Code::not_found,
                    "volume " + quoted(request.id) + " was attached to node " + quoted(request.node_id) +
                        " as " + attachment->device +
                        ", which is gone (after a restart of the machine, say); attach it again");
    }
    return {.protocol = drv::Protocol::local, .device = *device, .wwid = wwid_of(volume.file)};
}

} // namespace loopback
