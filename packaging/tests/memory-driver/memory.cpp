// A driver that only remembers: volumes last as long as the backend is open, and have no device.
#include <cstdint>
#include <drover/sdk.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

class Memory {
public:
    static constexpr drv::Description description() {
        return {.name = "memory", .version = "1.0", .vendor = "tests"};
    }
    Memory(drv::Host & /*host*/, drv::Call & /*call*/) {}

    void probe(drv::Call & /*call*/) {}
    drv::Capabilities capabilities(drv::Call & /*call*/) {
        return {.protocols = drv::bit(drv::Protocol::local), .thin = true, .zeroed = true};
    }
    drv::Volume create(drv::Call & /*call*/, const drv::CreateRequest &request) {
        const std::lock_guard guard(mutex_);
        const auto [at, is_new] =
            volumes_.try_emplace(std::string(request.id), Record{std::string(request.name), request.bytes});
        if (!is_new && at->second.bytes != request.bytes)
            throw drv::Error(drv::Code::exists, "the volume exists with another size");
        return told(at->first, at->second);
    }
    void destroy(drv::Call & /*call*/, std::string_view id) {
        const std::lock_guard guard(mutex_);
        volumes_.erase(std::string(id));
    }
    drv::Connection attach(drv::Call & /*call*/, const drv::AttachRequest & /*request*/) {
        throw no_device();
    }
    void detach(drv::Call & /*call*/, const drv::AttachRequest & /*request*/) {}
    drv::Connection resolve(drv::Call & /*call*/, const drv::AttachRequest & /*request*/) {
        throw no_device();
    }
    void list(drv::Call &call, const drv::ListRequest &request, drv::VolumeSink &sink) {
        std::vector<std::string> ids;
        {
            const std::lock_guard guard(mutex_);
            for (const auto &[id, record] : volumes_)
                ids.push_back(id);
        }
        drv::emit_page(call, request, sink, ids, [&](std::string_view id) { return find(id); });
    }
    drv::Volume get(drv::Call & /*call*/, std::string_view id) {
        if (auto volume = find(id))
            return *volume;
        throw drv::Error(drv::Code::not_found, "there is no such volume");
    }

private:
    struct Record {
        std::string name;
        std::uint64_t bytes = 0;
    };

    static drv::Error no_device() {
        return drv::Error(drv::Code::unsupported, "a volume in memory has no device");
    }
    static drv::Volume told(const std::string &id, const Record &record) {
        return {.id = id, .name = record.name, .backend_id = id, .bytes = record.bytes};
    }
    std::optional<drv::Volume> find(std::string_view id) {
        const std::lock_guard guard(mutex_);
        const auto at = volumes_.find(std::string(id));
        return at == volumes_.end() ? std::nullopt : std::optional(told(at->first, at->second));
    }

    std::mutex mutex_;
    std::map<std::string, Record> volumes_;
};

} // namespace

DRV_DRIVER(Memory);
