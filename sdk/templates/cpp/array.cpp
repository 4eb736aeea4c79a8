#include "array.hpp"

#include <chrono>
#include <drover/sdk.hpp>
#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace array {

// One array: its volumes by id.
class Model {
public:
    std::mutex mutex;
    std::map<std::string, Volume, std::less<>> volumes;
    std::uint64_t used_bytes = 0;
    std::uint64_t next_number = 1;
};

namespace {

// All arrays there are, by address.
std::shared_ptr<Model> model_at(const std::string &address) {
    static std::mutex mutex;
    static std::map<std::string, std::shared_ptr<Model>> models;
    const std::lock_guard guard(mutex);
    auto &model = models[address];
    if (!model)
        model = std::make_shared<Model>();
    return model;
}

std::uint64_t now_unix_ns() {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
}

} // namespace

Client::Client(const std::string &address) : model_(model_at(address)) {}

std::uint64_t Client::free_bytes() const {
    const std::lock_guard guard(model_->mutex);
    return kCapacityBytes - model_->used_bytes;
}

std::optional<Volume> Client::find(std::string_view id) const {
    const std::lock_guard guard(model_->mutex);
    const auto at = model_->volumes.find(id);
    return at == model_->volumes.end() ? std::nullopt : std::optional(at->second);
}

std::vector<std::string> Client::ids() const {
    const std::lock_guard guard(model_->mutex);
    std::vector<std::string> all;
    all.reserve(model_->volumes.size());
    for (const auto &[id, volume] : model_->volumes)
        all.push_back(id);
    return all;
}

Volume Client::create(std::string_view id, std::string_view name, std::uint64_t bytes) {
    const std::lock_guard guard(model_->mutex);
    if (const auto at = model_->volumes.find(id); at != model_->volumes.end())
        return at->second;
    if (bytes > kCapacityBytes - model_->used_bytes) {
        throw drv::Error(drv::Code::no_space, "the array has " +
                                                  std::to_string(kCapacityBytes - model_->used_bytes) +
                                                  " bytes left; the volume needs " + std::to_string(bytes));
    }
    Volume made{.id = std::string(id),
                .name = std::string(name),
                .number = model_->next_number,
                .bytes = bytes,
                .created_unix_ns = now_unix_ns(),
                .mapping = std::nullopt};
    model_->volumes.emplace(made.id, made);
    model_->used_bytes += bytes;
    ++model_->next_number;
    return made;
}

void Client::remove(std::string_view id) {
    const std::lock_guard guard(model_->mutex);
    const auto at = model_->volumes.find(id);
    if (at == model_->volumes.end())
        return;
    if (at->second.mapping) {
        throw drv::Error(drv::Code::conflict,
                         "volume " + at->first + " is mapped to " + at->second.mapping->node);
    }
    model_->used_bytes -= at->second.bytes;
    model_->volumes.erase(at);
}

Volume Client::map(std::string_view id, Mapping wanted) {
    const std::lock_guard guard(model_->mutex);
    const auto at = model_->volumes.find(id);
    if (at == model_->volumes.end())
        throw drv::Error(drv::Code::not_found, "there is no volume " + std::string(id));
    if (at->second.mapping) {
        throw drv::Error(drv::Code::conflict,
                         "volume " + at->first + " was mapped to " + at->second.mapping->node + " meanwhile")
            .retryable();
    }
    std::set<std::uint64_t> taken; // LUNs that this host has
    for (const auto &[other, volume] : model_->volumes) {
        if (!volume.mapping)
            continue;
        if (volume.mapping->node == wanted.node) {
            taken.insert(volume.mapping->lun);
        } else if (volume.mapping->initiator == wanted.initiator) {
            throw drv::Error(drv::Code::invalid, "the initiator " + wanted.initiator + " of node " +
                                                     wanted.node + " is that of node " +
                                                     volume.mapping->node + " already");
        }
    }
    wanted.lun = 1;
    while (taken.contains(wanted.lun))
        ++wanted.lun;
    at->second.mapping = std::move(wanted);
    return at->second;
}

void Client::unmap(std::string_view id, std::string_view node) {
    const std::lock_guard guard(model_->mutex);
    const auto at = model_->volumes.find(id);
    if (at != model_->volumes.end() && at->second.mapping && at->second.mapping->node == node)
        at->second.mapping.reset();
}

} // namespace array
