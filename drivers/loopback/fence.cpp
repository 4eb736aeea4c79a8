// Fencing a node: every loop device that was made for it is taken away, and only then its attachments. On one
// machine no array stands between a node and its data: what makes a device safe to give to another is that
// the kernel has let go of it. A device that is still mounted or open cannot be taken from its user, so then
// the node is not fenced, and the error says where.
#include "driver.hpp"
#include "names.hpp"

#include <algorithm>

namespace loopback {
namespace {

using drv::Code;
using drv::Error;

} // namespace

// Nothing: it was not attached to the node.
std::optional<drv::Volume> Loopback::cut(const drv::Call &call, const std::string &key,
                                         std::string_view node) const {
    const Fd lock = locks_.lock(call, {{volumes_.lock_name(key)}}, "volume " + quoted(key));
    auto volume = volumes_.load(key);
    if (!volume || !volume->metadata.attachment || volume->metadata.attachment->node != node)
        return std::nullopt;
    // Its own device, and any that a crash of the node left unrecorded.
    drop_strays(call, *volume);
    volume->metadata.attachment.reset();
    volumes_.store(key, volume->metadata);
    return to_volume(std::move(*volume), key);
}

void Loopback::fence(drv::Call &call, std::string_view node_id, drv::VolumeSink &sink) {
    const std::string node = node_of(node_id);
    if (is_this_node(node))
        throw Error(Code::invalid, "node " + quoted(node_id) + " is this node; a node cannot fence itself");
    std::vector<drv::Volume> done;
    std::vector<std::string> held;
    bool may_retry = true;
    for (const std::string &key : volumes_.keys()) {
        call.throw_if_cancelled(!done.empty());
        const auto volume = volumes_.load(key);
        if (!volume)
            continue;
        if (!volume->problem.empty()) {
            // Whose it is may be unreadable. Without a device nobody writes to it.
            const auto images = volumes_.images_of(key);
            if (std::any_of(images.begin(), images.end(),
                            [](const Image &image) { return !find_loops(image.name, image.file).empty(); }))
                held.push_back("volume " + quoted(key) + " is damaged and has a device: " + volume->problem);
            continue;
        }
        if (!volume->metadata.attachment || volume->metadata.attachment->node != node)
            continue;
        try {
            if (auto cut_off = cut(call, key, node))
                done.push_back(std::move(*cut_off));
        } catch (const Error &error) {
            if (error.code == Code::deadline || error.code == Code::cancelled)
                throw;
            may_retry = may_retry && error.is_retryable();
            held.push_back("volume " + quoted(volume->metadata.id) + ": " + error.message);
        }
    }
    if (!held.empty()) {
        Error error(Code::conflict,
                    "node " + quoted(node_id) + " is not fenced, " + std::to_string(held.size()) +
                        (held.size() == 1 ? " volume is" : " volumes are") + " still held: " + held.front() +
                        "; stop what uses the device and unmount it");
        throw may_retry ? std::move(error).retryable() : std::move(error);
    }
    for (const drv::Volume &volume : done)
        sink.emit(volume);
}

} // namespace loopback
